"""Adds a pipeline of the run to a stack, and reads the deployed pipeline."""

from typing import Any

import aws_cdk as cdk
from botocore.exceptions import ClientError
from tools.smoke_aws.account import Account, code_of
from tools.smoke_aws.parts import Parts

from cdk_imagebuilder_pipeline import ImagePipeline

OUTPUT = "PipelineArn"


def add_pipeline(
    account: Account, parts: Parts, stack: cdk.Stack, name: str, construct_id: str = "Pipeline", **props: Any
) -> ImagePipeline:
    """Add a pipeline to a stack, and its ARN to the outputs."""
    given: dict[str, Any] = {
        "image_pipeline_name": f"{account.prefix}-{name}",
        "recipe": parts.image_recipe,
        "infrastructure_configuration": parts.infrastructure,
    }
    pipeline = ImagePipeline(stack, construct_id, **given | props)
    cdk.CfnOutput(
        stack, f"{OUTPUT}{'' if construct_id == 'Pipeline' else construct_id}", value=pipeline.image_pipeline_arn
    )
    return pipeline


def live(account: Account, arn: str) -> dict[str, Any] | None:
    """Return the pipeline as the service describes it, or None if it does not exist."""
    client = account.client("imagebuilder")
    try:
        found: dict[str, Any] = client.get_image_pipeline(imagePipelineArn=arn)["imagePipeline"]
    except ClientError as error:
        if code_of(error) == "ResourceNotFoundException":
            return None
        raise
    finally:
        client.close()
    return found


def own_tags(pipeline: dict[str, Any]) -> dict[str, str]:
    """Return the tags of a pipeline without the owner tags."""
    tags: dict[str, str] = pipeline["tags"]
    return {key: value for key, value in tags.items() if not key.startswith("imagebuilder-pipeline:")}
