"""Requests that make a small pipeline of the run, and change it."""

from typing import Any

from tools.smoke_aws.account import Account
from tools.smoke_aws.parts import Parts


def request(account: Account, parts: Parts, name: str, /, **more: Any) -> dict[str, Any]:
    """Return a CreateImagePipeline of an image recipe. Its token is the name's, so that a recording can be replayed."""
    return {
        "name": f"{account.prefix}-{name}",
        "imageRecipeArn": parts.image_recipe,
        "infrastructureConfigurationArn": parts.infrastructure,
        "tags": account.tags,
        "clientToken": token(account, name),
    } | more


def update(account: Account, parts: Parts, arn: str, step: str, **more: Any) -> dict[str, Any]:
    """Return an UpdateImagePipeline with nothing but what every update needs."""
    return {
        "imagePipelineArn": arn,
        "imageRecipeArn": parts.image_recipe,
        "infrastructureConfigurationArn": parts.infrastructure,
        "clientToken": token(account, step),
    } | more


def arn_of(account: Account, name: str) -> str:
    """Return the ARN that a pipeline of the run should have."""
    return account.arn(f"image-pipeline/{account.prefix}-{name}")


def token(account: Account, step: str) -> str:
    """Return the token of a step: at most 36 characters, which is what the API reference allows."""
    return f"{account.run}-{step}"[:36]
