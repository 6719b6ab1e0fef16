"""Images, the results of builds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from imagebuilder_model import load_model

_STATES: Final = ("PENDING", "CREATING", "BUILDING", "TESTING", "DISTRIBUTING", "INTEGRATING", "AVAILABLE")
RUNNING: Final = frozenset(_STATES) - {"AVAILABLE"}
"""The states of a build that has not ended."""

_WITH_OUTPUT: Final = frozenset({"AVAILABLE", "DEPRECATED", "DISABLED"})
"""The states in which everything exists that the build created."""


class Change(NamedTuple):
    """A state that an image enters, and the time, in seconds since the epoch."""

    at: float
    status: str


class LifecycleExecution(NamedTuple):
    """A change of an image that takes time, from its start to its end in seconds since the epoch."""

    number: str
    image_arn: str
    started_at: float
    ends_at: float


class Failure(NamedTuple):
    """The end of a build that fails in a state: the reason, its context, and what was created by then."""

    status: str
    reason: str
    context: Mapping[str, Any]
    output: Mapping[str, Any] = {}


@dataclass
class Image:
    """One build. Its state is computed from the time since its start, so nothing runs in the background.

    `facts` has the members of GetImage that a build never changes. A build enters its next state every
    `seconds_per_state`; 0 ends it at once. `pipeline` is the ARN and the date of creation of the pipeline that started
    it, None for an image without a pipeline. `moves` are the changes of its state by lifecycle actions, `marks` the
    other members of GetImage that these set. `settled` is the number of changes whose consequences are settled.
    """

    arn: str
    facts: Mapping[str, Any]
    started_at: float
    seconds_per_state: float
    output: Mapping[str, Any]
    pipeline: tuple[str, str] | None = None
    tags: dict[str, str] = field(default_factory=dict[str, str])
    failure: Failure | None = None
    cancelled_at: float | None = None
    moves: list[Change] = field(default_factory=list[Change])
    marks: dict[str, Any] = field(default_factory=dict[str, Any])
    settled: int = 1

    def changes(self) -> list[Change]:
        """Return all states in order, past and future.

        Builds without tests skip TESTING. A build that is cancelled stays in its state until it has stopped, which
        takes as long as a state: "Cancellation is asynchronous" (API reference of CancelImageCreation).
        """
        changes = self._build()
        if self.cancelled_at is not None:
            stopped = Change(self.cancelled_at + self.seconds_per_state, "CANCELLED")
            changes = [change for change in changes if change.at <= self.cancelled_at] + [stopped]
        return changes + self.moves

    def passed(self, now: float) -> list[Change]:
        """Return the states up to a time, in order. The last is the state at that time."""
        changes = self.changes()
        return [change for change in changes if change.at <= now] or changes[:1]

    def ahead(self, now: float) -> list[str]:
        """Return the states that follow if nothing more happens to the build: none after its end."""
        status = self.status(now)
        if status not in RUNNING:
            return []
        if self.cancelled_at is not None:
            return ["CANCELLED"]
        states = self._states()
        return states[states.index(status) + 1 :]

    def _states(self) -> list[str]:
        """Return the states of a build that succeeds."""
        tested = self.facts["imageTestsConfiguration"]["imageTestsEnabled"]
        return [state for state in _STATES if tested or state != "TESTING"]

    def _build(self) -> list[Change]:
        states = self._states()
        if self.failure:
            states = [*states[: states.index(self.failure.status) + 1], "FAILED"]
        return [Change(self.started_at + index * self.seconds_per_state, state) for index, state in enumerate(states)]

    def status(self, now: float) -> str:
        """Return the state at a time."""
        changes = self.changes()
        return next((change.status for change in reversed(changes) if change.at <= now), changes[0].status)

    @property
    def is_settled(self) -> bool:
        """Whether the consequences of all changes up to the end of the build are settled."""
        changes = self.changes()
        return self.settled >= len(changes) or changes[self.settled - 1].status not in RUNNING

    def is_running(self, now: float) -> bool:
        """Return whether the build has not ended at a time."""
        return self.status(now) in RUNNING

    def shown(self, now: float) -> dict[str, Any]:
        """Return the image as GetImage returns it."""
        status = self.status(now)
        return (
            dict(self.facts)
            | self.marks
            | {
                "state": self._state(status),
                "outputResources": dict(self._output(status)),
                "tags": dict(self.tags),
            }
        )

    def summary(self, now: float) -> dict[str, Any]:
        """Return the image as ListImagePipelineImages returns it."""
        image = self.shown(now) | {"owner": self.arn.split(":")[4]}
        return {name: value for name, value in image.items() if name in load_model().shapes["ImageSummary"].members}

    def _state(self, status: str) -> dict[str, Any]:
        if status != "FAILED" or self.failure is None:
            return {"status": status}
        return {"status": status, "reason": self.failure.reason, "failureContext": dict(self.failure.context)}

    def _output(self, status: str) -> Mapping[str, Any]:
        if status in _WITH_OUTPUT:
            return self.output
        # The service lists no AMI before (example of get-image in the AWS CLI's reference).
        nothing: Mapping[str, Any] = {"amis": []} if self.facts["type"] == "AMI" else {}
        return (self.failure.output if status == "FAILED" and self.failure else {}) or nothing
