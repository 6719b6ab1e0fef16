"""What pipelines and builds add to a synth, in messages to the CDK's Node process: they are nearly all of its time, and can be counted."""

from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_imagebuilder as imagebuilder
from jsii._kernel.providers import process

from cdk_imagebuilder_pipeline import ImagePipeline

ARN = "arn:aws:imagebuilder:eu-west-1:123456789012"


@pytest.fixture
def messages(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The messages that are sent to Node."""
    sent: list[str] = []
    send: Any = process._NodeProcess.send

    def counted(self: Any, request: Any, response_type: Any) -> Any:
        sent.append(type(request).__name__)
        return send(self, request, response_type)

    monkeypatch.setattr(process._NodeProcess, "send", counted)
    return sent


def synthesised(count: int, messages: list[str], outdir: Path, *, builds: bool, shares: bool = False) -> int:
    """Return the number of messages of a stack with so many pipelines, each on a recipe of its own or all on one."""
    app = cdk.App(outdir=str(outdir))
    stack = cdk.Stack(app, "Stack")
    before = len(messages)
    infrastructure = imagebuilder.CfnInfrastructureConfiguration(
        stack, "Infrastructure", name="golden", instance_profile_name="profile"
    )
    recipes = [recipe(stack, index) for index in range(1 if shares else count)]
    for index in range(count):
        pipeline = ImagePipeline(
            stack,
            f"Pipeline{index}",
            image_pipeline_name=f"golden-{index}",
            recipe=recipes[0 if shares else index],
            infrastructure_configuration=infrastructure,
        )
        if builds:
            pipeline.build_on_deploy()
    app.synth()
    return len(messages) - before


def recipe(stack: cdk.Stack, index: int) -> imagebuilder.CfnImageRecipe:
    component = imagebuilder.CfnComponent(
        stack, f"Component{index}", name=f"golden-{index}", platform="Linux", version="1.0.0", data="name: golden"
    )
    return imagebuilder.CfnImageRecipe(
        stack,
        f"Recipe{index}",
        name=f"golden-{index}",
        version="1.0.0",
        parent_image="ami-1",
        components=[{"componentArn": component.attr_arn}],
    )


def test_pipeline_takes_two_messages_for_the_construct_and_its_resource(messages: list[str], tmp_path: Path) -> None:
    def pipelines(count: int) -> int:
        app = cdk.App(outdir=str(tmp_path / str(count)))
        stack = cdk.Stack(app, "Stack")
        before = len(messages)
        for index in range(count):
            ImagePipeline(
                stack,
                f"Pipeline{index}",
                image_pipeline_name=f"golden-{index}",
                recipe=f"{ARN}:image-recipe/golden-{index}/1.0.0",
                infrastructure_configuration=f"{ARN}:infrastructure-configuration/golden",
            )
        app.synth()
        return len(messages) - before

    assert pipelines(15) - pipelines(5) == 10 * 2


@pytest.mark.parametrize(("shares", "pipeline", "build"), [(False, 9, 15), (True, 6, 7)])
def test_pipeline_with_a_recipe_in_the_app_and_its_build_take_few_messages(
    messages: list[str], tmp_path: Path, *, shares: bool, pipeline: int, build: int
) -> None:
    def each(*, builds: bool) -> float:
        few, many = (
            synthesised(count, messages, tmp_path / f"{count}-{builds}", builds=builds, shares=shares)
            for count in (2, 5)  # so few need no further policy of the function's role
        )
        return (many - few) / 3

    synthesised(1, messages, tmp_path / "first", builds=True)
    without = each(builds=False)
    assert (without, each(builds=True) - without) == (pipeline, build)


def test_each_further_build_takes_as_many_messages_as_the_one_before(messages: list[str], tmp_path: Path) -> None:
    synthesised(1, messages, tmp_path / "first", builds=True)
    few, some, many = (synthesised(count, messages, tmp_path / str(count), builds=True) for count in (5, 15, 25))
    assert many - some <= 1.05 * (some - few)
