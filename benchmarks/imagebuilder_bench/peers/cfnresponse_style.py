"""Create a pipeline with boto3 and respond with the `cfnresponse` module, as AWS's examples do."""

from typing import Any

import boto3
import cfnresponse  # pyright: ignore[reportMissingImports] (installed for the benchmarks only)

client: Any = boto3.client("imagebuilder")


def handler(event: dict[str, Any], context: Any) -> None:
    """Handle a Create event."""
    properties = event["ResourceProperties"]
    try:
        response = client.create_image_pipeline(
            name=properties["Name"],
            imageRecipeArn=properties["ImageRecipeArn"],
            infrastructureConfigurationArn=properties["InfrastructureConfigurationArn"],
        )
        arn = response["imagePipelineArn"]
        cfnresponse.send(event, context, cfnresponse.SUCCESS, {"Arn": arn}, arn)
    except Exception as error:  # noqa: BLE001 (the stack must get a response)
        cfnresponse.send(event, context, cfnresponse.FAILED, {}, reason=str(error))
