"""What follows from the states of images: events, the counts of failures, and pipelines that are disabled for them.

Nothing runs in the background. Each request first settles the changes that its time has passed.
"""

from heapq import heappop, heappush
from typing import Any, Final

from imagebuilder_local.emulator.images import Image
from imagebuilder_local.emulator.state import ServiceEvent, State
from imagebuilder_model.events import AUTO_DISABLED, STATE_CHANGE

_FAILURES_WITHOUT_A_POLICY: Final = 5
"""Failures in a row after which the service disables a pipeline (API reference of AutoDisablePolicy)."""

_TOLD: Final = frozenset({"BUILDING", "TESTING", "DISTRIBUTING", "INTEGRATING", "AVAILABLE", "CANCELLED", "FAILED"})
"""The states that events have (user guide, EventBridge)."""


def expect(state: State, image: Image) -> None:
    """Settle the next change of an image when its time has come."""
    changes = image.changes()
    if image.settled < len(changes):
        heappush(state.expected, (changes[image.settled].at, next(state.order), image))


def settle(state: State) -> None:
    """Settle all changes up to now, in the order in which they happened."""
    now = state.clock()
    while state.expected and state.expected[0][0] <= now:
        image = heappop(state.expected)[-1]
        if not image.is_settled:
            changes = image.changes()
            # A build that was cancelled meanwhile has other changes than were expected.
            before, change = changes[image.settled - 1 : image.settled + 1]
            if change.at <= now:
                image.settled += 1
                _settle(state, image, before.status, change.status)
            if not image.is_settled:
                expect(state, image)


def _settle(state: State, image: Image, before: str, status: str) -> None:
    if status in _TOLD:
        detail = {"previous-state": {"status": before}, "state": {"status": status}}
        state.events.append(ServiceEvent(STATE_CHANGE, image.arn, detail))
    pipeline = state.pipelines.get(image.pipeline[0]) if image.pipeline else None
    if pipeline is None or (pipeline["arn"], pipeline["dateCreated"]) != image.pipeline:
        return
    if status == "AVAILABLE":
        pipeline["consecutiveFailures"] = 0
    if status == "FAILED" and image.facts["buildType"] == "SCHEDULED":
        _count_failure(state, pipeline)


def _count_failure(state: State, pipeline: dict[str, Any]) -> None:
    pipeline["consecutiveFailures"] += 1
    policy = pipeline.get("schedule", {}).get("autoDisablePolicy", {})
    limit = policy.get("failureCount", _FAILURES_WITHOUT_A_POLICY)
    if pipeline["consecutiveFailures"] >= limit and pipeline["status"] != "DISABLED":
        pipeline["status"] = "DISABLED"
        detail = {"consecutive-failures": str(pipeline["consecutiveFailures"])}
        state.events.append(ServiceEvent(AUTO_DISABLED, pipeline["arn"], detail))
