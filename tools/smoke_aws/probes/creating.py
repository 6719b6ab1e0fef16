"""Probes of CreateImagePipeline, also when it is repeated. Each probe creates and deletes its own pipeline."""

from tools.smoke_aws.account import Account
from tools.smoke_aws.parts import Parts
from tools.smoke_aws.probes.pipelines import arn_of, request


def dry_run(account: Account, parts: Parts) -> None:
    """Send a request with `dryRun`, then read the pipeline."""
    account.call("dry-run", "create_image_pipeline", **request(account, parts, "dry-run", dryRun=True))
    account.call("dry-run", "get_image_pipeline", imagePipelineArn=arn_of(account, "dry-run"))


def create(account: Account, parts: Parts) -> None:
    """Create a pipeline whose name has capitals, spaces and underscores, and read it by the expected ARN."""
    named = request(account, parts, "create", name=f"{account.prefix}-Create It_Now")
    account.call("create", "create_image_pipeline", **named)
    arn = arn_of(account, "create-it-now")
    account.call("create", "get_image_pipeline", imagePipelineArn=arn)
    account.call("create", "delete_image_pipeline", imagePipelineArn=arn)


def same_token(account: Account, parts: Parts) -> None:
    """Send the same request twice."""
    for _ in range(2):
        account.call("same-token", "create_image_pipeline", **request(account, parts, "same-token"))
    _delete(account, "same-token", "same-token")


def same_token_other_parameters(account: Account, parts: Parts) -> None:
    """Send a request twice, the second time with the same token and another description."""
    probe = "same-token-other-parameters"
    account.call(probe, "create_image_pipeline", **request(account, parts, "other-parameters"))
    account.call(probe, "create_image_pipeline", **request(account, parts, "other-parameters", description="other"))
    _delete(account, probe, "other-parameters")


def same_name_by_case(account: Account, parts: Parts) -> None:
    """Create pipelines whose names differ only by case, spaces and underscores."""
    probe = "same-name-by-case"
    account.call(probe, "create_image_pipeline", **request(account, parts, "by-case"))
    for number, name in enumerate(("By-Case", "by_case", "by case")):
        again = request(account, parts, f"by-case-{number}", name=f"{account.prefix}-{name}")
        account.call(probe, "create_image_pipeline", **again)
    _delete(account, probe, "by-case")


def delete_then_old_token(account: Account, parts: Parts) -> None:
    """Delete a pipeline and repeat the request that created it, with the old token and then with a new one."""
    probe, name = "delete-then-old-token", "old-token"
    made = request(account, parts, name)
    account.call(probe, "create_image_pipeline", **made)
    _delete(account, probe, name)
    account.call(probe, "create_image_pipeline", **made)
    account.call(probe, "get_image_pipeline", imagePipelineArn=arn_of(account, name))
    account.call(probe, "create_image_pipeline", **request(account, parts, name, clientToken=f"{account.run}-new"))
    _delete(account, probe, name)


def _delete(account: Account, probe: str, name: str) -> None:
    account.call(probe, "delete_image_pipeline", imagePipelineArn=arn_of(account, name))
