"""The properties of a build and of an image, as values."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from imagebuilder_model.builds import BUILD, IMAGE, LONGEST_WAIT, RETAIN, read
from imagebuilder_pipeline_handler.imagebuilder.invalid import PropertiesError

_FRAME: Final = frozenset({"ServiceToken", "ServiceTimeout"})


@dataclass(frozen=True)
class Wait:
    """How long this resource waits for an image, as one part of a longer wait or as its last."""

    seconds: int
    """0 to 3,300. 0 does not wait."""
    timeout: int
    """Seconds of all parts together."""
    is_last: bool
    watcher: str
    """The ARN of the state machine that waits."""


@dataclass(frozen=True)
class Build:
    """The build that a template describes."""

    pipeline_arn: str
    trigger: str
    tags: Mapping[str, str]
    wait: Wait


@dataclass(frozen=True)
class Image:
    """The image that a template waits for or looks up."""

    arn: str
    trigger: str
    """Empty when the template has none."""
    wait: Wait


def build_of(properties: Mapping[str, Any]) -> Build:
    """Return the build that properties describe. PropertiesError, with every problem, when they are wrong."""
    request = _read(BUILD, properties)
    return Build(request["pipelineArn"], request["trigger"], request.get("imageTags", {}), _wait(request))


def image_of(properties: Mapping[str, Any]) -> Image:
    """Return the image that properties describe. PropertiesError, with every problem, when they are wrong."""
    request = _read(IMAGE, properties)
    return Image(request["imageArn"], request.get("trigger", ""), _wait(request))


def string_of(properties: Mapping[str, Any], member: str, shape: str = BUILD) -> str:
    """Return a property that may be wrong or missing, and is empty then: of a Delete, or of old ones.

    `shape` is BUILD or IMAGE. Default: BUILD.
    """
    value = read(shape, _of_template(properties))[0].get(member)
    return value if isinstance(value, str) else ""


def on_delete_of(properties: Mapping[str, Any]) -> str:
    """Return what a Delete does to the image: RETAIN unless the properties say something else."""
    return string_of(properties, "onDelete") or RETAIN


def _read(name: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    request, problems = read(name, _of_template(properties))
    if problems:
        raise PropertiesError(problems)
    return request


def _of_template(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in properties.items() if name not in _FRAME}


def _wait(request: Mapping[str, Any]) -> Wait:
    seconds = request.get("waitSeconds", LONGEST_WAIT)
    timeout = request.get("timeoutSeconds", seconds)
    return Wait(seconds, timeout, request.get("isLast", True), request.get("watcherArn", ""))
