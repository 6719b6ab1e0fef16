"""Everything that the roles of builds are for, on the real path: from the first build to the removal of its image."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from botocore.exceptions import ClientError

from imagebuilder_model.ownership import IN_USE_TAG, WHAT_IS_BUILT_TAG
from support.guarded_builds import SECONDS_PER_STATE, GuardedBuilds


def first_failure(guarded: GuardedBuilds) -> str | None:
    """Live through everything that builds do; return what failed first, None when nothing did."""
    life = _Life(guarded)
    logged = len(guarded.log())
    for step in (
        life.builds,
        life.takes,
        life.is_too_slow,
        life.cancels,
        life.deletes_cancelled,
        life.removes,
        life.looks_up,
    ):
        failure = step()
        if failure is not None:
            return f"{step.__name__}: {failure}"
    # Nothing fails for want of a log: it is lost.
    return guarded.lost_since(logged)


class _Life:
    def __init__(self, guarded: GuardedBuilds) -> None:
        self._guarded = guarded
        self._run = uuid4().hex[:8]
        self._first = guarded.build(f"First{self._run}")
        self._second = guarded.build(f"Second{self._run}")

    def builds(self) -> str | None:
        return _failure(self._first.create(**self._properties()))

    def takes(self) -> str | None:
        """Send the Create of a stack that was rolled back meanwhile: the image is there, and no longer in use."""
        image = self._first.physical_id or ""
        self._guarded.root.untag_resource(resourceArn=image, tagKeys=[IN_USE_TAG])
        return (
            _failure(self._first.create(**self._properties()))
            or _unless(self._first.physical_id == image)
            or (None if IN_USE_TAG in self._guarded.tags(image) else "it is not marked as in use")
        )

    def is_too_slow(self) -> str | None:
        failure: str | None = None
        for attempt in range(6):
            before = self._guarded.refusals()
            failure = self._is_too_slow(f"2.{attempt}")
            # On a busy machine the short build ends before it is looked at or cancelled. A refusal is not that.
            if failure is None or self._guarded.refusals() - before:
                break
        return failure

    def _is_too_slow(self, trigger: str) -> str | None:
        # The wait of an event that was sent so long ago is over at the first look.
        sent = datetime.now(UTC) - timedelta(seconds=20)
        wanted = self._properties(trigger, WaitSeconds=1, TimeoutSeconds=1)
        answer = self._first.send(self._first.event("Update", wanted, sent))
        if not answer.get("Reason", "").startswith("BuildNotInTime: "):
            return _failure(answer) or "it was in time"
        return self._is_cancelled(self._guarded.newest_image())

    def cancels(self) -> str | None:
        return (
            _failure(self._second.create(**self._properties("3", WaitSeconds=0)))
            or _failure(self._second.delete())
            or self._is_cancelled(self._second.physical_id or "")
        )

    def deletes_cancelled(self) -> str | None:
        return _failure(self._second.delete()) or self._is_gone(self._second.physical_id or "")

    def looks_up(self) -> str | None:
        newest = self._guarded.build(f"Newest{self._run}", resource_type="ImagePipelineImage")
        recipe = self._guarded.outputs["ElsewhereRecipeArn"]
        image_arn = f"{recipe.rpartition('/')[0].replace(':image-recipe/', ':image/')}/x.x.x"
        return _failure(newest.create(ImageArn=image_arn, WaitSeconds=0))

    def removes(self) -> str | None:
        arn = self._first.physical_id or ""
        return (
            _failure(self._first.delete())
            or self._has_no_trigger(arn)
            or _becomes(lambda: self._guarded.status(arn), "DELETED")
        )

    def _properties(self, trigger: str = "1", **changes: Any) -> dict[str, Any]:
        return {
            "PipelineArn": self._guarded.outputs["PipelineArn"],
            "Trigger": f"{self._run} {trigger}",
            "WatcherArn": self._guarded.watcher_arn,
            "WaitSeconds": 30,
            "OnDelete": "DELETE",
            "LifecycleRoleArn": self._guarded.lifecycle_role_arn,
        } | changes

    def _is_cancelled(self, arn: str) -> str | None:
        # The next deployment of what it is built for would take it for its own.
        return self._has_no_trigger(arn) or _becomes(lambda: self._guarded.ended(arn), "CANCELLED")

    def _has_no_trigger(self, arn: str) -> str | None:
        return "its trigger is still there" if WHAT_IS_BUILT_TAG in self._guarded.tags(arn) else None

    def _is_gone(self, arn: str) -> str | None:
        try:
            return f"the image is {self._guarded.status(arn)}"
        except ClientError:
            return None


def _failure(answer: dict[str, Any]) -> str | None:
    return None if answer["Status"] == "SUCCESS" else str(answer["Reason"])


def _unless(condition: bool) -> str | None:
    return None if condition else "another image was built"


def _becomes(state: Callable[[], str], wanted: str) -> str | None:
    deadline = time.monotonic() + 5
    while (got := state()) != wanted:
        if time.monotonic() > deadline:
            return f"the image is {got}"
        time.sleep(SECONDS_PER_STATE / 5)
    return None
