"""Synthesises one stack for each way of making a pipeline: what is in its assets is what Lambda would get.

python assets_app.py OUTPUT_FOLDER
"""

import sys

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import custom_resources

from cdk_imagebuilder_pipeline import ImagePipeline

RECIPE = "arn:aws:imagebuilder:us-east-1:000000000000:image-recipe/golden/1.0.0"
INFRASTRUCTURE = "arn:aws:imagebuilder:us-east-1:000000000000:infrastructure-configuration/golden"


def main(output: str) -> None:
    """Write the cloud assembly."""
    app = cdk.App(outdir=output, analytics_reporting=False)
    ImagePipeline(cdk.Stack(app, "Ours"), "Pipeline", recipe=RECIPE, infrastructure_configuration=INFRASTRUCTURE)
    custom_resources.AwsCustomResource(
        cdk.Stack(app, "AwsCustomResource"),
        "Pipeline",
        on_create=custom_resources.AwsSdkCall(
            service="imagebuilder",
            action="createImagePipeline",
            physical_resource_id=custom_resources.PhysicalResourceId.from_response("imagePipelineArn"),
        ),
        policy=custom_resources.AwsCustomResourcePolicy.from_sdk_calls(resources=["*"]),
        install_latest_aws_sdk=False,
    )
    stack = cdk.Stack(app, "Provider")
    user_function = lambda_.Function(
        stack,
        "User",
        code=lambda_.Code.from_inline("def handler(event, context): pass"),
        handler="index.handler",
        runtime=lambda_.Runtime.PYTHON_3_14,
    )
    custom_resources.Provider(stack, "Provider", on_event_handler=user_function)  # pyright: ignore[reportArgumentType] (jsii names parameters otherwise)
    app.synth()


if __name__ == "__main__":
    main(sys.argv[1])
