"""What a Create responds with, the second one too. Each probe has a pipeline of its own, and deletes it."""

from tools.smoke_aws.account import Account
from tools.smoke_aws.parts import Parts
from tools.smoke_aws.probes.pipelines import arn_of, request


def dry_run(account: Account, parts: Parts) -> None:
    """Ask whether it could be made."""
    account.call("dry-run", "create_image_pipeline", **request(account, parts, "dry-run", dryRun=True))
    account.call("dry-run", "get_image_pipeline", imagePipelineArn=arn_of(account, "dry-run"))


def create(account: Account, parts: Parts) -> None:
    """Make one whose name has capitals, spaces and underscores, and read it by the ARN that we predict."""
    named = request(account, parts, "create", name=f"{account.prefix}-Create It_Now")
    account.call("create", "create_image_pipeline", **named)
    arn = arn_of(account, "create-it-now")
    account.call("create", "get_image_pipeline", imagePipelineArn=arn)
    account.call("create", "delete_image_pipeline", imagePipelineArn=arn)


def same_token(account: Account, parts: Parts) -> None:
    """Send a Create twice."""
    for _ in range(2):
        account.call("same-token", "create_image_pipeline", **request(account, parts, "same-token"))
    _delete(account, "same-token", "same-token")


def same_token_other_parameters(account: Account, parts: Parts) -> None:
    """Send it again with another description."""
    probe = "same-token-other-parameters"
    account.call(probe, "create_image_pipeline", **request(account, parts, "other-parameters"))
    account.call(probe, "create_image_pipeline", **request(account, parts, "other-parameters", description="other"))
    _delete(account, probe, "other-parameters")


def same_name_by_case(account: Account, parts: Parts) -> None:
    """Make others whose names differ by case, spaces and underscores only."""
    probe = "same-name-by-case"
    account.call(probe, "create_image_pipeline", **request(account, parts, "by-case"))
    for number, name in enumerate(("By-Case", "by_case", "by case")):
        again = request(account, parts, f"by-case-{number}", name=f"{account.prefix}-{name}")
        account.call(probe, "create_image_pipeline", **again)
    _delete(account, probe, "by-case")


def delete_then_old_token(account: Account, parts: Parts) -> None:
    """Delete it, and send the Create that made it again: with the old token, then with a new one."""
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
