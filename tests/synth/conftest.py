"""What the tests of the construct share. Starting jsii is slow: one process serves them all."""

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Template
from support.apps import new_app

from cdk_imagebuilder_pipeline import ImagePipeline

ARN = "arn:aws:imagebuilder:eu-west-1:123456789012"


@pytest.fixture
def minimal() -> dict[str, Any]:
    return {
        "recipe": f"{ARN}:image-recipe/web/1.0.0",
        "infrastructure_configuration": f"{ARN}:infrastructure-configuration/web",
    }


@pytest.fixture
def app() -> cdk.App:
    return new_app()


@pytest.fixture
def stack(app: cdk.App) -> cdk.Stack:
    return cdk.Stack(app, "Stack")


@pytest.fixture
def pipeline(stack: cdk.Stack, minimal: dict[str, Any]) -> Callable[..., ImagePipeline]:
    """Make a pipeline `Web` in the stack: the minimal one with these props over it."""

    def make(construct_id: str = "Web", /, scope: cdk.Stack | None = None, **props: Any) -> ImagePipeline:
        return ImagePipeline(scope or stack, construct_id, **(minimal | props))

    return make


@pytest.fixture
def resources() -> Callable[..., dict[str, Any]]:
    """Return the resources of a stack's template by logical id, all or those of one type."""

    def find(stack: cdk.Stack, resource_type: str | None = None) -> dict[str, Any]:
        found: dict[str, Any] = Template.from_stack(stack).to_json()["Resources"]
        return {key: value for key, value in found.items() if resource_type in (None, value["Type"])}

    return find


@pytest.fixture
def properties(stack: cdk.Stack, resources: Callable[..., dict[str, Any]]) -> Callable[[], dict[str, Any]]:
    """Return the properties of the stack's only pipeline, without what CloudFormation itself reads."""

    def of_pipeline() -> dict[str, Any]:
        (found,) = resources(stack, "Custom::ImagePipeline").values()
        return {name: value for name, value in found["Properties"].items() if not name.startswith("Service")}

    return of_pipeline


def pytest_make_parametrize_id(val: object) -> str | None:
    """Name a token by what it is: its number is another one in each of the processes that run the tests."""
    # Of the thousands of values few can be a token; asking about each takes a second. A token of a number is far below 0.
    may_be = "${Token[" in val if isinstance(val, str) else isinstance(val, int | float) and val < -1e9
    return "token" if may_be and cdk.Token.is_unresolved(val) else None
