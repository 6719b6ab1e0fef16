"""Conversion of CloudFormation properties to members of the API."""

from collections.abc import Mapping
from typing import Any

from imagebuilder_model import Shape, load_model


def api_members(shape: Shape, properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return properties under the names of the API, and with its types: templates also have numbers as strings.

    Properties that the shape does not have are left out at the top, and kept as they are below it.
    """
    converted: dict[str, Any] = _value(shape, dict(properties))
    return {name: value for name, value in converted.items() if name in shape.members}


def _value(shape: Shape, value: Any) -> Any:
    shapes = load_model().shapes
    match shape.type, value:
        case "structure", dict():
            names = {name.lower(): name for name in shape.members}
            known = {names.get(name.lower(), name): item for name, item in value.items()}
            return {
                name: _value(shapes[shape.members[name].shape], item) if name in shape.members else item
                for name, item in known.items()
            }
        case "list", list() if shape.element is not None:
            return [_value(shapes[shape.element], item) for item in value]
        case "integer", str() if value.isdecimal():
            return int(value)
        case "boolean", "true" | "false":
            return value == "true"
        case _:
            return value
