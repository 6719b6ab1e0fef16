"""Builds as they stand: which states they have passed, and which follow."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from imagebuilder_local.emulator.executions import made_by
from imagebuilder_local.emulator.images import Image
from imagebuilder_local.emulator.state import State, timestamp


class Progress(NamedTuple):
    """A build: its image as ListImagePipelineImages returns it, and its states in order.

    `passed` has each state up to now with its time in the format of the service, `ahead` the states that follow if
    nothing fails.
    """

    image: dict[str, Any]
    passed: list[tuple[str, str]]
    ahead: list[str]


class Builds(NamedTuple):
    """The newest builds of a pipeline, newest first, and the number of older ones."""

    newest: list[Progress]
    older: int


def newest_builds(state: State, most: int) -> dict[str, Builds]:
    """Return up to `most` of the newest builds of each pipeline, by its ARN."""
    now = state.clock()
    return {arn: _newest(made_by(state, pipeline), now, most) for arn, pipeline in state.pipelines.items()}


def newest_images(state: State, most: int) -> Builds:
    """Return up to `most` of the newest images without a pipeline, or whose pipeline was deleted."""
    shown = {image.arn for pipeline in state.pipelines.values() for image in made_by(state, pipeline)}
    others = sorted(
        (image for image in state.images.values() if image.arn not in shown), key=lambda one: one.started_at
    )
    return _newest(others, state.clock(), most)


def _newest(images: Sequence[Image], now: float, most: int) -> Builds:
    newest = [
        Progress(
            image.summary(now),
            [(change.status, timestamp(change.at)) for change in image.passed(now)],
            image.ahead(now),
        )
        for image in reversed(images[-most:])
    ]
    return Builds(newest, len(images) - len(newest))
