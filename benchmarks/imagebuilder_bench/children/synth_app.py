"""Synthesises one stack with a number of pipelines, made in one of several ways, and says how long that took.

    python synth_app.py KIND NUMBER OUTPUT_FOLDER

Prints the seconds from the first construct to the written assembly: importing the CDK, starting it, and the synth of a
stack with one native resource come before.
"""

import sys
import time
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, Final

import aws_cdk as cdk
from aws_cdk import aws_imagebuilder as imagebuilder

BASE: Final = "arn:aws:imagebuilder:us-east-1:123456789012"


def ours() -> Callable[[cdk.Stack, int], object]:
    """Return what makes one of our pipelines."""
    pipeline = import_module("cdk_imagebuilder_pipeline").ImagePipeline

    def make(stack: cdk.Stack, index: int) -> object:
        return pipeline(
            stack,
            f"Pipeline{index}",
            image_pipeline_name=f"pipeline-{index}",
            recipe=recipe(index),
            infrastructure_configuration=infrastructure(index),
        )

    return make


def l1() -> Callable[[cdk.Stack, int], object]:
    """Return what makes one native resource."""

    def make(stack: cdk.Stack, index: int) -> object:
        return imagebuilder.CfnImagePipeline(
            stack,
            f"Pipeline{index}",
            name=f"pipeline-{index}",
            image_recipe_arn=recipe(index),
            infrastructure_configuration_arn=infrastructure(index),
        )

    return make


def alpha() -> Callable[[cdk.Stack, int], object]:
    """Return what makes one pipeline of the alpha L2."""
    library: Any = import_module("aws_cdk.aws_imagebuilder_alpha")

    def make(stack: cdk.Stack, index: int) -> object:
        return library.ImagePipeline(
            stack,
            f"Pipeline{index}",
            image_pipeline_name=f"pipeline-{index}",
            recipe=library.ImageRecipe.from_image_recipe_arn(stack, f"Recipe{index}", recipe(index)),
            infrastructure_configuration=library.InfrastructureConfiguration.from_infrastructure_configuration_arn(
                stack, f"Infrastructure{index}", infrastructure(index)
            ),
        )

    return make


def aws_custom_resource() -> Callable[[cdk.Stack, int], object]:
    """Return what makes one pipeline with the SDK calls that a template can ask for."""
    library: Any = import_module("aws_cdk.custom_resources")

    def make(stack: cdk.Stack, index: int) -> object:
        arn = f"{BASE}:image-pipeline/pipeline-{index}"
        recipes = {"imageRecipeArn": recipe(index), "infrastructureConfigurationArn": infrastructure(index)}

        def call(action: str, **parameters: object) -> object:
            return library.AwsSdkCall(
                service="imagebuilder",
                action=action,
                parameters=parameters,
                physical_resource_id=library.PhysicalResourceId.of(arn),
            )

        return library.AwsCustomResource(
            stack,
            f"Pipeline{index}",
            on_create=call("createImagePipeline", name=f"pipeline-{index}", **recipes),
            on_update=call("updateImagePipeline", imagePipelineArn=arn, **recipes),
            on_delete=call("deleteImagePipeline", imagePipelineArn=arn),
            policy=library.AwsCustomResourcePolicy.from_sdk_calls(resources=[arn, *recipes.values()]),
            install_latest_aws_sdk=False,
        )

    return make


def recipe(index: int) -> str:
    """Return the ARN of a recipe that one pipeline alone uses."""
    return f"{BASE}:image-recipe/recipe-{index}/1.0.0"


def infrastructure(index: int) -> str:
    """Return the ARN of a configuration that one pipeline alone uses."""
    return f"{BASE}:infrastructure-configuration/infrastructure-{index}"


KINDS: Final[Mapping[str, Callable[[], Callable[[cdk.Stack, int], object]]]] = {
    "ours": ours,
    "L1 CfnImagePipeline": l1,
    "alpha L2": alpha,
    "AwsCustomResource": aws_custom_resource,
}


def main(kind: str, count: int, output: str) -> None:
    """Write the cloud assembly."""
    make = KINDS[kind]()
    # Starts jsii, loads the libraries into it and synthesises once: what all have in common is not the pipelines'.
    make(cdk.Stack(), 0)
    warm_up = cdk.App(outdir=f"{output}-warm-up", analytics_reporting=False)
    l1()(cdk.Stack(warm_up, "Stack"), 0)
    warm_up.synth()
    started = time.perf_counter()
    # Some need more resources a pipeline than a stack may hold; the time is of interest all the same.
    app = cdk.App(outdir=output, analytics_reporting=False, context={"@aws-cdk/core:stackResourceLimit": 0})
    stack = cdk.Stack(app, "Stack")
    for index in range(count):
        make(stack, index)
    app.synth()
    print(time.perf_counter() - started)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
