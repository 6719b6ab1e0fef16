"""The account of a run, with the functions that probes need."""

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

import boto3
import botocore
from botocore.config import Config
from botocore.exceptions import ClientError
from tools.smoke_aws import recording
from tools.smoke_aws.recording import Recording

RUN_TAG: Final = "imagebuilder-pipeline:smoke-run"
"""Tag of all resources that a run creates; the value is the id of the run."""

LACKING: Final = {
    "cloudtrail": "the local cloud has no CloudTrail",
    "events of a clean-up": "the local cloud sends no events for deletions after an update",
    "key policies": "the local cloud checks the key policies of log groups, but not of queues",
    "managed policies": "the local cloud accepts any name of an AWS managed policy",
    "network interfaces": "the local cloud creates no network interfaces for functions",
    "propagation": "policies take effect immediately in the local cloud",
    "builds": "the local cloud builds no images and sends no events",
}
"""Features that a local cloud (at AWS_ENDPOINT_URL) does not have, with the reason."""


class Answer(NamedTuple):
    """Response of the service: an output, or the code and message of an error."""

    status: int
    code: str | None
    message: str | None
    output: dict[str, Any]


def as_dict(refusal: ClientError) -> dict[str, Any]:
    """Return the response of an error. It has all keys, which botocore declares as optional."""
    return dict(refusal.response)


def code_of(refusal: ClientError) -> str:
    """Return the error code."""
    return str(as_dict(refusal)["Error"]["Code"])


def new_run() -> str:
    """Return the id of a new run."""
    return secrets.token_hex(4)


class Caller(NamedTuple):
    """The owner of the credentials."""

    account: str
    partition: str
    arn: str
    user_id: str


def caller(session: Any) -> Caller:
    """Return the owner of a session's credentials, from AWS."""
    found = session.client("sts").get_caller_identity()
    return Caller(found["Account"], found["Arn"].split(":")[1], found["Arn"], found["UserId"])


def placeholders(who: Caller, run: str) -> dict[str, str]:
    """Return the strings that a recording must not contain, with their placeholders."""
    resource = who.arn.split(":", 5)[5]
    names = {resource: recording.CALLER} if "/" in resource else {}
    # The account is last: the id of a root user is that of the account.
    return names | {who.user_id: "AIDAEXAMPLE", run: recording.RUN, who.account: recording.ACCOUNT}


@dataclass
class Account:
    """An account and Region, with the id and the recording of a run."""

    session: Any
    who: Caller
    run: str
    recording: Recording
    is_local: bool
    say: Callable[[str], None]
    check: Callable[[], None] = lambda: None
    """Raises KeyboardInterrupt after an interrupt. Called before each API call and during waits."""
    functions: list[str] = field(default_factory=list[str])
    """Functions of the run's stacks, for the CloudTrail lookup."""

    @property
    def id(self) -> str:
        """Id of the account."""
        return self.who.account

    @property
    def region(self) -> str:
        """Name of the Region."""
        return str(self.session.region_name)

    @property
    def prefix(self) -> str:
        """Prefix of all resource names."""
        return f"smoke-{self.run}"

    @property
    def tags(self) -> dict[str, str]:
        """Tags of all created resources."""
        return {RUN_TAG: self.run}

    def client(self, service: str) -> Any:
        """Return a client. It uses the retries of the SDK, but the probe sets the client tokens of Image Builder."""
        # Only the legacy retry mode retries throttled Image Builder requests.
        return self.session.client(service, config=Config(retries={"mode": "legacy", "total_max_attempts": 10}))

    def arn(self, resource: str, owner: str | None = None) -> str:
        """Return the ARN of an Image Builder resource, in this account or of another owner."""
        return f"arn:{self.who.partition}:imagebuilder:{self.region}:{owner or self.id}:{resource}"

    def call(self, probe: str, operation: str, /, **parameters: Any) -> Answer:
        """Call Image Builder and record the request and the response. `operation` is the method of the client."""
        self.check()
        client = self.client("imagebuilder")
        try:
            response: dict[str, Any] = getattr(client, operation)(**parameters)
            error: dict[str, str] = {}
        except ClientError as refusal:
            response = refused = as_dict(refusal)
            error = refused["Error"]
        finally:
            client.close()
        about = response["ResponseMetadata"]
        self.recording.replace(about.get("RequestId", ""), recording.REQUEST_ID)
        output = {} if error else {name: value for name, value in response.items() if name != "ResponseMetadata"}
        answer = Answer(about["HTTPStatusCode"], error.get("Code"), error.get("Message"), output)
        self.recording.add(
            "call",
            probe=probe,
            service="imagebuilder",
            operation=client.meta.method_to_api_mapping[operation],
            parameters=parameters,
            status=answer.status,
            error={"code": answer.code, "message": answer.message} if error else None,
            output=output,
        )
        return answer

    def expect(self, probe: str, belief: str, seen: object, *, holds: bool) -> None:
        """Record whether a belief in docs/unverified.md holds, and the observation."""
        self.recording.add("finding", probe=probe, belief=belief, holds=holds, seen=seen)
        self.say(f"  {'holds' if holds else 'DOES NOT HOLD'}: {belief}")

    def unavailable(self, probe: str, what: str, why: str) -> None:
        """Record that a feature is not available here."""
        self.recording.add("not available here", probe=probe, what=what, why=why)
        self.say(f"  not available here: {what}: {why}")

    def lacks(self, probe: str, what: str) -> bool:
        """Return whether this is a local cloud without a feature, and record that."""
        if self.is_local:
            self.unavailable(probe, what, LACKING[what])
        return self.is_local

    def wait(self, is_done: Callable[[], bool], seconds: float) -> bool:
        """Poll until `is_done` returns true. Return False after the timeout."""
        deadline = time.monotonic() + seconds
        while not is_done():
            self.check()
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.2 if self.is_local else 10)
        return True


def open_account(
    environment: Mapping[str, str], session: Any, who: Caller, *, run: str, file: Path, say: Callable[[str], None]
) -> Account:
    """Start a run and its recording."""
    is_local = bool(environment.get("AWS_ENDPOINT_URL"))
    recorder = Recording(file, placeholders(who, run))
    recorder.add(
        "run",
        format=recording.FORMAT,
        place="local cloud" if is_local else "AWS",
        partition=who.partition,
        region=session.region_name,
        boto3=boto3.__version__,
        botocore=botocore.__version__,
    )
    return Account(session, who, run, recorder, is_local, say)


def log_group_names(account: Account, prefix: str) -> list[str]:
    """Return the names of all log groups that begin with a prefix."""
    pages = account.client("logs").get_paginator("describe_log_groups").paginate(logGroupNamePrefix=prefix)
    return [group["logGroupName"] for page in pages for group in page["logGroups"]]
