"""Builds as they stand: which states they have passed, and which follow."""

from typing import Any, NamedTuple

from imagebuilder_local.emulator.executions import made_by
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
    builds: dict[str, Builds] = {}
    for arn, pipeline in state.pipelines.items():
        images = made_by(state, pipeline)
        newest = [
            Progress(
                image.summary(now),
                [(change.status, timestamp(change.at)) for change in image.passed(now)],
                image.ahead(now),
            )
            for image in reversed(images[-most:])
        ]
        builds[arn] = Builds(newest, len(images) - len(newest))
    return builds
