"""Probes of the permissions of roles and policies."""

from datetime import datetime
from typing import Any

import aws_cdk as cdk
from tools.smoke_aws.account import Account, log_group_names
from tools.smoke_aws.cloudformation import Deployed, deploy
from tools.smoke_aws.parts import Parts
from tools.smoke_aws.stacks.pipeline import OUTPUT, add_pipeline, live

from cdk_imagebuilder_pipeline import WorkflowConfiguration

_POLICIES = ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")


def policy_growth(account: Account, parts: Parts) -> None:
    """Add a second pipeline to a stack, so that one deployment both extends the policy and uses it."""
    probe = "policy-growth"

    def fill(stack: cdk.Stack, count: int) -> None:
        recipes = {"Pipeline": parts.image_recipe, "Second": parts.other_image_recipe}
        for construct_id, recipe in list(recipes.items())[:count]:
            add_pipeline(account, parts, stack, f"growth-{construct_id}", construct_id, recipe=recipe)

    deploy(account, probe, probe, lambda stack: fill(stack, 1))
    done = deploy(account, probe, probe, lambda stack: fill(stack, 2))
    account.expect(
        probe,
        "a policy that a deployment has just extended works within the time for which denied calls are repeated",
        {"status": done.status, "reasons": done.reasons, "seconds": _seconds_after_the_policy(done)},
        holds=done.status == "UPDATE_COMPLETE",
    )
    account.lacks(probe, "propagation")


def workflows_made_role(account: Account, parts: Parts) -> None:
    """Deploy AWS managed workflows without a role, so that the construct creates one."""
    probe = "workflows-made-role"
    workflows = [
        WorkflowConfiguration(workflow=account.arn(f"workflow/{name}/x.x.x", owner="aws"))
        for name in ("build/build-image", "test/test-image", "distribution/distribute-image")
    ]
    done = deploy(account, probe, probe, lambda stack: add_pipeline(account, parts, stack, probe, workflows=workflows))
    found = live(account, done.outputs[OUTPUT]) if OUTPUT in done.outputs else None
    account.lacks(probe, "managed policies")
    account.expect(
        probe,
        "a made role with EC2ImageBuilderExecutionPolicy is taken for workflows",
        {"status": done.status, "reasons": done.reasons, "executionRole": (found or {}).get("executionRole")},
        holds=done.status == "CREATE_COMPLETE" and bool(found and found.get("executionRole")),
    )


def log_groups(account: Account, parts: Parts) -> None:
    """Deploy a pipeline with the names of log groups that do not exist."""
    probe = "log-groups"
    names = {f"{account.prefix}/image": "image_log_group", f"{account.prefix}/pipeline": "image_pipeline_log_group"}

    def fill(stack: cdk.Stack) -> None:
        props: Any = {prop: name for name, prop in names.items()}
        add_pipeline(account, parts, stack, probe, **props)

    done = deploy(account, probe, probe, fill)
    account.expect(
        probe,
        "log groups that do not exist are taken",
        {"status": done.status, "reasons": done.reasons},
        holds=done.status == "CREATE_COMPLETE",
    )
    found = log_group_names(account, f"{account.prefix}/")
    # The probe that builds an image shows whether the build creates them.
    account.expect(probe, "no named log group is made before a build", found, holds=found == [])


def _seconds_after_the_policy(done: Deployed) -> float | None:
    """Return the seconds from the last policy to the last pipeline, including propagation and repeated calls."""
    ended = [event for event in done.events if event["ResourceStatus"].endswith("_COMPLETE")]
    policies = [_time(event) for event in ended if event["ResourceType"] in _POLICIES]
    pipelines = [_time(event) for event in ended if event["ResourceType"] == "Custom::ImagePipeline"]
    return (max(pipelines) - max(policies)).total_seconds() if policies and pipelines else None


def _time(event: dict[str, Any]) -> datetime:
    found: datetime = event["Timestamp"]
    return found
