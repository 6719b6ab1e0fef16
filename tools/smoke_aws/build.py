"""One real build, with BUILD=1: it records the events of the build, and which rules of the construct they match."""

import json
from typing import Any, Final

import aws_cdk as cdk
import boto3
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs
from botocore.exceptions import ClientError
from tools.smoke_aws.account import Account, log_group_names
from tools.smoke_aws.cloudformation import deploy
from tools.smoke_aws.parts import Parts
from tools.smoke_aws.stacks.pipeline import OUTPUT, add_pipeline

PROBE: Final = "build"
RULES: Final = (
    "on_event",
    "on_image_build_state_change",
    "on_image_build_completed",
    "on_image_build_succeeded",
    "on_image_build_failed",
    "on_cve_detected",
    "on_wait_for_action",
    "on_image_pipeline_auto_disabled",
)
EVERY_EVENT: Final = "every_event"
_ENDED: Final = frozenset({"AVAILABLE", "FAILED", "CANCELLED"})
_SECONDS: Final = 2 * 60 * 60
_SECONDS_OF_THE_ROLE: Final = 3 * 60
_SECONDS_OF_THE_LAST_EVENT: Final = 3 * 60


def build(account: Account, parts: Parts) -> None:
    """Start the pipeline with a role that has only this permission, and wait for the image."""
    done = deploy(account, PROBE, PROBE, lambda stack: _fill(account, parts, stack))
    refusals: list[str] = []
    started = account.wait(lambda: _start(account, done.outputs, refusals), _SECONDS_OF_THE_ROLE)
    account.expect(
        PROBE,
        "TagResource on the pipeline and on the image is what a start with tags needs",
        refusals[-1:],
        holds=started,
    )
    pipeline = done.output(OUTPUT)
    account.say(f"  waiting for the image, at most {_SECONDS // 60} minutes")
    account.wait(lambda: not started or _state(account, pipeline)["status"] in _ENDED, _SECONDS)
    state = _state(account, pipeline) if started else {}
    if account.lacks(PROBE, "builds"):
        return
    account.expect(
        PROBE,
        "an instance profile with AmazonSSMManagedInstanceCore and EC2InstanceProfileForImageBuilder builds an image",
        state,
        holds=state.get("status") == "AVAILABLE",
    )
    groups = log_group_names(account, f"{account.prefix}/build-")
    account.expect(PROBE, "Image Builder creates a named log group that does not exist", groups, holds=bool(groups))
    judge_events(account, done.outputs, state.get("status"))


def _fill(account: Account, parts: Parts, stack: cdk.Stack) -> None:
    groups: Any = {
        "image_log_group": f"{account.prefix}/build-image",
        "image_pipeline_log_group": f"{account.prefix}/build-pipeline",
    }
    pipeline = add_pipeline(
        account, parts, stack, PROBE, distribution_configuration=parts.distribution, image_tags=account.tags, **groups
    )
    for rule in RULES:
        getattr(pipeline, rule)(rule, target=_queue(stack, rule))
    every: Any = _queue(stack, EVERY_EVENT)
    pattern = events.EventPattern(source=["aws.imagebuilder"])
    events.Rule(stack, "EveryEvent", event_pattern=pattern, targets=[every])
    principal: Any = iam.AccountPrincipal(account.id)  # pyright does not recognise it as an IPrincipal
    starter: Any = iam.Role(stack, "Starter", assumed_by=principal)
    pipeline.grant_start_execution(starter)
    cdk.CfnOutput(stack, "StarterRole", value=starter.role_arn)


def _queue(stack: cdk.Stack, name: str) -> Any:
    queue: Any = sqs.Queue(stack, f"Queue-{name}", removal_policy=cdk.RemovalPolicy.DESTROY)
    cdk.CfnOutput(stack, output_of(name), value=queue.queue_url)
    return targets.SqsQueue(queue)


def output_of(rule: str) -> str:
    """Return the name of the output with the URL of a rule's queue."""
    return f"Queue{rule.replace('_', '')}"


def _start(account: Account, outputs: dict[str, str], refusals: list[str]) -> bool:
    """Start with tags as the role with the permission. A new role cannot be assumed immediately."""
    try:
        lent = account.client("sts").assume_role(RoleArn=outputs["StarterRole"], RoleSessionName=account.prefix)
        keys = lent["Credentials"]
        session: Any = boto3.Session(
            keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], region_name=account.region
        )
        client = session.client("imagebuilder")
        client.start_image_pipeline_execution(
            imagePipelineArn=outputs[OUTPUT], tags=account.tags, clientToken=f"{account.run}-start"
        )
    except ClientError as error:
        refusals.append(str(error))
        return False
    return True


def _state(account: Account, pipeline: str) -> dict[str, Any]:
    found = account.client("imagebuilder").list_image_pipeline_images(imagePipelineArn=pipeline)["imageSummaryList"]
    return dict(found[0]["state"]) if found else {"status": "none yet"}


def judge_events(account: Account, outputs: dict[str, str], status: str | None) -> None:
    """Record all events, and whether the events of the run match the expected rules."""
    got: dict[str, dict[str, dict[str, Any]]] = {rule: {} for rule in (*RULES, EVERY_EVENT)}

    def the_last_came() -> bool:
        for rule, found in got.items():
            found.update(_messages(account, outputs[output_of(rule)]))
        return any(event["detail"].get("state", {}).get("status") == status for event in got[EVERY_EVENT].values())

    account.wait(the_last_came, _SECONDS_OF_THE_LAST_EVENT)
    the_last_came()
    for event_id, event in got[EVERY_EVENT].items():
        matched = [rule for rule in RULES if event_id in got[rule]]
        fields = {name: event[name] for name in ("detail-type", "resources", "detail")}
        account.recording.add("event", probe=PROBE, matched=matched, **fields)
    ours = [event_id for event_id, event in got[EVERY_EVENT].items() if account.prefix in json.dumps(event)]
    unmatched = [event_id for event_id in ours if event_id not in got["on_event"]]
    account.expect(
        PROBE,
        "the events of a build carry the resources and details that the rules match",
        {rule: len(found) for rule, found in got.items()},
        holds=bool(ours) and not unmatched and bool(got["on_image_build_completed"]),
    )


def _messages(account: Account, queue: str) -> dict[str, dict[str, Any]]:
    """Receive the messages of a queue, by event id."""
    client, found = account.client("sqs"), dict[str, dict[str, Any]]()
    while messages := client.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", []):
        for message in messages:
            event = json.loads(message["Body"])
            found[event["id"]] = event
            client.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    return found
