"""Synthesise stacks with a number of pipelines of one kind each, and print the seconds that each took as JSON.

    python synth_app.py NUMBER OUTPUT_FOLDER KIND...

The stacks are synthesised one after the other in this process, each in an app of its own, into the same folder. The
seconds run from the first construct to the written assembly. Importing and starting the CDK and the synth of a stack
with one native resource come before.
"""

import json
import shutil
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_imagebuilder as imagebuilder
from aws_cdk import aws_imagebuilder_alpha as alpha
from aws_cdk import custom_resources

from cdk_imagebuilder_pipeline import ImagePipeline

_BASE: Final = "arn:aws:imagebuilder:us-east-1:123456789012"


def ours(stack: cdk.Stack, index: int) -> object:
    """Add our construct."""
    return ImagePipeline(
        stack,
        f"Pipeline{index}",
        image_pipeline_name=f"pipeline-{index}",
        recipe=recipe(index),
        infrastructure_configuration=infrastructure(index),
    )


def with_recipe(stack: cdk.Stack, index: int) -> ImagePipeline:
    """Add our construct with a recipe and a component in the app."""
    component = imagebuilder.CfnComponent(
        stack, f"Component{index}", name=f"component-{index}", platform="Linux", version="1.0.0", data="name: component"
    )
    made = imagebuilder.CfnImageRecipe(
        stack,
        f"Recipe{index}",
        name=f"recipe-{index}",
        version="1.0.0",
        parent_image="ami-1",
        components=[{"componentArn": component.attr_arn}],
    )
    return ImagePipeline(
        stack,
        f"Pipeline{index}",
        image_pipeline_name=f"pipeline-{index}",
        recipe=made,
        infrastructure_configuration=infrastructure(index),
    )


def built(stack: cdk.Stack, index: int) -> object:
    """Add our construct with a recipe and a component in the app, and build it on deploy."""
    return with_recipe(stack, index).build_on_deploy()


def native(stack: cdk.Stack, index: int) -> object:
    """Add a native resource."""
    return imagebuilder.CfnImagePipeline(
        stack,
        f"Pipeline{index}",
        name=f"pipeline-{index}",
        image_recipe_arn=recipe(index),
        infrastructure_configuration_arn=infrastructure(index),
    )


def alpha_l2(stack: cdk.Stack, index: int) -> object:
    """Add a pipeline of the alpha L2."""
    return alpha.ImagePipeline(
        stack,
        f"Pipeline{index}",
        image_pipeline_name=f"pipeline-{index}",
        recipe=alpha.ImageRecipe.from_image_recipe_arn(stack, f"Recipe{index}", recipe(index)),
        infrastructure_configuration=alpha.InfrastructureConfiguration.from_infrastructure_configuration_arn(
            stack, f"Infrastructure{index}", infrastructure(index)
        ),
    )


def aws_custom_resource(stack: cdk.Stack, index: int) -> object:
    """Add an AwsCustomResource with the SDK calls of a pipeline."""
    arn = f"{_BASE}:image-pipeline/pipeline-{index}"
    recipes = {"imageRecipeArn": recipe(index), "infrastructureConfigurationArn": infrastructure(index)}

    def call(action: str, **parameters: object) -> custom_resources.AwsSdkCall:
        return custom_resources.AwsSdkCall(
            service="imagebuilder",
            action=action,
            parameters=parameters,
            physical_resource_id=custom_resources.PhysicalResourceId.of(arn),
        )

    return custom_resources.AwsCustomResource(
        stack,
        f"Pipeline{index}",
        on_create=call("createImagePipeline", name=f"pipeline-{index}", **recipes),
        on_update=call("updateImagePipeline", imagePipelineArn=arn, **recipes),
        on_delete=call("deleteImagePipeline", imagePipelineArn=arn),
        policy=custom_resources.AwsCustomResourcePolicy.from_sdk_calls(resources=[arn, *recipes.values()]),
        install_latest_aws_sdk=False,
    )


def recipe(index: int) -> str:
    """Return the ARN of the recipe of one pipeline."""
    return f"{_BASE}:image-recipe/recipe-{index}/1.0.0"


def infrastructure(index: int) -> str:
    """Return the ARN of the infrastructure configuration of one pipeline."""
    return f"{_BASE}:infrastructure-configuration/infrastructure-{index}"


_KINDS: Final[Mapping[str, Callable[[cdk.Stack, int], object]]] = {
    "ours": ours,
    "ours, recipes in the app": with_recipe,
    "ours, built on deploy": built,
    "L1 CfnImagePipeline": native,
    "alpha L2": alpha_l2,
    "AwsCustomResource": aws_custom_resource,
}


def main(count: int, output: str, kinds: Sequence[str]) -> None:
    """Write the cloud assemblies."""
    # Start jsii, load the libraries and synthesise once: that cost does not depend on the pipelines.
    for kind in dict.fromkeys(kinds):
        _KINDS[kind](cdk.Stack(), 0)
    warm_up = cdk.App(outdir=f"{output}-warm-up", analytics_reporting=False)
    native(cdk.Stack(warm_up, "Stack"), 0)
    warm_up.synth()
    seconds = []
    for kind in kinds:
        shutil.rmtree(output, ignore_errors=True)
        seconds.append(_seconds(_KINDS[kind], count, output))
    print(json.dumps(seconds))


def _seconds(add: Callable[[cdk.Stack, int], object], count: int, output: str) -> float:
    started = time.perf_counter()
    # Some kinds exceed the number of resources that a stack may have; measure them all the same.
    app = cdk.App(outdir=output, analytics_reporting=False, context={"@aws-cdk/core:stackResourceLimit": 0})
    stack = cdk.Stack(app, "Stack")
    for index in range(count):
        add(stack, index)
    app.synth()
    return time.perf_counter() - started


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3:])
