"""Create a pipeline as crhelper's README shows it: default settings, decorators, boto3."""

import logging
from typing import Any

import boto3
from crhelper import CfnResource

logger = logging.getLogger(__name__)
helper = CfnResource()
client: Any = None

try:
    client = boto3.client("imagebuilder")
except Exception as error:  # noqa: BLE001 (as the README does)
    helper.init_failure(error)


@helper.create
def create(event: dict[str, Any], _context: object) -> str:
    """Create the pipeline."""
    properties = event["ResourceProperties"]
    response = client.create_image_pipeline(
        name=properties["Name"],
        imageRecipeArn=properties["ImageRecipeArn"],
        infrastructureConfigurationArn=properties["InfrastructureConfigurationArn"],
    )
    arn: str = response["imagePipelineArn"]
    helper.Data.update({"Arn": arn})
    return arn


def handler(event: dict[str, Any], context: Any) -> None:
    """Handle a Create event."""
    helper(event, context)
