"""Conversion of generated templates into a readable format."""

import json
import re
from collections.abc import Iterator
from typing import Any

_PLAIN = re.compile(r"[A-Za-z/](?:[\w./*(),'-]|:(?=\S)| (?=\w))*", re.ASCII)
_NOT_A_TEXT = re.compile(r"true|false|yes|no|on|off|null|y|n", re.IGNORECASE)


def readable(value: Any) -> Any:
    """Return a template value with each string that the CDK joins from parts as one `Fn::Sub`."""
    match value:
        case {"Fn::Join": ["", list(parts)]}:
            return {"Fn::Sub": "".join(_in_sub(part) for part in parts)}
        case dict():
            return {key: readable(item) for key, item in value.items()}
        case list():
            return [readable(item) for item in value]
        case _:
            return value


def to_yaml(template: dict[str, Any]) -> str:
    """Return the template as YAML, in its order. It does not use a library, whose releases could change the bytes."""
    return "\n".join(_block(template)) + "\n"


def _in_sub(part: Any) -> str:
    match part:
        case str():
            return part.replace("${", "${!")
        case {"Ref": str(name)}:
            return f"${{{name}}}"
        case {"Fn::GetAtt": [name, attribute]}:
            return f"${{{name}.{attribute}}}"
        case _:
            raise ValueError(f"cannot be part of a string: {part!r}")


def _block(value: dict[str, Any] | list[Any]) -> Iterator[str]:
    """Yield the lines of an object or a list."""
    items = value.items() if isinstance(value, dict) else (("-", item) for item in value)
    for key, item in items:
        name = key if key == "-" else f"{_scalar(key)}:"
        line = _line(item)
        if line is not None:
            yield f"{name} {line}"
        elif name == "-":
            first, *rest = _block(item)
            yield from (f"- {first}", *(f"  {line}" for line in rest))
        else:
            yield from (name, *(f"  {line}" for line in _block(item)))


def _line(value: Any) -> str | None:
    """Return a value that fits on the line of its key, None for a value on separate lines."""
    match value:
        case {"Ref": str(name), **rest} if not rest:
            return f"!Ref {name}"
        case {"Fn::Sub": str(text), **rest} if not rest:
            return f"!Sub {_scalar(text)}"
        case {"Fn::GetAtt": [str(name), str(attribute)], **rest} if not rest:
            return f"!GetAtt {name}.{attribute}"
        case dict() | list() if value:
            return None
        case _:
            return _scalar(value)


def _scalar(value: Any) -> str:
    if isinstance(value, str) and _PLAIN.fullmatch(value) and not _NOT_A_TEXT.fullmatch(value):
        return value
    return json.dumps(value, ensure_ascii=False)  # YAML is a superset of JSON
