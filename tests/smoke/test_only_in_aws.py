"""What the local cloud lacks: images with AMIs, the trail, events. Clients are botocore's, checked by its own model."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber
from tools.smoke_aws import build, images, trail
from tools.smoke_aws.account import RUN_TAG, Account, Caller, placeholders
from tools.smoke_aws.cleanup import tagged
from tools.smoke_aws.recording import Recording

ID = "999988887777"
RUN = "0a1b2c3d"
OWN = f"arn:aws:imagebuilder:eu-west-1:{ID}:image/smoke-{RUN}-image/1.0.0"
OTHER = f"arn:aws:imagebuilder:eu-west-1:{ID}:image/production/1.0.0"

Stub = Callable[[str], Stubber]


class Session:
    """Gives the same client of a service each time, so that one stub hears all calls."""

    region_name = "eu-west-1"

    def __init__(self) -> None:
        self.real: Any = boto3.Session("key", "none", region_name=self.region_name)
        self.clients: dict[str, Any] = {}

    def client(self, service: str, **_: Any) -> Any:
        if service not in self.clients:
            self.clients[service] = self.real.client(service)
        return self.clients[service]


@pytest.fixture
def session() -> Iterator[Session]:
    made = Session()
    yield made
    for client in made.clients.values():
        client.close()


@pytest.fixture
def account(session: Session, file: Path) -> Account:
    who = Caller(ID, "aws", f"arn:aws:iam::{ID}:user/jane", "AIDA1")
    recording = Recording(file, placeholders(who, RUN))
    return Account(session, who, RUN, recording, is_local=False, say=lambda _: None)


@pytest.fixture
def stub(session: Session) -> Iterator[Stub]:
    stubs: dict[str, Stubber] = {}

    def stubbed(service: str) -> Stubber:
        if service not in stubs:
            stubs[service] = Stubber(session.client(service))
            stubs[service].activate()
        return stubs[service]

    yield stubbed
    for one in stubs.values():
        one.assert_no_pending_responses()


def test_image_of_the_run_goes_with_its_ami_and_snapshots_and_others_stay(account: Account, stub: Stub) -> None:
    builder, ec2 = stub("imagebuilder"), stub("ec2")
    builder.add_response("list_images", {"imageVersionList": [{"arn": OTHER}, {"arn": OWN}]}, {"owner": "Self"})
    amis = {"amis": [{"region": "eu-west-1", "image": "ami-1"}]}
    builder.add_response(
        "list_image_build_versions",
        {"imageSummaryList": [{"arn": f"{OWN}/1", "outputResources": amis}]},
        {"imageVersionArn": OWN},
    )
    builder.add_response(
        "get_image", {"image": {"state": {"status": "AVAILABLE"}}}, {"imageBuildVersionArn": f"{OWN}/1"}
    )
    mappings = [{"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": "snap-1"}}, {"DeviceName": "/dev/xvdb"}]
    ec2.add_response(
        "describe_images", {"Images": [{"ImageId": "ami-1", "BlockDeviceMappings": mappings}]}, {"ImageIds": ["ami-1"]}
    )
    ec2.add_response("deregister_image", {}, {"ImageId": "ami-1"})
    ec2.add_response("delete_snapshot", {}, {"SnapshotId": "snap-1"})
    builder.add_response("delete_image", {}, {"imageBuildVersionArn": f"{OWN}/1"})
    images.delete(account)


def test_image_that_is_still_built_is_cancelled_first(account: Account, stub: Stub) -> None:
    builder, which = stub("imagebuilder"), {"imageBuildVersionArn": f"{OWN}/1"}
    builder.add_response("list_images", {"imageVersionList": [{"arn": OWN}]}, ANY_PARAMETERS)
    builder.add_response("list_image_build_versions", {"imageSummaryList": [{"arn": f"{OWN}/1"}]}, ANY_PARAMETERS)
    builder.add_response("get_image", {"image": {"state": {"status": "BUILDING"}}}, which)
    builder.add_response("cancel_image_creation", {}, which | {"clientToken": f"{RUN}-cancel"})
    builder.add_response("get_image", {"image": {"state": {"status": "CANCELLED"}}}, which)
    builder.add_response("delete_image", {}, which)
    images.delete(account)


def test_key_and_instance_that_wait_for_their_end_are_not_left_and_everything_else_is(
    account: Account, stub: Stub
) -> None:
    arns = {
        name: f"arn:aws:{service}:eu-west-1:{ID}:{resource}"
        for name, service, resource in (
            ("leaving", "kms", "key/1"),
            ("staying", "kms", "key/2"),
            ("ended", "ec2", "instance/i-1"),
            ("running", "ec2", "instance/i-2"),
            ("queue", "sqs", "forgotten"),
        )
    }
    stub("resourcegroupstaggingapi").add_response(
        "get_resources",
        {"ResourceTagMappingList": [{"ResourceARN": arn} for arn in arns.values()]},
        {"TagFilters": [{"Key": RUN_TAG, "Values": [RUN]}]},
    )
    for name, state in (("leaving", "PendingDeletion"), ("staying", "Enabled")):
        stub("kms").add_response(
            "describe_key", {"KeyMetadata": {"KeyId": "1", "KeyState": state}}, {"KeyId": arns[name]}
        )
    for instance, state in (("i-1", "terminated"), ("i-2", "running")):
        reservation = {"Instances": [{"InstanceId": instance, "State": {"Name": state}}]}
        stub("ec2").add_response("describe_instances", {"Reservations": [reservation]}, {"InstanceIds": [instance]})
    assert tagged(account) == [arns["staying"], arns["running"], arns["queue"]]


def call(name: str, *, by: str | None = None, error: str | None = None) -> dict[str, Any]:
    """Return an event as CloudTrail looks it up."""
    detail = {"userIdentity": {"invokedBy": by, "arn": "secret"} if by else {"arn": "secret"}}
    return {
        "EventName": name,
        "EventSource": "imagebuilder.amazonaws.com",
        "EventTime": datetime(2026, 1, 1, tzinfo=UTC),
        "CloudTrailEvent": json.dumps(detail | ({"errorCode": error} if error else {})),
    }


def look_up(account: Account, stub: Stub, monkeypatch: pytest.MonkeyPatch, *events: dict[str, Any]) -> dict[str, Any]:
    """Let the trail have these events of one function, and return the finding."""
    monkeypatch.setattr(trail, "_SECONDS_WITHOUT_NEWS", 0)
    account.functions.append("function")
    wanted = {"LookupAttributes": [{"AttributeKey": "Username", "AttributeValue": "function"}]}
    for _ in range(2):  # to see that all has come, and to count
        stub("cloudtrail").add_response("lookup_events", {"Events": list(events)}, wanted)
    trail.cloudtrail(account)
    (finding,) = account.recording.lines("finding")
    return finding


def test_trail_tells_the_calls_of_the_function_from_those_on_its_behalf(
    account: Account, stub: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    behalf = "imagebuilder.amazonaws.com"
    seen = (call("CreateImagePipeline"), call("GetImageRecipe", by=behalf), call("GetImageRecipe", by=behalf))
    finding = look_up(account, stub, monkeypatch, *seen)
    assert finding["holds"] is True
    assert finding["seen"] == {
        "on behalf": ["imagebuilder.amazonaws.com:GetImageRecipe"],
        "denied": [],
        "complete": True,
    }
    (line,) = account.recording.lines("trail")
    assert [(one["name"], one["by"], one["count"]) for one in line["calls"]] == [
        ("CreateImagePipeline", "", 1),
        ("GetImageRecipe", behalf, 2),
    ]
    assert "secret" not in account.recording.path.read_text()


def test_call_on_behalf_that_was_denied_is_a_belief_that_does_not_hold(
    account: Account, stub: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    denied = call("GetRole", by="imagebuilder.amazonaws.com", error="AccessDenied")
    finding = look_up(account, stub, monkeypatch, call("CreateImagePipeline"), denied)
    assert finding["holds"] is False
    assert finding["seen"]["denied"] == ["imagebuilder.amazonaws.com:GetRole"]


def test_events_of_a_build_are_recorded_with_the_rules_that_they_matched(account: Account, stub: Stub) -> None:
    outputs = {build.output_of(rule): f"https://queue/{rule}" for rule in (*build.RULES, build.EVERY_EVENT)}
    event = {
        "id": "1",
        "detail-type": "EC2 Image Builder Image State Change",
        "resources": [f"{OWN}/1"],
        "detail": {"state": {"status": "AVAILABLE"}},
    }
    matching = {"on_event", "on_image_build_state_change", "on_image_build_completed", build.EVERY_EVENT}
    for round_ in range(2):  # until the last has come, and once more
        for rule in (*build.RULES, build.EVERY_EVENT):
            if rule in matching and round_ == 0:
                message = {"Body": json.dumps(event), "ReceiptHandle": "r"}
                stub("sqs").add_response(
                    "receive_message",
                    {"Messages": [message]},
                    ANY_MESSAGE | {"QueueUrl": outputs[build.output_of(rule)]},
                )
                stub("sqs").add_response(
                    "delete_message", {}, {"QueueUrl": outputs[build.output_of(rule)], "ReceiptHandle": "r"}
                )
            stub("sqs").add_response("receive_message", {}, ANY_MESSAGE)
    build.judge_events(account, outputs, "AVAILABLE")
    (recorded,) = account.recording.lines("event")
    assert recorded["matched"] == ["on_event", "on_image_build_state_change", "on_image_build_completed"]
    assert ID not in account.recording.path.read_text()
    (finding,) = account.recording.lines("finding")
    assert finding["holds"] is True


ANY_PARAMETERS: Any = None
ANY_MESSAGE: dict[str, Any] = {"QueueUrl": ANY, "MaxNumberOfMessages": 10}
