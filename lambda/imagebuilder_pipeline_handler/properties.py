"""Reads a template's properties into a CreateImagePipeline request.

CloudFormation sends every scalar as a string, and names as the template spells them. The model says which names there
are and which type each has; nothing of either is typed here.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from imagebuilder_model import Path, Problem, Shape, check, load_model
from imagebuilder_model.names import is_owner_tag, most_tags
from imagebuilder_pipeline_handler.reasons import HandlerError

_OPERATION: Final = "CreateImagePipeline"
_FOR_CLOUDFORMATION: Final = frozenset({"ServiceToken", "ServiceTimeout"})
_ADOPT_EXISTING: Final = "AdoptExisting"
_SET_BY_US: Final = frozenset({"clientToken", "dryRun"})
_WORKFLOW_PARAMETERS: Final = ("Workflows", "Parameters")


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

    @property
    def is_valid(self) -> bool:
        """Whether the service can have been asked for this: what is wrong is refused before any call."""
        return not check(_OPERATION, self.request)

    def without(self, member: str) -> "Desired":
        """Return the same without a member of the request."""
        request = {name: value for name, value in self.request.items() if name != member}
        return Desired(request, self.adopt_existing)


def desired(properties: Mapping[str, Any]) -> Desired:
    """Return what the properties ask for. PropertiesError, with every problem, when the service would refuse it."""
    reader = _Reader()
    given = {name: value for name, value in properties.items() if name not in _FOR_CLOUDFORMATION}
    adopt_existing = _boolean(given.pop(_ADOPT_EXISTING, False))
    if not isinstance(adopt_existing, bool):
        reader.problems.append(Problem((_ADOPT_EXISTING,), f"must be true or false: got {adopt_existing!r}"))
    request = reader.structure((), load_model().input_of(_OPERATION), given)
    reader.problems += _set_by_us(request, adopt_existing=adopt_existing is True)
    reader.problems += check(
        _OPERATION,
        request,
        spell=template_name,
        hidden=_SET_BY_US,
        more=(_ADOPT_EXISTING,),
        is_secret=_is_of_a_workflow_parameter,
    )
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


def _is_of_a_workflow_parameter(path: Path) -> bool:
    return (path[0], *path[2:3]) == _WORKFLOW_PARAMETERS


def _set_by_us(request: dict[str, Any], *, adopt_existing: bool) -> Iterator[Problem]:
    for name in sorted(_SET_BY_US & request.keys()):
        yield Problem((template_name(name),), "is set by the resource itself: remove it")
        del request[name]
    tags = request.get("tags")
    if not isinstance(tags, dict):
        return
    for key in tags:
        if is_owner_tag(key):
            yield Problem(("Tags", key), "is set by the resource itself: remove it")
    maximum = load_model().shapes["TagMap"].maximum or 0
    most = most_tags(maximum, adopt_existing=adopt_existing)
    if most < len(tags) <= maximum:
        allowed = f"allowed are {most} beside the {maximum - most} that say who owns the pipeline"
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
