"""Converts API requests to template properties and back.

CloudFormation sends every scalar as a string, and names in the template's spelling. The model provides all names and
types; none are written here.
"""

import re
from collections.abc import Mapping
from typing import Any

from imagebuilder_model.check import Path, Problem
from imagebuilder_model.model import Shape, load_model


def template_name(member: str) -> str:
    """Return the template name of an API member."""
    return member[:1].upper() + member[1:]


def as_properties(operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
    """Convert a request to template properties. Keys of maps stay unchanged."""
    return _properties(load_model().input_of(operation), request)


def as_request(operation: str, properties: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """Convert properties to a request. Also return a problem for each member that is given twice.

    Values that cannot be converted stay unchanged, so that `check` reports them.
    """
    reader = _Reader()
    return reader.structure((), load_model().input_of(operation), properties), reader.problems


def as_boolean(value: object) -> object:
    """Convert `true` and `false` to booleans; return any other value unchanged."""
    return {"true": True, "false": False}.get(value.lower(), value) if isinstance(value, str) else value


def _properties(shape: Shape, value: Mapping[str, Any]) -> dict[str, Any]:
    return {template_name(name): _property(shape.members[name].shape, item) for name, item in value.items()}


def _property(shape_name: str, value: object) -> object:
    shape = load_model().shapes[shape_name]
    match shape.type, value:
        case "structure", Mapping():
            return _properties(shape, value)
        case "list", list() if shape.element is not None:
            return [_property(shape.element, item) for item in value]
        case _:
            return value


class _Reader:
    """Converts properties according to the model."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def value(self, path: Path, shape: Shape, value: object) -> object:
        match shape.type, value:
            case "structure", Mapping():
                return self.structure(path, shape, value)
            case "map", Mapping() if shape.value is not None:
                of = load_model().shapes[shape.value]
                return {key: self.value((*path, key), of, item) for key, item in value.items()}
            case "list", list() if shape.element is not None:
                of = load_model().shapes[shape.element]
                return [self.value((*path, index), of, item) for index, item in enumerate(value)]
            case "boolean", _:
                return as_boolean(value)
            case ("integer", str()) if re.fullmatch(r"[+-]?[0-9]{1,18}", value):
                return int(value)
            case "string", str():
                return next((allowed for allowed in shape.enum if allowed.lower() == value.lower()), value)
            case _:
                return value

    def structure(self, path: Path, shape: Shape, value: Mapping[str, Any]) -> dict[str, Any]:
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
            # Conditions in templates can leave empty objects and lists; treat them as absent.
            if name in shape.required or read not in (None, {}, []):
                request[name] = read
        return request
