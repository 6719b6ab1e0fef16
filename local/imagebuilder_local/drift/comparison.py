"""Compares the properties of a template with the live pipeline."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from imagebuilder_local.drift.place import Place, root
from imagebuilder_local.drift.unknown import Unknown, first_unknown
from imagebuilder_model import LOGICAL_ID_TAG, STACK_ID_TAG
from imagebuilder_model.comparison import as_update, is_shown
from imagebuilder_model.spelling import as_request

_OPERATION: Final = "CreateImagePipeline"
_EMPTY: Final[tuple[Any, ...]] = (None, "", [], {})
_UTC: Final = ("UTC", "Etc/UTC")
_SERVICE_ROLE: Final = "/AWSServiceRoleForImageBuilder"
_HIDDEN: Final = "(not shown: values of workflow parameters can be secret)"


@dataclass(frozen=True)
class Member:
    """A member that differs, or that was not compared.

    `template` and `live` are None when the member is not set. `reason` says what a difference means, or why the member
    was not compared.
    """

    path: str
    template: Any = None
    live: Any = None
    reason: str = ""
    is_drift: bool = True


def compared(
    properties: Mapping[str, Any], live: Mapping[str, Any], *, stack_id: str, logical_id: str
) -> Iterator[Member]:
    """Yield the members that differ and those that were not compared.

    `properties` are those of the template, resolved, with `Unknown` for values that are not known. `live` is the
    pipeline as GetImagePipeline returns it. Whether a value is shown is decided as the function decides it.
    """
    request, _ = as_request(_OPERATION, properties)
    now = as_update(live)
    pipeline = root()
    for name in pipeline.shape.members:
        # The service disables a pipeline after failures, and the function keeps that.
        if name != "status" or name in request:
            yield from _member(pipeline.member(name), request.get(name), now.get(name))
    yield from _tags(request.get("tags") or {}, live.get("tags") or {})
    yield from _owner(live.get("tags") or {}, {STACK_ID_TAG: stack_id, LOGICAL_ID_TAG: logical_id})


def _member(place: Place, asked: Any, shown: Any) -> Iterator[Member]:
    if isinstance(asked, Unknown):
        yield _not_compared(place.path, asked)
    elif _is_structure(asked, shown) or _is_structure(shown, asked):
        given, there = asked or {}, shown or {}
        for name in (*given, *(name for name in there if name not in given)):
            yield from _member(place.member(name), given.get(name), there.get(name))
    elif isinstance(asked, list):
        yield from _list(place, asked, shown)
    elif asked is None:
        if not _is_of_the_service(place, shown):
            yield _differing(place.path, None, shown)
    elif not is_shown(asked, shown):
        yield _differing(place.path, asked, shown)


def _is_structure(one: Any, other: Any) -> bool:
    """Return whether one is a structure or a map, and so is the other if it is set."""
    return isinstance(one, Mapping) and (other is None or isinstance(other, Mapping))


def _list(place: Place, asked: list[Any], shown: Any) -> Iterator[Member]:
    unknown = first_unknown(asked)
    if isinstance(shown, list) and len(asked) == len(shown):
        for index, (one, other) in enumerate(zip(asked, shown, strict=True)):
            yield from _member(place.item(index), one, other)
    elif unknown is not None:
        # An unknown item can be absent, for example under a condition.
        yield _not_compared(place.path, unknown)
    else:
        yield _differing(place.path, asked, shown)


def _is_of_the_service(place: Place, shown: Any) -> bool:
    """Return whether the service shows this value for a member that the template leaves out."""
    if shown in _EMPTY or shown == place.default or (place.default in _UTC and shown in _UTC):
        return True
    if place.path == "ExecutionRole":
        return str(shown).endswith(_SERVICE_ROLE)
    return place.default is None and shown is False


def _differing(path: str, asked: Any, shown: Any) -> Member:
    if path.startswith("Workflows"):
        return Member(path, _without_values(path, asked), _without_values(path, shown))
    return Member(path, asked, shown)


def _without_values(path: str, value: Any) -> Any:
    """Hide the values of workflow parameters."""
    match value:
        case None:
            return None
        case _ if ".Parameters" in path:
            return _HIDDEN
        case Mapping():
            return {name: _HIDDEN if name == "parameters" else item for name, item in value.items()}
        case list():
            return [_without_values(path, item) for item in value]
        case _:
            return value


def _not_compared(path: str, unknown: Unknown) -> Member:
    return Member(path, reason=f"depends on {unknown.on}", is_drift=False)


def _tags(asked: Any, there: Mapping[str, str]) -> Iterator[Member]:
    """Yield differing tags of the template. Tags that others added are not the stack's."""
    if isinstance(asked, Unknown):
        yield _not_compared("Tags", asked)
        return
    for key, value in asked.items():
        if isinstance(value, Unknown):
            yield _not_compared(f"Tags.{key}", value)
        elif not is_shown(value, there.get(key)):
            yield Member(f"Tags.{key}", value, there.get(key))


def _owner(there: Mapping[str, str], owner: Mapping[str, str]) -> Iterator[Member]:
    """Yield owner tags that are missing or name somebody else."""
    for key, value in owner.items():
        found = there.get(key)
        if found is None:
            yield Member(
                f"Tags.{key}",
                value,
                None,
                "without its owner tags the pipeline is not updated (OwnerTagsMissing), and is kept when the stack is "
                "deleted: restore the tag, or set AdoptExisting to true",
            )
        elif found != value:
            whose = "another stack" if key == STACK_ID_TAG else "another resource of a stack"
            yield Member(f"Tags.{key}", value, found, f"{whose} owns the pipeline, so this one does not change it")
