"""The builds of pipelines for the page: their states, and the resources that started them."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from imagebuilder_local.emulator import Builds, Progress
from imagebuilder_local.page.records import Event
from imagebuilder_model.ownership import LOGICAL_ID_TAG, STACK_ID_TAG, WHAT_IS_BUILT_TAG

MOST_IMAGES: Final = 20
"""The number of images without a pipeline that the page shows."""

_MOST_OF_ALL: Final = 200
_MOST_OF_ONE: Final = 10


def builds_shown(pipelines: int) -> int:
    """Return how many builds of each pipeline the page shows: 10, or fewer so that all are about 200."""
    return max(1, min(_MOST_OF_ONE, _MOST_OF_ALL // max(1, pipelines)))


Naming = Callable[[str, str, str], str]
"""Returns the name of a resource for the page, of the ARN and name of its stack and its logical id."""


def newest_of(several: Iterable[Builds], most: int) -> Builds:
    """Return the newest of several lists of builds."""
    lists = list(several)
    found = sorted((build for one in lists for build in one.newest), key=_created, reverse=True)
    return Builds(found[:most], sum(one.older for one in lists) + len(found[most:]))


def _created(build: Progress) -> str:
    return str(build.image["dateCreated"])


def executions(builds: Builds, naming: Naming) -> dict[str, Any]:
    """Return the newest builds of a pipeline, and the number of those that are not shown."""
    return {"executions": [_execution(build, naming) for build in builds.newest], "olderExecutions": builds.older}


def _execution(build: Progress, naming: Naming) -> dict[str, Any]:
    return build.image | {
        "states": [{"status": status, "at": at} for status, at in build.passed],
        "ahead": build.ahead,
        "builtBy": _built_by(build.image.get("tags", {}), naming),
    }


def _built_by(tags: Mapping[str, str], naming: Naming) -> dict[str, Any] | None:
    """Return the resource that an image's tags name as its owner, None if it has none."""
    if STACK_ID_TAG not in tags or LOGICAL_ID_TAG not in tags:
        return None
    stack_id = tags[STACK_ID_TAG]
    parts = stack_id.split("/")  # arn:…:stack/NAME/ID
    stack = parts[1] if len(parts) > 1 else stack_id
    return {
        "stack": stack,
        "stackId": stack_id,
        "logicalId": tags[LOGICAL_ID_TAG],
        "name": naming(stack_id, stack, tags[LOGICAL_ID_TAG]),
        "trigger": tags.get(WHAT_IS_BUILT_TAG),
    }


def awaited(event: Event, builds: Iterable[Progress]) -> str | None:
    """Return the ARN of the image that an event waits for, None if it is not known.

    An image resource names it. That of a build resource is the newest with the resource's tags and Trigger.
    """
    named = event.properties.get("ImageArn")
    if isinstance(named, str):
        return named
    wanted = {
        STACK_ID_TAG: event.stack_id,
        LOGICAL_ID_TAG: event.logical_id,
        WHAT_IS_BUILT_TAG: event.properties.get("Trigger"),
    }
    found = (build.image for build in builds if wanted.items() <= build.image.get("tags", {}).items())
    image = max(found, key=lambda image: str(image["dateCreated"]), default=None)
    return None if image is None else str(image["arn"])
