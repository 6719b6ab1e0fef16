"""What follows from the states of images: the counts of failures, and pipelines that are disabled for them.

Nothing runs in the background. Each request first settles the changes that its time has passed.
"""

from heapq import heappop, heappush

from imagebuilder_local.emulator.images import Change, Image
from imagebuilder_local.emulator.state import State

_FAILURES_WITHOUT_A_POLICY = 5
"""Failures in a row after which the service disables a pipeline (API reference of AutoDisablePolicy)."""


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
            if changes[image.settled].at <= now:
                image.settled += 1
                _settle(state, image, changes[image.settled - 1])
            if not image.is_settled:
                expect(state, image)


def _settle(state: State, image: Image, change: Change) -> None:
    pipeline = state.pipelines.get(image.pipeline[0]) if image.pipeline else None
    if pipeline is None or (pipeline["arn"], pipeline["dateCreated"]) != image.pipeline:
        return
    if change.status == "AVAILABLE":
        pipeline["consecutiveFailures"] = 0
    if change.status == "FAILED" and image.facts["buildType"] == "SCHEDULED":
        pipeline["consecutiveFailures"] += 1
        policy = pipeline.get("schedule", {}).get("autoDisablePolicy", {})
        if pipeline["consecutiveFailures"] >= policy.get("failureCount", _FAILURES_WITHOUT_A_POLICY):
            pipeline["status"] = "DISABLED"
