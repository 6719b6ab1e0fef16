"""A pipeline made with a botocore client and nothing else. CloudFormation gets no answer."""

from typing import Any

import botocore.session

client: Any = None


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Take a Create."""
    global client  # noqa: PLW0603 (made at the first event, as a function would)
    if client is None:
        client = botocore.session.get_session().create_client("imagebuilder")
    properties = event["ResourceProperties"]
    response = client.create_image_pipeline(
        name=properties["Name"],
        imageRecipeArn=properties["ImageRecipeArn"],
        infrastructureConfigurationArn=properties["InfrastructureConfigurationArn"],
    )
    arn = response["imagePipelineArn"]
    return {"PhysicalResourceId": arn, "Data": {"Arn": arn}}
