"""The properties of a build and of an image, as values."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from imagebuilder_model import MapKey, Problem, check, described, load_model, nearest
from imagebuilder_model.ownership import WHAT_IS_BUILT_TAG, is_owner_tag
from imagebuilder_model.spelling import as_boolean
from imagebuilder_pipeline_handler.imagebuilder.invalid import PropertiesError

RETAIN: Final = "RETAIN"
DELETE: Final = "DELETE"

LONGEST_WAIT: Final = 3300
"""Seconds: CloudFormation waits an hour for one resource, and the function may need five minutes of it."""

LONGEST_TIMEOUT: Final = 43_200
"""Seconds: half a day, as long as CloudFormation's own resource type waits for an image."""

_MOST_CHARACTERS: Final = load_model().shapes["TagValue"].maximum or 0
"""Of a Trigger, which is the value of a tag."""

_OWN_TAGS: Final = 3

_FRAME: Final = ("ServiceToken", "ServiceTimeout")
_OF_WAIT: Final = ("WaitSeconds", "TimeoutSeconds", "IsLast", "WatcherArn")
_OF_BUILD: Final = ("PipelineArn", "Trigger", "ImageTags", "OnDelete", "LifecycleRoleArn", *_OF_WAIT)
_OF_IMAGE: Final = ("ImageArn", *_OF_WAIT)

_MACHINE: Final = re.compile(r"arn:[^:]+:states:[^:]+:[0-9]{12}:stateMachine:[^:]{1,80}")


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
    on_delete: str
    lifecycle_role: str
    wait: Wait


@dataclass(frozen=True)
class Image:
    """The image that a template waits for or looks up."""

    arn: str
    wait: Wait


def build_of(properties: Mapping[str, Any]) -> Build:
    """Return the build that properties describe. PropertiesError, with every problem, when they are wrong."""
    reader = _Reader(properties)
    build = Build(
        pipeline_arn=reader.string("PipelineArn"),
        trigger=reader.string("Trigger", most=_MOST_CHARACTERS),
        tags=reader.tags("ImageTags"),
        on_delete=reader.choice("OnDelete", RETAIN, DELETE),
        lifecycle_role=reader.string("LifecycleRoleArn", is_required=False),
        wait=reader.wait(),
    )
    if build.on_delete == DELETE and not build.lifecycle_role:
        reader.problems.append(Problem(("LifecycleRoleArn",), "is missing: OnDelete DELETE needs it"))
    asked = {"imagePipelineArn": build.pipeline_arn, "tags": dict(build.tags)}
    reader.check("StartImagePipelineExecution", asked, imagePipelineArn="PipelineArn", tags="ImageTags")
    reader.check("StartResourceStateUpdate", {"executionRole": build.lifecycle_role}, executionRole="LifecycleRoleArn")
    reader.end(_OF_BUILD)
    return build


def image_of(properties: Mapping[str, Any]) -> Image:
    """Return the image that properties describe. PropertiesError, with every problem, when they are wrong."""
    reader = _Reader(properties)
    image = Image(reader.string("ImageArn"), reader.wait())
    reader.check("GetImage", {"imageBuildVersionArn": image.arn}, imageBuildVersionArn="ImageArn")
    reader.end(_OF_IMAGE)
    return image


def string_of(properties: Mapping[str, Any], name: str) -> str:
    """Return a property that may be wrong or missing, which is empty then: of a Delete, or of the old properties."""
    value = properties.get(name)
    return value if isinstance(value, str) else ""


class _Reader:
    """Reads properties, which CloudFormation sends as strings, and collects every problem."""

    def __init__(self, properties: Mapping[str, Any]) -> None:
        self.problems: list[Problem] = []
        self._properties = properties

    def string(self, name: str, *, is_required: bool = True, most: int | None = None) -> str:
        value: object = self._properties.get(name, "")
        if not isinstance(value, str):
            self._report(name, f"must be a string: got {described(value)}")
            return ""
        if not value and is_required:
            self._report(name, "is missing")
        if most is not None and len(value) > most:
            self._report(name, f"is too long: got {len(value)} characters, allowed 1 to {most}")
        return value

    def choice(self, name: str, *allowed: str) -> str:
        """Return one of the allowed values, the first by default."""
        value: object = self._properties.get(name, allowed[0])
        known = next((one for one in allowed if one.lower() == str(value).lower()), None)
        if known is None:
            self._report(name, f"must be one of {', '.join(allowed)}: got {described(value)}")
        return known or allowed[0]

    def number(self, name: str, least: int, most: int, default: int) -> int:
        value = self._properties.get(name, default)
        if not re.fullmatch(r"[+-]?[0-9]{1,18}", str(value)):
            self._report(name, f"must be a whole number: got {described(value)}")
            return default
        if not least <= int(value) <= most:
            fault = "small" if int(value) < least else "large"
            self._report(name, f"is too {fault}: got {int(value)}, allowed {least} to {most}")
        return int(value)

    def boolean(self, name: str, *, default: bool) -> bool:
        value = as_boolean(self._properties.get(name, default))
        if not isinstance(value, bool):
            self._report(name, f"must be true or false: got {described(value)}")
            return default
        return value

    def tags(self, name: str) -> Mapping[str, str]:
        tags = self._properties.get(name, {})
        if not isinstance(tags, Mapping):
            self._report(name, f"must be an object: got {described(tags)}")
            return {}
        most = (load_model().shapes["TagMap"].maximum or 0) - _OWN_TAGS
        if len(tags) > most:
            allowed = f"allowed {most}, because the resource adds {_OWN_TAGS}"
            self._report(name, f"is too large: got {len(tags)} entries, {allowed}")
        for key in tags:
            if is_owner_tag(str(key)) or str(key).lower() == WHAT_IS_BUILT_TAG:
                self.problems.append(Problem((name, MapKey(key)), "is set by the resource itself: remove it"))
        return tags

    def wait(self) -> Wait:
        seconds = self.number("WaitSeconds", 0, LONGEST_WAIT, LONGEST_WAIT)
        watcher = self.string("WatcherArn", is_required=seconds != 0)
        if watcher and not _MACHINE.fullmatch(watcher):
            example = "arn:aws:states:eu-west-1:111122223333:stateMachine:Watcher"
            self._report("WatcherArn", f"is not the ARN of a state machine: got {watcher!r}, one is {example}")
        return Wait(
            seconds,
            self.number("TimeoutSeconds", 0, LONGEST_TIMEOUT, seconds),
            self.boolean("IsLast", default=True),
            watcher,
        )

    def check(self, operation: str, request: Mapping[str, Any], **names: str) -> None:
        """Report what the service's model says of these members, under the names that they have here."""
        given = {name: value for name, value in request.items() if value}
        found = check(operation, given, spell=lambda member: names.get(member, member))
        here = {problem.path[:1] for problem in self.problems}
        read = {names[name] for name in given}
        self.problems += [one for one in found if one.path[0] in read and one.path[:1] not in here]

    def end(self, known: tuple[str, ...]) -> None:
        """Report unknown properties; raise if there is any problem."""
        self.problems += self._unknown(known)
        if self.problems:
            raise PropertiesError(self.problems)

    def _unknown(self, known: tuple[str, ...]) -> Iterator[Problem]:
        for name in self._properties:
            if name not in known and name not in _FRAME:
                meant = nearest(name, known)
                hint = f"did you mean {meant}?" if meant else f"known are {', '.join(sorted(known))}"
                yield Problem((name,), f"is not a property: {hint}")

    def _report(self, name: str, message: str) -> None:
        self.problems.append(Problem((name,), message))
