"""Probe that renames pipelines of the construct and of the native resource."""

import aws_cdk as cdk
from aws_cdk import aws_imagebuilder as imagebuilder
from tools.smoke_aws.account import Account
from tools.smoke_aws.cloudformation import deploy
from tools.smoke_aws.parts import Parts
from tools.smoke_aws.stacks.pipeline import OUTPUT, add_pipeline, live


def rename(account: Account, parts: Parts) -> None:
    """Rename a pipeline, then change only the case of its name; repeat the latter with a native pipeline."""
    probe = "rename"
    first = deploy(account, probe, probe, lambda stack: add_pipeline(account, parts, stack, "rename-a"))
    second = deploy(account, probe, probe, lambda stack: add_pipeline(account, parts, stack, "rename-b"))
    old, new = first.output(OUTPUT), second.output(OUTPUT)
    if not account.lacks(probe, "events of a clean-up"):
        order = second.order()
        made = [place for place, (status, arn) in enumerate(order) if status == "UPDATE_COMPLETE" and arn == new]
        deleted = [place for place, (status, arn) in enumerate(order) if status.startswith("DELETE") and arn == old]
        account.expect(
            probe,
            "a rename creates the new pipeline first and deletes the old one last",
            order,
            holds=bool(made and deleted) and max(made) < min(deleted),
        )
    left = {arn: live(account, arn) is not None for arn in (old, new)}
    account.expect(probe, "after a rename the old pipeline is gone", left, holds=left == {old: False, new: True})
    by_case = deploy(account, probe, probe, lambda stack: add_pipeline(account, parts, stack, "Rename_B"))
    account.expect(
        probe,
        "a rename by case keeps the pipeline",
        {"status": by_case.status, "reasons": by_case.reasons, "arn": by_case.outputs.get(OUTPUT)},
        holds=by_case.status == "UPDATE_COMPLETE" and by_case.outputs.get(OUTPUT) == new,
    )
    _native(account, parts, probe)


def _native(account: Account, parts: Parts, probe: str) -> None:
    def fill(stack: cdk.Stack, name: str) -> None:
        imagebuilder.CfnImagePipeline(
            stack,
            "Native",
            name=f"{account.prefix}-{name}",
            image_recipe_arn=parts.image_recipe,
            infrastructure_configuration_arn=parts.infrastructure,
            tags=account.tags,
        )

    deploy(account, probe, "rename-native", lambda stack: fill(stack, "native"))
    done = deploy(account, probe, "rename-native", lambda stack: fill(stack, "Native"))
    account.expect(
        probe,
        "the native resource fails at a rename by case",
        {"status": done.status, "reasons": done.reasons},
        holds=done.status == "UPDATE_ROLLBACK_COMPLETE",
    )
