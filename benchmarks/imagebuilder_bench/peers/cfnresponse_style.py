"""A pipeline made with boto3 and answered with the `cfnresponse` module, as AWS's own examples do."""

from typing import Any

import boto3
import cfnresponse  # pyright: ignore[reportMissingImports] (it is of the environment of the benchmarks)

client: Any = boto3.client("imagebuilder")


def handler(event: dict[str, Any], context: Any) -> None:
    """Take an event."""
    properties = event["ResourceProperties"]
    try:
        if event["RequestType"] == "Create":
            response = client.create_image_pipeline(
                name=properties["Name"],
                imageRecipeArn=properties["ImageRecipeArn"],
                infrastructureConfigurationArn=properties["InfrastructureConfigurationArn"],
            )
            arn = response["imagePipelineArn"]
        else:
            arn = event["PhysicalResourceId"]
            client.delete_image_pipeline(imagePipelineArn=arn)
        cfnresponse.send(event, context, cfnresponse.SUCCESS, {"Arn": arn}, arn)
    except Exception as error:  # noqa: BLE001 (no way out may leave the stack waiting)
        cfnresponse.send(event, context, cfnresponse.FAILED, {}, reason=str(error))
