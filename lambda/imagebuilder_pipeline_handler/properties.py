"""Reads a template's properties into a CreateImagePipeline request.

CloudFormation sends every scalar as a string, and names as the template spells them. The model says which names there
are and which type each has; nothing of either is typed here.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from imagebuilder_model import Problem, Shape, check, load_model
from imagebuilder_model.names import LOGICAL_ID_TAG, STACK_ID_TAG
from imagebuilder_pipeline_handler.reasons import HandlerError

_OPERATION: Final = "CreateImagePipeline"
_FOR_CLOUDFORMATION: Final = frozenset({"ServiceToken", "ServiceTimeout"})
_ADOPT_EXISTING: Final = "AdoptExisting"
_SET_BY_US: Final = frozenset({"clientToken", "dryRun"})
_OWNER_TAGS: Final = (STACK_ID_TAG, LOGICAL_ID_TAG)


class PropertiesError(HandlerError):
    """The template's properties are wrong. The message names every problem."""

    def __init__(self, problems: list[Problem]) -> None:
        noun = "problem" if len(problems) == 1 else "problems"
        head = f"{len(problems)} {noun} in the template's properties: "
        super().__init__("InvalidProperties", head, [str(problem) for problem in problems])


@dataclass(frozen=True)
class Desired:
    """What a template asks for: the API's request without `clientToken`, and what is not the API's."""

    request: dict[str, Any]
    adopt_existing: bool = False

    @property
    def name(self) -> str:
        """The pipeline's name as the template spells it, empty when properties that were not judged have none."""
        name = self.request.get("name")
        return name if isinstance(name, str) else ""

    @property
    def tags(self) -> dict[str, str]:
        """The tags that the template gives; the tags of ownership are not among them."""
        tags = self.request.get("tags")
        return dict(tags) if isinstance(tags, Mapping) else {}


def desired(properties: Mapping[str, Any]) -> Desired:
    """Return what the properties ask for. PropertiesError, with every problem, when the service would refuse it."""
    reader = _Reader()
    given = {name: value for name, value in properties.items() if name not in _FOR_CLOUDFORMATION}
    adopt_existing = _boolean(given.pop(_ADOPT_EXISTING, False))
    if not isinstance(adopt_existing, bool):
        reader.problems.append(Problem((_ADOPT_EXISTING,), f"must be true or false: got {adopt_existing!r}"))
    request = reader.structure((), load_model().input_of(_OPERATION), given)
    reader.problems += _set_by_us(request)
    reader.problems += check(_OPERATION, request, spell=template_name, hidden=_SET_BY_US, more=(_ADOPT_EXISTING,))
    if reader.problems:
        raise PropertiesError(reader.problems)
    return Desired(request, adopt_existing is True)


def lenient(properties: Mapping[str, Any]) -> Desired:
    """Return what properties asked for without judging them: an older format's, or those of an Update that failed."""
    given = {name: value for name, value in properties.items() if name not in _FOR_CLOUDFORMATION | {_ADOPT_EXISTING}}
    return Desired(_Reader().structure((), load_model().input_of(_OPERATION), given))


def template_name(member: str) -> str:
    """Spell a member of the API as a template does."""
    return member[:1].upper() + member[1:]


def _set_by_us(request: dict[str, Any]) -> Iterator[Problem]:
    for name in sorted(_SET_BY_US & request.keys()):
        yield Problem((template_name(name),), "is set by the resource itself: remove it")
        del request[name]
    tags = request.get("tags")
    if not isinstance(tags, dict):
        return
    for key in _OWNER_TAGS:
        if key in tags:
            yield Problem(("Tags", key), "is set by the resource itself: remove it")
    most = load_model().shapes["TagMap"].maximum
    if most is not None and most - len(_OWNER_TAGS) < len(tags) <= most:
        allowed = f"allowed are {most - len(_OWNER_TAGS)} beside the {len(_OWNER_TAGS)} that say who owns the pipeline"
        yield Problem(("Tags",), f"is too large: got {len(tags)} entries, {allowed}")


@dataclass
class _Reader:
    """Walks properties along the model. What it cannot read it leaves as it is, for the checker to name."""

    problems: list[Problem] = field(default_factory=list)

    def value(self, path: tuple[str | int, ...], shape: Shape, value: object) -> object:
        match shape.type, value:
            case "structure", Mapping():
                return self.structure(path, shape, value)
            case "map", Mapping() if shape.value is not None:
                of = load_model().shapes[shape.value]
                return {key: self.value((*path, key), of, item) for key, item in value.items()}
            case "list", list() if shape.element is not None:
                of = load_model().shapes[shape.element]
                return [self.value((*path, index), of, item) for index, item in enumerate(value)]
            case "boolean", str():
                return _boolean(value)
            case ("integer", str()) if re.fullmatch(r"[+-]?[0-9]{1,18}", value):
                return int(value)
            case "string", str():
                return next((allowed for allowed in shape.enum if allowed.lower() == value.lower()), value)
            case _:
                return value

    def structure(self, path: tuple[str | int, ...], shape: Shape, value: Mapping[str, Any]) -> dict[str, Any]:
        request: dict[str, Any] = {}
        for given, item in value.items():
            name = given[:1].lower() + given[1:]
            member = shape.members.get(name)
            if member is None:
                request[given] = item
                continue
            place = (*path, template_name(name))
            if name in request:
                self.problems.append(Problem(place, "is given in two spellings: remove one of the two"))
            read = self.value(place, load_model().shapes[member.shape], item)
            # CloudFormation's conditions leave empty maps and lists behind: they say as much as nothing.
            if name in shape.required or read not in (None, {}, []):
                request[name] = read
        return request


def _boolean(value: object) -> object:
    text = value.lower() if isinstance(value, str) else None
    return {"true": True, "false": False}.get(text, value) if text is not None else value
