"""The service model: operations and shapes, loaded from the generated data."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

DATA_PATH = Path(__file__).parent / "data"
"""Data folder in botocore's layout. Set AWS_DATA_PATH to it to make botocore use this model."""


@dataclass(frozen=True)
class Member:
    """A member of a structure: the name of its shape and its location in the HTTP request."""

    shape: str
    location: str | None = None
    location_name: str | None = None
    is_idempotency_token: bool = False


@dataclass(frozen=True)
class Shape:
    """A type of the API. The fields in use depend on `type`.

    `minimum` and `maximum` limit the value of an integer, the characters of a string, the items of a list or the
    entries of a map.
    """

    name: str
    type: str
    members: dict[str, Member]
    required: tuple[str, ...] = ()
    element: str | None = None
    key: str | None = None
    value: str | None = None
    minimum: int | None = None
    maximum: int | None = None
    pattern: str | None = None
    enum: tuple[str, ...] = ()
    http_status: int | None = None

    @cached_property
    def regex(self) -> re.Pattern[str] | None:
        """The compiled pattern. Use `search`: the model anchors patterns that apply to the whole value."""
        if self.pattern is None:
            return None
        # Python's `$` also matches before a trailing newline.
        return re.compile(re.sub(r"(?<!\\)\$$", r"\\Z", self.pattern), re.ASCII)


@dataclass(frozen=True)
class Operation:
    """An operation: its HTTP method, path template, input and output shapes, and modeled errors."""

    name: str
    method: str
    path: str
    input: str
    output: str
    errors: tuple[str, ...]


@dataclass(frozen=True)
class Model:
    """All operations and shapes by name."""

    operations: dict[str, Operation]
    shapes: dict[str, Shape]

    def input_of(self, operation: str) -> Shape:
        """Return the shape of an operation's request, or the shape of this name; KeyError when there is neither."""
        known = self.operations.get(operation)
        return self.shapes[operation if known is None else known.input]


@cache
def load_model() -> Model:
    """Load the model once per process."""
    (file,) = DATA_PATH.glob("*/*/service-2.json")
    data = json.loads(file.read_text(encoding="utf-8"))
    return Model(
        operations={name: _operation(name, entry) for name, entry in data["operations"].items()},
        shapes={name: _shape(name, entry) for name, entry in data["shapes"].items()},
    )


def add_shapes(entries: Mapping[str, Any]) -> None:
    """Add shapes that are not the API's, in the format of the data."""
    load_model().shapes.update({name: _shape(name, entry) for name, entry in entries.items()})


@cache
def dns_suffixes() -> tuple[str, ...]:
    """Return the DNS suffixes of all AWS partitions, including those of dual-stack endpoints."""
    partitions = json.loads((DATA_PATH / "partitions.json").read_text(encoding="utf-8"))["partitions"]
    outputs = [partition["outputs"] for partition in partitions]
    return tuple(sorted({one[name] for one in outputs for name in ("dnsSuffix", "dualStackDnsSuffix")}))


def _operation(name: str, entry: dict[str, Any]) -> Operation:
    return Operation(
        name=name,
        method=entry["http"]["method"],
        path=entry["http"]["requestUri"],
        input=entry["input"]["shape"],
        output=entry["output"]["shape"],
        errors=tuple(error["shape"] for error in entry["errors"]),
    )


def _shape(name: str, entry: dict[str, Any]) -> Shape:
    return Shape(
        name=name,
        type=entry["type"],
        members={member: _member(reference) for member, reference in entry.get("members", {}).items()},
        required=tuple(entry.get("required", ())),
        element=entry.get("member", {}).get("shape"),
        key=entry.get("key", {}).get("shape"),
        value=entry.get("value", {}).get("shape"),
        minimum=entry.get("min"),
        maximum=entry.get("max"),
        pattern=entry.get("pattern"),
        enum=tuple(entry.get("enum", ())),
        http_status=entry.get("error", {}).get("httpStatusCode"),
    )


def _member(reference: dict[str, Any]) -> Member:
    return Member(
        shape=reference["shape"],
        location=reference.get("location"),
        location_name=reference.get("locationName"),
        is_idempotency_token=reference.get("idempotencyToken", False),
    )
