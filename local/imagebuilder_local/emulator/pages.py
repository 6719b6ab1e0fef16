"""Filters and pagination of the List operations."""

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Mapping
from itertools import islice
from typing import Any

from imagebuilder_local.emulator.errors import ServiceError, invalid_value

_PAGE = 25
"""Default number of items in a page (API reference of ListImagePipelines)."""


def page(
    operation: str,
    after: Callable[[str], Iterable[tuple[str, dict[str, Any]]]],
    request: Mapping[str, Any],
    known: Collection[str],
) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Return one page of the items that match all filters, and `{"nextToken": ...}` if more follow, else `{}`.

    `after` yields the items after a position, in order, each with its position. A token holds the position of the last
    item: items created or deleted between two pages neither repeat nor hide other items. A token is valid only for the
    query that returned it.
    """
    filters = _filters(operation, request, known)
    query = _digest(operation, request)
    begin = _after(request["nextToken"], query) if "nextToken" in request else ""
    size = request.get("maxResults", _PAGE)
    matching = (
        found for found in after(begin) if all(_matches(found[1], entry["name"], entry["values"]) for entry in filters)
    )
    shown = list(islice(matching, size))
    more = next(matching, None) is not None
    return [item for _, item in shown], {"nextToken": _token(query, shown[-1][0])} if more else {}


def _filters(operation: str, request: Mapping[str, Any], known: Collection[str]) -> list[dict[str, Any]]:
    """Return the filters of a request. An item matches one in any of its values, case-sensitively.

    The error code for an unknown filter is not verified on AWS.
    """
    filters: list[dict[str, Any]] = request.get("filters", [])
    for index, entry in enumerate(filters):
        if entry.get("name") not in known:
            raise invalid_value(operation, f"filters[{index}].name", f"Allowed are {', '.join(known)}")
        if "values" not in entry:
            raise invalid_value(operation, f"filters[{index}].values", "It is missing")
    return filters


def _matches(item: Mapping[str, Any], name: str, values: Collection[str]) -> bool:
    """Return whether an item has one of the values. Only names allow `web*` and `*web*` (API reference of Filter)."""
    found = item.get(name)
    if isinstance(found, list):
        return any(one in values for one in found)
    return found in values or (name == "name" and any(_like(str(found), value) for value in values))


def _like(name: str, value: str) -> bool:
    inside = value.strip("*")
    # Wildcards in other positions are not verified on AWS; here they are literal and match no name.
    return (value == f"*{inside}*" and inside in name) or (value == f"{inside}*" and name.startswith(inside))


def _digest(operation: str, request: Mapping[str, Any]) -> str:
    query = {name: value for name, value in request.items() if name not in {"nextToken", "maxResults"}}
    return hashlib.sha256(json.dumps([operation, query], sort_keys=True).encode()).hexdigest()[:16]


def _token(query: str, key: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([query, key]).encode()).decode()


def _after(token: str, query: str) -> str:
    try:
        given, key = json.loads(base64.b64decode(token, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, TypeError):
        given, key = None, ""
    if given != query or not isinstance(key, str):
        raise ServiceError("InvalidPaginationTokenException", "The pagination token is not valid for this request.")
    return key
