"""CloudFormation, as far as a custom resource sees it: stacks, what an operation sends, and which answers it honours.

An update sends Creates and Updates side by side; when all succeed it deletes what was replaced or removed, and when one
does not it sends every Update again with the properties swapped and deletes what was made. The first answer counts; the
rest are never read. Without one the event fails after its ServiceTimeout. A Delete while cleaning up is tried three
times and then given up; elsewhere it leaves the stack as it is.

One thing is simpler than in AWS: the next event of a resource waits until every delivery of the one before has ended,
but for the Delete of a Create that is cancelled. A delivery that outlives its event cannot be told from one in time.
"""

from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

from support.cloudformation import FUNCTION_ARN, as_cloudformation_sends, signature
from support.function import Function, Plan, Request
from support.simulation import Simulation

Properties = dict[str, Any]
Template = dict[str, Properties]

SERVICE_TIMEOUT: Final = 1080
_TRIES_OF_A_CLEANUP: Final = 3
_SECONDS_BETWEEN_TRIES: Final = 30.0


@dataclass
class Member:
    """A resource that a stack has."""

    properties: Properties
    physical_id: str


@dataclass
class Attempt:
    """What an operation did to one resource."""

    logical_id: str
    properties: Properties
    before: Member | None
    physical_id: str = ""
    has_succeeded: bool = False


@dataclass
class Leftover:
    """What a cleanup deletes."""

    logical_id: str
    physical_id: str
    properties: Properties


@dataclass
class CloudFormation:
    """What the stacks of an account share. The next events take the plans that wait, in order."""

    simulation: Simulation
    function: Function
    figures: Counter[str]
    service_timeout: int = SERVICE_TIMEOUT
    """Seconds for which it waits for an answer."""
    plans: deque[Plan] = field(default_factory=deque[Plan])
    requests: list[Request] = field(default_factory=list[Request])

    def side_by_side(self, jobs: Sequence[Callable[[], None]]) -> None:
        """Run all, and return when the last has ended."""
        open_jobs = [len(jobs)]

        def run(job: Callable[[], None]) -> None:
            job()
            open_jobs[0] -= 1

        for job in jobs:
            self.simulation.spawn(partial(run, job))
        self.simulation.wait(lambda: open_jobs[0] == 0)

    def send(self, event: dict[str, Any], patience: float | None = None) -> dict[str, Any] | None:
        """Send an event and return the answer that counts, None when none came in time, or in `patience` seconds."""
        request_id = str(UUID(int=self.simulation.random.getrandbits(128), version=4))
        key = quote(f"{event['StackId']}|{event['LogicalResourceId']}|{request_id}", safe="")
        bucket = "https://cloudformation-custom-resource-response-useast1.s3.amazonaws.com"
        url = f"{bucket}/{key}?X-Amz-Signature=5ecre7{signature(datetime.fromtimestamp(self.simulation.now, UTC))}"
        plan = self.plans.popleft() if self.plans else Plan()
        request = Request(event | {"RequestId": request_id, "ResponseURL": url}, plan)
        self.requests.append(request)
        self.figures["events"] += 1
        self.figures[f"events: {event['RequestType']}"] += 1
        self.function.invoke(request)
        self.simulation.wait(lambda: request.honoured is not None, patience or self.service_timeout)
        request.is_given_up = True
        request.was_cancelled = patience is not None and request.honoured is None
        if patience is None:
            self.simulation.wait(lambda: request.running == 0)
        return request.honoured


class Stack:
    """One stack. Its operations run as tasks of the simulation."""

    def __init__(self, cloudformation: CloudFormation, name: str) -> None:
        self.id = f"arn:aws:cloudformation:us-east-1:000000000000:stack/{name}/6f2d1c3e-0000-4000-8000-{hash_of(name)}"
        self.name = name
        self.members: dict[str, Member] = {}
        self.is_stable = True
        """Whether what it has is what its template says: not after a rollback or a deletion that failed."""
        self.given_up: set[str] = set()
        """Physical ids whose Delete failed while cleaning up: CloudFormation leaves them to the user."""
        self.is_rolling_back = False
        """Whether a rollback failed, and can be continued."""
        self._cloudformation = cloudformation
        self._simulation = cloudformation.simulation
        self._unrestored: list[Attempt] = []
        self._leftovers: list[Leftover] = []

    @property
    def waiting_plans(self) -> deque[Plan]:
        """What goes wrong with the next events, in order."""
        return self._cloudformation.plans

    def template(self) -> Template:
        return {logical_id: member.properties for logical_id, member in self.members.items()}

    def deploy(self, template: Template) -> bool:
        """Bring the stack to a template; False when it was rolled back, or that failed too."""
        attempts = self._attempts(template)
        if not all(attempt.has_succeeded for attempt in attempts):
            self._roll_back(attempts)
            return False
        leftovers = [
            Leftover(logical_id, member.physical_id, member.properties)
            for logical_id, member in self.members.items()
            if logical_id not in template
        ]
        for attempt in attempts:
            if attempt.before is not None and attempt.before.physical_id != attempt.physical_id:
                leftovers.append(Leftover(attempt.logical_id, attempt.before.physical_id, attempt.before.properties))
            self.members[attempt.logical_id] = Member(attempt.properties, attempt.physical_id)
        self.members = {logical_id: self.members[logical_id] for logical_id in template}
        self._clean_up(leftovers)
        return True

    def continue_rollback(self) -> bool:
        """Do once more what a rollback could not do."""
        self._roll_back(self._unrestored, self._leftovers)
        return self.is_stable

    def delete(self) -> bool:
        """Delete everything; False when something could not be deleted, and then it can be tried again."""
        doomed = [Leftover(name, member.physical_id, member.properties) for name, member in self.members.items()]
        doomed += [
            Leftover(attempt.logical_id, attempt.physical_id, attempt.properties)
            for attempt in self._unrestored
            if attempt.before is not None and attempt.physical_id not in {"", attempt.before.physical_id}
        ]
        doomed += self._leftovers
        deleted: list[Leftover] = []
        self._side_by_side([partial(self._delete_into, leftover, deleted) for leftover in doomed])
        gone = {(leftover.logical_id, leftover.physical_id) for leftover in deleted}
        self.members = {name: member for name, member in self.members.items() if (name, member.physical_id) not in gone}
        self._leftovers = [
            leftover for leftover in doomed if leftover not in deleted and leftover.logical_id not in self.members
        ]
        self._unrestored, self.is_rolling_back = [], False
        self.is_stable = len(deleted) == len(doomed)
        return self.is_stable

    def create_and_cancel(self, logical_id: str, properties: Properties, patience: float) -> None:
        """Begin to create a resource, and delete it after some seconds, whether that has ended or not."""
        answer = self._cloudformation.send(self._event("Create", logical_id, properties), patience)
        physical_id = answer["PhysicalResourceId"] if answer else self._invented_id(logical_id)
        self._clean_up([Leftover(logical_id, physical_id, properties)])

    def _attempts(self, template: Template) -> list[Attempt]:
        """Try to give the stack's resources these properties."""
        attempts = [
            Attempt(logical_id, properties, self.members.get(logical_id))
            for logical_id, properties in template.items()
            if logical_id not in self.members or self.members[logical_id].properties != properties
        ]
        self._side_by_side([partial(self._attempt, attempt) for attempt in attempts])
        return attempts

    def _attempt(self, attempt: Attempt) -> None:
        if attempt.before is None:
            answer = self._send("Create", attempt.logical_id, attempt.properties)
            # CloudFormation makes up an id when it hears none, and deletes that.
            attempt.physical_id = answer["PhysicalResourceId"] if answer else self._invented_id(attempt.logical_id)
        else:
            answer = self._update(attempt.logical_id, attempt.before, attempt.properties)
            attempt.physical_id = attempt.before.physical_id
        attempt.has_succeeded = answer is not None and answer["Status"] == "SUCCESS"
        if answer is not None and attempt.has_succeeded:
            attempt.physical_id = answer["PhysicalResourceId"]

    def _roll_back(self, attempts: Sequence[Attempt], leftovers: Sequence[Leftover] = ()) -> None:
        self._unrestored, self._leftovers = [], list(leftovers)
        updates = [attempt for attempt in attempts if attempt.before is not None]
        self._restore_all(updates)
        self._leftovers += [
            Leftover(attempt.logical_id, attempt.physical_id, attempt.properties)
            for attempt in attempts
            if attempt.before is None
        ]
        self.is_stable, self.is_rolling_back = not self._unrestored, bool(self._unrestored)
        if self.is_stable:
            doomed, self._leftovers = self._leftovers, []
            self._clean_up(doomed)

    def _restore_all(self, attempts: Sequence[Attempt]) -> None:
        self._side_by_side([partial(self._restore, attempt) for attempt in attempts])

    def _restore(self, attempt: Attempt) -> None:
        """Send the Update of a rollback: the properties swapped, and the id that the resource has now."""
        assert attempt.before is not None
        now = Member(attempt.properties, attempt.physical_id)
        answer = self._update(attempt.logical_id, now, attempt.before.properties)
        if answer is None or answer["Status"] != "SUCCESS":
            self._unrestored.append(attempt)
            return
        restored = answer["PhysicalResourceId"]
        if restored != attempt.physical_id:
            self._leftovers.append(Leftover(attempt.logical_id, attempt.physical_id, attempt.properties))
        self.members[attempt.logical_id] = Member(attempt.before.properties, restored)

    def _clean_up(self, leftovers: Sequence[Leftover]) -> None:
        self._side_by_side([partial(self._delete_or_give_up, leftover) for leftover in leftovers])

    def _delete_or_give_up(self, leftover: Leftover) -> None:
        for _ in range(_TRIES_OF_A_CLEANUP):
            if self._delete(leftover):
                return
            self._simulation.sleep(_SECONDS_BETWEEN_TRIES)
        self.given_up.add(leftover.physical_id)

    def _delete_into(self, leftover: Leftover, deleted: list[Leftover]) -> None:
        if self._delete(leftover):
            deleted.append(leftover)

    def _delete(self, leftover: Leftover) -> bool:
        answer = self._send("Delete", leftover.logical_id, leftover.properties, PhysicalResourceId=leftover.physical_id)
        return answer is not None and answer["Status"] == "SUCCESS"

    def _update(self, logical_id: str, now: Member, properties: Properties) -> dict[str, Any] | None:
        old = as_cloudformation_sends(self._given() | now.properties)
        return self._send(
            "Update", logical_id, properties, PhysicalResourceId=now.physical_id, OldResourceProperties=old
        )

    def _send(self, kind: str, logical_id: str, properties: Properties, **more: Any) -> dict[str, Any] | None:
        return self._cloudformation.send(self._event(kind, logical_id, properties) | more)

    def _event(self, kind: str, logical_id: str, properties: Properties) -> dict[str, Any]:
        return {
            "RequestType": kind,
            "StackId": self.id,
            "ResourceType": self._resource_type(properties),
            "LogicalResourceId": logical_id,
            "ResourceProperties": as_cloudformation_sends(self._given() | properties),
        }

    def _resource_type(self, _properties: Properties) -> str:
        return "Custom::ImagePipeline"

    def _given(self) -> Properties:
        return {"ServiceToken": FUNCTION_ARN, "ServiceTimeout": self._cloudformation.service_timeout}

    def _side_by_side(self, jobs: Sequence[Callable[[], None]]) -> None:
        self._cloudformation.side_by_side(jobs)

    def _invented_id(self, logical_id: str) -> str:
        alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
        return f"{self.name}-{logical_id}-{''.join(self._simulation.random.choices(alphabet, k=12))}"


def hash_of(name: str) -> str:
    """Return twelve hexadecimal digits of a name, for a stack's id."""
    return name.encode().hex().ljust(12, "0")[:12]
