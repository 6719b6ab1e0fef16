"""Create a pipeline with a botocore client and nothing else. CloudFormation gets no response."""

from typing import Any

import botocore.session

client: Any = None


def handler(event: dict[str, Any], _context: object) -> None:
    """Handle a Create event."""
    global client  # noqa: PLW0603 (created at the first event, as a function would)
    if client is None:
        client = botocore.session.get_session().create_client("imagebuilder")
    properties = event["ResourceProperties"]
    client.create_image_pipeline(
        name=properties["Name"],
        imageRecipeArn=properties["ImageRecipeArn"],
        infrastructureConfigurationArn=properties["InfrastructureConfigurationArn"],
    )
