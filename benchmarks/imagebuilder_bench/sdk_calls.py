"""An event as AwsCustomResource takes it: the SDK's calls are in its properties, as JSON."""

import json
from typing import Any


def as_sdk_calls(event: dict[str, Any]) -> dict[str, Any]:
    """Turn an event of `Custom::ImagePipeline` into what AwsCustomResource would be sent for the same pipeline."""
    given = event["ResourceProperties"]
    parameters = {
        "name": given["Name"],
        "imageRecipeArn": given["ImageRecipeArn"],
        "infrastructureConfigurationArn": given["InfrastructureConfigurationArn"],
    }
    create = _call("createImagePipeline", parameters) | {"physicalResourceId": {"responsePath": "imagePipelineArn"}}
    delete = _call("deleteImagePipeline", {"imagePipelineArn": event.get("PhysicalResourceId")})
    properties = {
        "ServiceToken": given["ServiceToken"],
        "Create": json.dumps(create),
        "Delete": json.dumps(delete),
        "InstallLatestAwsSdk": "false",
    }
    return event | {"ResourceType": "Custom::AWS", "ResourceProperties": properties}


def _call(action: str, parameters: dict[str, Any]) -> dict[str, Any]:
    return {"service": "imagebuilder", "action": action, "parameters": parameters, "logApiResponseData": True}
