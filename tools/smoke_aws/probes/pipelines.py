"""Requests that create and update a minimal pipeline of the run."""

from typing import Any

from tools.smoke_aws.account import Account
from tools.smoke_aws.parts import Parts


def request(account: Account, parts: Parts, name: str, /, **more: Any) -> dict[str, Any]:
    """Return a CreateImagePipeline request. Its token is made of the name, so that a recording can be replayed."""
    return {
        "name": f"{account.prefix}-{name}",
        "imageRecipeArn": parts.image_recipe,
        "infrastructureConfigurationArn": parts.infrastructure,
        "tags": account.tags,
        "clientToken": token(account, name),
    } | more


def update(account: Account, parts: Parts, arn: str, step: str, **more: Any) -> dict[str, Any]:
    """Return an UpdateImagePipeline request with only the members that every update needs."""
    return {
        "imagePipelineArn": arn,
        "imageRecipeArn": parts.image_recipe,
        "infrastructureConfigurationArn": parts.infrastructure,
        "clientToken": token(account, step),
    } | more


def arn_of(account: Account, name: str) -> str:
    """Return the expected ARN of a pipeline of the run."""
    return account.arn(f"image-pipeline/{account.prefix}-{name}")


def token(account: Account, step: str) -> str:
    """Return the client token of a step, shortened to the 36 characters that the API reference allows."""
    return f"{account.run}-{step}"[:36]
