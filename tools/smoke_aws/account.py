"""The account that a run is in, and everything that a probe needs of it."""

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
"""The tag of everything that a run makes; its value is the run's id."""

LACKING: Final = {
    "cloudtrail": "the local cloud keeps no trail",
    "events of a clean-up": "the local cloud tells nothing of what it deletes after an update",
    "key policies": "the local cloud asks the keys of log groups, and not those of queues",
    "managed policies": "the local cloud takes the name of any policy of AWS",
    "network interfaces": "the local cloud has none of functions",
    "propagation": "the local cloud's policies work at once",
    "builds": "the local cloud builds no images and sends no events",
}
"""What cannot be looked at where AWS_ENDPOINT_URL leads to a local cloud."""


class Answer(NamedTuple):
    """What the service responded: an output, or an error's code and message."""

    status: int
    code: str | None
    message: str | None
    output: dict[str, Any]


def as_dict(refusal: ClientError) -> dict[str, Any]:
    """Return the response of an error. What botocore declares as optional is there in what a service sent."""
    return dict(refusal.response)


def code_of(refusal: ClientError) -> str:
    """Return the code of an error."""
    return str(as_dict(refusal)["Error"]["Code"])


def new_run() -> str:
    """Return the id of a new run."""
    return secrets.token_hex(4)


class Caller(NamedTuple):
    """Whose credentials these are."""

    account: str
    partition: str
    arn: str
    user_id: str


def caller(session: Any) -> Caller:
    """Ask AWS whose credentials a session has."""
    found = session.client("sts").get_caller_identity()
    return Caller(found["Account"], found["Arn"].split(":")[1], found["Arn"], found["UserId"])


def placeholders(who: Caller, run: str) -> dict[str, str]:
    """Return what may not stand in a recording, and what stands there instead."""
    resource = who.arn.split(":", 5)[5]
    names = {resource: recording.CALLER} if "/" in resource else {}
    # The account comes last: a root user's id is the account's.
    return names | {who.user_id: "AIDAEXAMPLE", run: recording.RUN, who.account: recording.ACCOUNT}


@dataclass
class Account:
    """An account and Region, a run's id, and the recording of the run."""

    session: Any
    who: Caller
    run: str
    recording: Recording
    is_local: bool
    say: Callable[[str], None]
    check: Callable[[], None] = lambda: None
    """Raises KeyboardInterrupt after an interrupt: asked before each call, and while something is waited for."""
    functions: list[str] = field(default_factory=list[str])
    """The functions of the run's stacks, for which the trail is asked."""

    @property
    def id(self) -> str:
        """The account's id."""
        return self.who.account

    @property
    def region(self) -> str:
        """The Region's name."""
        return str(self.session.region_name)

    @property
    def prefix(self) -> str:
        """What every name begins with."""
        return f"smoke-{self.run}"

    @property
    def tags(self) -> dict[str, str]:
        """The tags of everything that is made."""
        return {RUN_TAG: self.run}

    def client(self, service: str) -> Any:
        """Return a client. Its retries are the SDK's own, but an Image Builder token is always given by the probe."""
        # The legacy mode repeats what Image Builder throttles; the others do not.
        return self.session.client(service, config=Config(retries={"mode": "legacy", "total_max_attempts": 10}))

    def arn(self, resource: str, owner: str | None = None) -> str:
        """Return the ARN of something of Image Builder, here or of another owner."""
        return f"arn:{self.who.partition}:imagebuilder:{self.region}:{owner or self.id}:{resource}"

    def call(self, probe: str, operation: str, /, **parameters: Any) -> Answer:
        """Call Image Builder and record what was sent and what came back. `operation` is the client's method."""
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
        """Record whether a belief of docs/unverified.md holds, and what was seen."""
        self.recording.add("finding", probe=probe, belief=belief, holds=holds, seen=seen)
        self.say(f"  {'holds' if holds else 'DOES NOT HOLD'}: {belief}")

    def unavailable(self, probe: str, what: str, why: str) -> None:
        """Record that something cannot be looked at here."""
        self.recording.add("not available here", probe=probe, what=what, why=why)
        self.say(f"  not available here: {what}: {why}")

    def lacks(self, probe: str, what: str) -> bool:
        """Tell, and record, whether this is a local cloud that lacks something."""
        if self.is_local:
            self.unavailable(probe, what, LACKING[what])
        return self.is_local

    def wait(self, is_done: Callable[[], bool], seconds: float) -> bool:
        """Look again and again until something is done; False when it is not after so many seconds."""
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
    """Begin a run, and its recording."""
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
