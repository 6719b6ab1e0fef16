"""Conversion between HTTP and API requests, as the service model defines it (protocol rest-json)."""

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple, NoReturn
from urllib.parse import parse_qs, quote, unquote, urlsplit

from imagebuilder_local.emulator.errors import ServiceError
from imagebuilder_model import Member, Operation, load_model


class Route(NamedTuple):
    """The operation for a method and a path, with the decoded path values by name."""

    operation: Operation
    labels: dict[str, str]


def route(method: str, target: str) -> Route | None:
    """Return the route for the method and target of an HTTP request, None if no operation matches."""
    # `/` in a value is sent as %2F, so values are decoded after the path is split.
    path = urlsplit(target).path
    for operation, pattern in _patterns():
        match = pattern.fullmatch(path)
        if match and operation.method == method:
            return Route(operation, {name: unquote(value) for name, value in match.groupdict().items()})
    return None


def read_request(found: Route, target: str, body: bytes) -> dict[str, Any]:
    """Build a request from path, query and body. SerializationException if the body is not a JSON object."""
    query = parse_qs(urlsplit(target).query, keep_blank_values=True)
    request = json_object(body)
    for name, member in load_model().input_of(found.operation.name).members.items():
        travels_as = member.location_name or name
        if member.location:
            request.pop(name, None)
        match member.location:
            case "uri":
                request[name] = found.labels[travels_as]
            case "querystring" if travels_as in query:
                request[name] = _from_query(member, query[travels_as])
            case _:
                pass
    return request


def access_key(authorization: str | None) -> str | None:
    """Return the access key that signed a request (Signature Version 4), None if it is unsigned.

    The signature is not verified.
    """
    found = re.search(r"\bCredential=([^/,\s]+)/", authorization or "")
    return found[1] if found else None


def to_json(value: Mapping[str, Any]) -> bytes:
    """Encode a response."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


@cache
def _patterns() -> tuple[tuple[Operation, re.Pattern[str]], ...]:
    return tuple((operation, _pattern(operation.path)) for operation in load_model().operations.values())


def _pattern(template: str) -> re.Pattern[str]:
    # Some clients do not encode `/` in a value, hence `.+`; no path template continues after its value.
    parts = re.split(r"\{(\w+)\}", template)
    return re.compile("".join(f"(?P<{part}>.+)" if index % 2 else quote(part) for index, part in enumerate(parts)))


def _from_query(member: Member, values: list[str]) -> str | list[str]:
    return values if load_model().shapes[member.shape].type == "list" else values[-1]


def json_object(body: bytes) -> dict[str, Any]:
    """Parse a body, which may be empty. SerializationException if it is not a JSON object."""
    try:
        value = json.loads(body, parse_constant=_no_constant) if body.strip() else {}
    except (ValueError, RecursionError) as error:
        raise ServiceError("SerializationException", f"The body is not JSON: {error}.") from error
    if not isinstance(value, dict):
        raise ServiceError("SerializationException", "The body is not a JSON object.")
    return value


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON value")
