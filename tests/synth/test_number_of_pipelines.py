"""The number of pipelines in the function's environment, from which it plans its pauses when it is throttled."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import aws_cdk as cdk
import pytest

from cdk_imagebuilder_pipeline import ImagePipeline, ImagePipelineProvider
from imagebuilder_model.storms import PIPELINES_VARIABLE

Make = Callable[..., ImagePipeline]
Resources = Callable[..., dict[str, Any]]
Told = Callable[[cdk.Stack], dict[str, str | None]]


@pytest.fixture
def told(resources: Resources) -> Callable[[cdk.Stack], dict[str, str | None]]:
    """Return the number that each function of a stack is told, by its module; None for nothing."""

    def read(stack: cdk.Stack) -> dict[str, str | None]:
        functions = [one["Properties"] for one in resources(stack, "AWS::Lambda::Function").values()]
        variables = [one.get("Environment", {"Variables": {}})["Variables"] for one in functions]
        return {
            one["Handler"].split(".")[1]: given.get(PIPELINES_VARIABLE)
            for one, given in zip(functions, variables, strict=True)
        }

    return read


def add(make: Make, *numbers: int, **more: Any) -> None:
    for number in numbers:
        make(f"P{number}", image_pipeline_name=f"p-{number}", **more)


def test_function_is_told_the_number_in_tens_and_only_if_there_are_many(
    pipeline: Make, resources: Resources, told: Told
) -> None:
    made: list[dict[str, Any]] = []
    for count, number in ((94, None), (96, "100"), (104, "100")):
        stack = cdk.Stack(cdk.App(), "Stack")
        add(pipeline, *range(count), scope=stack)
        assert told(stack) == {"main": number}
        made.append(resources(stack))
    # A pipeline more is a resource more, and for one in ten another value for the function. Nothing else differs.
    changed = [{name for name in before if before[name] != after[name]} for before, after in pairwise(made)]
    (function,) = (name for name, resource in made[0].items() if resource["Type"] == "AWS::Lambda::Function")
    assert changed == [{function}, set()]


def test_number_is_at_most_that_of_the_functions_that_lambda_runs_at_once(stack: cdk.Stack, told: Told) -> None:
    provider = ImagePipelineProvider.of(stack)
    for _ in range(1200):
        provider.count_pipeline()
    assert told(stack) == {"main": "1000"}


def test_pipelines_of_all_stacks_that_share_a_provider_count(app: cdk.App, pipeline: Make, told: Told) -> None:
    stacks = [cdk.Stack(app, name) for name in ("Shared", "Team-A", "Team-B")]
    provider = ImagePipelineProvider(stacks[0], "Provider", stack_names=["Team-*"])
    add(pipeline, *range(50), scope=stacks[1], provider=provider)
    add(pipeline, *range(50, 96), scope=stacks[2], provider=provider)
    assert [told(stack) for stack in stacks] == [{"main": "100"}, {}, {}]


def test_pipelines_of_a_nested_stack_count_for_its_own_provider_and_not_for_what_waits_for_builds(
    stack: cdk.Stack, pipeline: Make, told: Told
) -> None:
    nested = cdk.NestedStack(stack, "Nested")
    add(pipeline, *range(95), scope=nested)
    pipeline("Built", scope=nested).build_on_deploy()
    add(pipeline, 96)
    assert (told(stack), told(nested)) == ({"main": None}, {"main": "100", "watcher": None})
