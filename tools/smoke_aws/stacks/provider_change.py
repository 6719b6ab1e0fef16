"""Probe that changes the provider of a deployed pipeline."""

from typing import Any

import aws_cdk as cdk
from tools.smoke_aws.account import Account
from tools.smoke_aws.cloudformation import deploy
from tools.smoke_aws.parts import Parts
from tools.smoke_aws.stacks.pipeline import OUTPUT, add_pipeline, live

from cdk_imagebuilder_pipeline import ImagePipelineProvider

_REFUSAL = "Modifying service token is not allowed"


def provider_change(account: Account, parts: Parts) -> None:
    """Change the provider in place, which CloudFormation refuses, then move the pipeline to a new logical id."""
    probe = "provider-change"

    def fill(stack: cdk.Stack, construct_id: str = "Pipeline", *, own: bool, **props: Any) -> None:
        if own:
            props["provider"] = ImagePipelineProvider(stack, "Provider")
        add_pipeline(account, parts, stack, probe, construct_id, **props)

    first = deploy(account, probe, probe, lambda stack: fill(stack, own=False))
    arn = first.output(OUTPUT)
    before = live(account, arn) or {}
    refused = deploy(account, probe, probe, lambda stack: fill(stack, own=True))
    account.expect(
        probe,
        "CloudFormation refuses another ServiceToken",
        {"status": refused.status, "reasons": refused.reasons},
        holds=refused.status == "UPDATE_ROLLBACK_COMPLETE" and any(_REFUSAL in reason for reason in refused.reasons),
    )
    if refused.status == "UPDATE_COMPLETE":
        deploy(account, probe, probe, lambda stack: fill(stack, own=False))
    moved = deploy(account, probe, probe, lambda stack: fill(stack, "Handed", own=True, adopt_existing=True))
    after = live(account, arn) or {}
    account.expect(
        probe,
        "a handed-over pipeline survives",
        {
            "status": moved.status,
            "reasons": moved.reasons,
            "dates": [before.get("dateCreated"), after.get("dateCreated")],
        },
        holds=moved.status == "UPDATE_COMPLETE" and before.get("dateCreated") == after.get("dateCreated"),
    )
    # After an update without adopt_existing, deleting the stack also deletes the pipeline.
    deploy(account, probe, probe, lambda stack: fill(stack, "Handed", own=True))
