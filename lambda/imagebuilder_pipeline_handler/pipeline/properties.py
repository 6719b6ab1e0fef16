"""The template's properties as the request for the pipeline that they describe."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from imagebuilder_model import Path, Problem, check, described
from imagebuilder_model.ownership import BUILT_FROM, ON_DELETE, RUNTIME_ATTRIBUTES, check_pipeline
from imagebuilder_model.spelling import as_boolean, as_request, template_name
from imagebuilder_pipeline_handler.imagebuilder.invalid import PropertiesError
from imagebuilder_pipeline_handler.runtime.event import Event

_OPERATION: Final = "CreateImagePipeline"
_ADOPT_EXISTING: Final = "AdoptExisting"
_ON_DELETE: Final = "OnDelete"
_OURS: Final = (_ADOPT_EXISTING, _ON_DELETE, RUNTIME_ATTRIBUTES)
_NOT_OF_THE_API: Final = frozenset({"ServiceToken", "ServiceTimeout", *_OURS})
_WORKFLOW_PARAMETERS: Final = ("Workflows", "Parameters")


@dataclass(frozen=True)
class Desired:
    """The pipeline that a template describes: the API's request without `clientToken`, and what only we know."""

    request: dict[str, Any]
    adopt_existing: bool = False
    runtime_attributes: bool = False

    @property
    def name(self) -> str:
        """The pipeline's name as the template spells it; empty when properties that were not validated have none."""
        name = self.request.get("name")
        return name if isinstance(name, str) else ""

    @property
    def tags(self) -> dict[str, str]:
        """The template's tags, without owner tags."""
        tags = self.request.get("tags")
        return dict(tags) if isinstance(tags, Mapping) else {}

    @property
    def what_is_built(self) -> str:
        """A hash of what a run of the pipeline builds from. It changes with these members, and with no other."""
        given = {name: self.request[name] for name in BUILT_FROM if name in self.request}
        return hashlib.sha256(json.dumps(given, sort_keys=True).encode()).hexdigest()

    @property
    def is_valid(self) -> bool:
        """Whether the service can have been asked for this: invalid properties are refused before any call."""
        return not check(_OPERATION, self.request)

    def without(self, member: str) -> "Desired":
        """Return the same without a member of the request."""
        request = {name: value for name, value in self.request.items() if name != member}
        return replace(self, request=request)


def desired(properties: Mapping[str, Any]) -> Desired:
    """Return the pipeline that the properties describe. PropertiesError, with every problem, when they are invalid."""
    request, problems = as_request(_OPERATION, _of_the_api(properties))
    adopt_existing = _flag(properties, _ADOPT_EXISTING, problems)
    runtime_attributes = _flag(properties, RUNTIME_ATTRIBUTES, problems)
    if on_delete_of(properties) is None:
        got = described(properties[_ON_DELETE])
        problems.append(
            Problem((_ON_DELETE,), f"is not an allowed value: got {got}, allowed are {', '.join(ON_DELETE)}")
        )
    problems += check_pipeline(
        request,
        adopt_existing=adopt_existing,
        spell=template_name,
        more=_OURS,
        is_secret=_is_of_a_workflow_parameter,
    )
    if problems:
        raise PropertiesError(problems)
    return Desired(request, adopt_existing, runtime_attributes)


def lenient(properties: Mapping[str, Any]) -> Desired:
    """Return what properties describe without validating them: of an older format, or of an Update that failed."""
    return Desired(as_request(_OPERATION, _of_the_api(properties))[0])


def on_delete_of(properties: Mapping[str, Any]) -> str | None:
    """Return what a Delete does to the pipeline; None when the properties say something that is not known."""
    given = str(properties.get(_ON_DELETE, ON_DELETE[0]))
    return next((known for known in ON_DELETE if known == given.upper()), None)


def secrets_of(event: Event) -> frozenset[str]:
    """Return the values of workflow parameters, now and before: they may come from a NoEcho parameter."""
    return frozenset(
        value
        for name in ("ResourceProperties", "OldResourceProperties")
        for workflow in _items(event.get(name), "workflows")
        for parameter in _items(workflow, "parameters")
        for value in _items(parameter, "value")
        if isinstance(value, str) and value
    )


def _flag(properties: Mapping[str, Any], name: str, problems: list[Problem]) -> bool:
    """Return a property that is true or false, false by default and when it is neither, which is a problem."""
    given = as_boolean(properties.get(name, False))
    if not isinstance(given, bool):
        problems.append(Problem((name,), f"must be true or false: got {given!r}"))
    return given is True


def _of_the_api(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in properties.items() if name not in _NOT_OF_THE_API}


def _is_of_a_workflow_parameter(path: Path) -> bool:
    return (path[0], *path[2:3]) == _WORKFLOW_PARAMETERS


def _items(value: object, name: str) -> Iterator[Any]:
    """Yield the items of a property, spelled as templates or the API spell it, of an object that may be anything."""
    for key, item in value.items() if isinstance(value, Mapping) else ():
        if str(key)[:1].lower() + str(key)[1:] == name:
            yield from item if isinstance(item, list) else [item]
