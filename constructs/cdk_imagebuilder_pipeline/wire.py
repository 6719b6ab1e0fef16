"""A request of the API as a template spells it."""

from collections.abc import Mapping
from typing import Any

from imagebuilder_model import Shape, load_model


def as_properties(operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
    """Return a request with the names of members in CloudFormation's spelling. Keys of maps stay."""
    return _structure(load_model().input_of(operation), request)


def _structure(shape: Shape, value: Mapping[str, Any]) -> dict[str, Any]:
    return {name[:1].upper() + name[1:]: _value(shape.members[name].shape, item) for name, item in value.items()}


def _value(shape_name: str, value: object) -> object:
    shape = load_model().shapes[shape_name]
    match shape.type, value:
        case "structure", Mapping():
            return _structure(shape, value)
        case "list", list() if shape.element is not None:
            return [_value(shape.element, item) for item in value]
        case _:
            return value
