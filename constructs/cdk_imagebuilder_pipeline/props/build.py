"""Options of a build on deploy, validated."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import aws_cdk as cdk

from cdk_imagebuilder_pipeline.values.tokens import is_unresolved
from imagebuilder_model import MapKey, Problem, check, described
from imagebuilder_model.builds import OWN_TAGS
from imagebuilder_model.ownership import TAGS_OF_BUILDS, check_tags, most_tags

PART: Final = cdk.Duration.minutes(55)
"""How long one resource waits. CloudFormation gives it an hour: the rest is for the last look and the response."""

SHORTEST_TIMEOUT: Final = cdk.Duration.minutes(1)
LONGEST_TIMEOUT: Final = cdk.Duration.hours(12)

_REMOVAL_POLICIES: Final = (cdk.RemovalPolicy.RETAIN, cdk.RemovalPolicy.DESTROY)
_MOST_TAGS: Final = most_tags(adopt_existing=False) - len(TAGS_OF_BUILDS)
"""The resource adds two tags that name the owner, and those of builds."""


@dataclass(frozen=True, kw_only=True)
class BuildOptions:
    """Options of `ImagePipeline.build_on_deploy`, where each is described."""

    timeout: cdk.Duration
    wait: bool
    triggers: Mapping[str, str]
    image_tags: Mapping[str, str]
    removal_policy: cdk.RemovalPolicy

    def problems(self) -> list[Problem]:
        """Return every problem, in the order of the options."""
        return [
            *self._of_timeout(),
            *_of_type("wait", self.wait, bool, "true or false"),
            *of_strings("triggers", self.triggers),
            *_of_image_tags(self.image_tags),
            *self._of_removal_policy(),
        ]

    def parts(self) -> list[float]:
        """Return the seconds that each resource waits: one that waits none when nothing waits."""
        if not self.wait:
            return [0]
        seconds, longest = seconds_of(self.timeout), seconds_of(PART)
        if not _is_known(self.timeout):
            return [seconds]
        whole, rest = divmod(seconds, longest)
        return [longest] * int(whole) + ([rest] if rest else [])

    def _of_timeout(self) -> Iterator[Problem]:
        given: object = self.timeout
        if not isinstance(given, cdk.Duration):
            yield Problem(("timeout",), f"must be a Duration: got {described(given)}, write Duration.minutes(...)")
            return
        try:
            seconds = seconds_of(given)
        except RuntimeError:  # how jsii raises what JavaScript throws
            allowed = f"allowed is Duration.seconds(...) of a token, up to {PART.to_human_string()}"
            yield Problem(("timeout",), f"is a token of another unit than seconds: got {given.unit_label()}, {allowed}")
            return
        if not _is_known(given) or seconds_of(SHORTEST_TIMEOUT) <= seconds <= seconds_of(LONGEST_TIMEOUT):
            return
        fault = "small" if seconds < seconds_of(SHORTEST_TIMEOUT) else "large"
        allowed = f"{SHORTEST_TIMEOUT.to_human_string()} to {LONGEST_TIMEOUT.to_human_string()}"
        yield Problem(("timeout",), f"is too {fault}: got {given.to_human_string()}, allowed {allowed}")

    def _of_removal_policy(self) -> Iterator[Problem]:
        if self.removal_policy not in _REMOVAL_POLICIES:
            got = getattr(self.removal_policy, "name", None) or described(self.removal_policy)
            allowed = ", ".join(one.name for one in _REMOVAL_POLICIES)
            yield Problem(("removal_policy",), f"is not an allowed value: got {got}, allowed are {allowed}")


@lru_cache(maxsize=32)
def seconds_of(duration: cdk.Duration) -> float:
    """Return the seconds of a duration, asked for once: many pipelines have the same one."""
    return duration.to_seconds()


@lru_cache(maxsize=32)
def _is_known(duration: cdk.Duration) -> bool:
    return not is_unresolved(seconds_of(duration))


def _of_type(name: str, value: object, wanted: type, expected: str) -> Iterator[Problem]:
    if not isinstance(value, wanted):
        yield Problem((name,), f"must be {expected}: got {described(value)}")


def of_strings(name: str, given: object) -> Iterator[Problem]:
    """Yield every problem of an option that has to be a map of strings."""
    if not isinstance(given, Mapping):
        yield from _of_type(name, given, Mapping, "a map")
        return
    for key, value in given.items():
        yield from _of_type(name, key, str, "a map with strings as keys")
        if not isinstance(value, str):
            yield Problem((name, MapKey(key)), f"must be a string: got {described(value)}")


def _of_image_tags(tags: object) -> Iterator[Problem]:
    if not isinstance(tags, Mapping):
        yield from _of_type("image_tags", tags, Mapping, "a map")
        return
    untyped: Any = tags
    for key in tags:
        if isinstance(key, str) and key.lower() in TAGS_OF_BUILDS:
            yield Problem(("image_tags", MapKey(key)), "is set by the resource itself: remove it")
    if len(tags) > _MOST_TAGS:
        allowed = f"allowed {_MOST_TAGS}, because the resource adds {OWN_TAGS} of its own"
        yield Problem(("image_tags",), f"is too large: got {len(tags)} entries, {allowed}")
    # Their number is checked above.
    owners = [one for one in check_tags(untyped, adopt_existing=False, is_unresolved=is_unresolved) if one.path[1:]]
    found = check("StartImagePipelineExecution", {"tags": dict(untyped)}, is_unresolved=is_unresolved)
    said = {one.path for one in owners}
    more = [one for one in found if one.path[0] == "tags" and one.path[1:] and one.path not in said]
    yield from (Problem(("image_tags", *one.path[1:]), one.message) for one in owners + more)
