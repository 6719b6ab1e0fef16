"""Validates CloudFormation's events before anything is done for them."""

import json
import os
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from imagebuilder_model import dns_suffixes
from imagebuilder_pipeline_handler.runtime.failure import INVALID_EVENT, HandlerError

Event = Mapping[str, Any]

REQUEST_TYPES: Final = frozenset({"Create", "Update", "Delete"})

CLOCK_SKEW: Final = timedelta(seconds=60)
"""The difference allowed between the clocks of CloudFormation, Image Builder and the function."""

STACK_ID_VARIABLE: Final = "CUSTOM_RESOURCE_STACK_ID"
"""Environment variable with the id of the only stack whose events the function accepts."""

RESPONSE_HOSTS_VARIABLE: Final = "CUSTOM_RESOURCE_RESPONSE_HOSTS"
"""Environment variable with hosts, separated by commas, that may receive responses beside those of AWS."""

_IDS: Final = ("StackId", "RequestId", "LogicalResourceId")
"""Members that every response repeats."""

_MOST_BYTES_OF_IDS: Final = 3000
"""Of the 4,096 of a response. The rest is for attributes and the reason."""

_KNOWN: Final = (
    *_IDS,
    "ResponseURL",
    "ResourceType",
    "PhysicalResourceId",
    "ResourceProperties",
    "OldResourceProperties",
)
_LONGEST_URL: Final = 8192
_STACK_ID: Final = re.compile(r"arn:(aws[^:]*):cloudformation:([^:]+):([0-9]{12}):stack/[^/]+/[^/]+")
_VISIBLE: Final = re.compile(r"[\x21-\x7e]+")
_MARKER: Final = "not-created/"

_LONGEST_SERVICE_TIMEOUT: Final = 3600
"""Seconds that CloudFormation waits for a resource at most, and by default."""


class InvalidEventError(Exception):
    """The event cannot get a response, or must not. The message names its members and no values."""


def validated(event: object, context: object, now: datetime) -> dict[str, Any]:
    """Return the known members of an event that can get a response.

    Other members are dropped, because crhelper acts on some: `CrHelperPoll` would make it respond with SUCCESS and do
    nothing. InvalidEventError when the ids or the URL are not CloudFormation's, when the stack is not the function's or
    not in its account, and when CloudFormation no longer waits for the event.
    """
    if not isinstance(event, dict):
        raise InvalidEventError("the event is not an object")
    given = [*_IDS, "PhysicalResourceId"] if event.get("PhysicalResourceId") is not None else _IDS
    _require_repeatable([_string(event, name) for name in given])
    _require_url(_string(event, "ResponseURL"))
    _require_own_stack(event["StackId"], context)
    _require_awaited(event, now)
    request_type = event.get("RequestType")
    known = {name: event[name] for name in _KNOWN if event.get(name) is not None}
    return known | {"RequestType": request_type if isinstance(request_type, str) else ""}


def properties_of(event: Event) -> Mapping[str, Any]:
    """Return the template's properties. HandlerError when there are none."""
    properties = event.get("ResourceProperties")
    if not isinstance(properties, dict):
        raise HandlerError(INVALID_EVENT, "ResourceProperties is not an object")
    return properties


def old_properties_of(event: Event) -> Mapping[str, Any]:
    """Return the properties before an Update, which may have been wrong in any way."""
    properties = event.get("OldResourceProperties")
    return properties if isinstance(properties, dict) else {}


def last_properties_of(event: Event) -> Mapping[str, Any]:
    """Return the properties of a Delete, which may be of another format: it has to go by the physical id alone then."""
    properties = event.get("ResourceProperties")
    return properties if isinstance(properties, dict) else {}


def physical_id_of(event: Event) -> str:
    """Return the physical id of an Update or a Delete. HandlerError when there is none."""
    if "PhysicalResourceId" not in event:
        raise HandlerError(INVALID_EVENT, "PhysicalResourceId is missing")
    return str(event["PhysicalResourceId"])


def issued_at(event: Event) -> datetime | None:
    """Return when CloudFormation sent the event, by the signature of its ResponseURL; None when that does not say."""
    return _signed(str(event["ResponseURL"]))[0]


def marker(event: Event) -> str:
    """Return a physical id for a Create that made nothing. It is never a pipeline's."""
    return f"{_MARKER}{event['LogicalResourceId']}/{event['RequestId']}"


def is_marker(physical_id: str) -> bool:
    """Return whether the id says that nothing was made."""
    return physical_id.startswith(_MARKER)


def _string(event: Mapping[str, Any], name: str) -> str:
    value = event.get(name)
    if not isinstance(value, str) or not value:
        raise InvalidEventError(f"{name} is missing or not a string")
    return value


def _require_repeatable(ids: list[str]) -> None:
    try:
        size = len(json.dumps(ids, ensure_ascii=False).encode())
    except UnicodeEncodeError:
        raise InvalidEventError("an id is not valid Unicode") from None
    if size > _MOST_BYTES_OF_IDS:
        raise InvalidEventError(f"the ids are too long: got {size} bytes, allowed {_MOST_BYTES_OF_IDS}")


def _require_url(url: str) -> None:
    """Refuse a URL that CloudFormation cannot have sent: whoever invokes the function would choose where it writes."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise InvalidEventError("ResponseURL is not a URL") from None
    is_https = parts.scheme == "https" and host and "@" not in parts.netloc
    if not host or not is_https or len(url) > _LONGEST_URL or not _VISIBLE.fullmatch(url):
        raise InvalidEventError("ResponseURL is not an https URL")
    named = {name.strip().strip("[]").lower() for name in os.environ.get(RESPONSE_HOSTS_VARIABLE, "").split(",")}
    if host not in named and not host.endswith(tuple(f".{suffix}" for suffix in dns_suffixes())):
        raise InvalidEventError(
            f"ResponseURL has the host {host[:255]}, and only hosts of AWS are allowed: "
            f"name another in the function's environment variable {RESPONSE_HOSTS_VARIABLE}"
        )


def _require_own_stack(stack_id: str, context: object) -> None:
    """Refuse other stacks: whoever may invoke the function could use its role for any stack that they name."""
    stack = _STACK_ID.fullmatch(stack_id)
    if stack is None:
        raise InvalidEventError("StackId is not the ARN of a stack")
    own = os.environ.get(STACK_ID_VARIABLE)
    if own and stack_id != own:
        raise InvalidEventError("StackId is not that of the function's stack")
    function = str(getattr(context, "invoked_function_arn", None) or "").split(":")
    if len(function) > 4:  # noqa: PLR2004 (an ARN's parts)
        if (function[1], function[3], function[4]) != stack.groups():
            raise InvalidEventError("StackId is not in the function's account, Region and partition")
    elif not own:
        # Lambda always gives the ARN. Without it nothing says whose events these are.
        raise InvalidEventError(
            f"the owner of the event is unknown: the context has no function ARN, and {STACK_ID_VARIABLE} is not set"
        )


def _require_awaited(event: Mapping[str, Any], now: datetime) -> None:
    """Refuse an event that CloudFormation has given up: its resource may have another owner by now, or be deleted."""
    issued, ends = _signed(event["ResponseURL"])
    if ends is not None and now > ends:
        raise InvalidEventError("the event is too late: the signature of its ResponseURL has expired")
    if issued is not None and now > issued + _service_timeout(event) + CLOCK_SKEW:
        raise InvalidEventError("the event is too late: CloudFormation waited for it until its ServiceTimeout")


def _service_timeout(event: Mapping[str, Any]) -> timedelta:
    properties = event.get("ResourceProperties")
    given = str(properties.get("ServiceTimeout")) if isinstance(properties, dict) else ""
    seconds = int(given) if re.fullmatch("[0-9]{1,4}", given) else _LONGEST_SERVICE_TIMEOUT
    return timedelta(seconds=seconds if 1 <= seconds <= _LONGEST_SERVICE_TIMEOUT else _LONGEST_SERVICE_TIMEOUT)


def _signed(url: str) -> tuple[datetime | None, datetime | None]:
    """Return when a pre-signed URL was signed and when it expires, as far as it says."""
    query = parse_qs(urlsplit(url).query)
    try:
        if "X-Amz-Date" not in query:
            return None, datetime.fromtimestamp(int(query["Expires"][0]), UTC)
        issued = datetime.strptime(query["X-Amz-Date"][0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        seconds = query.get("X-Amz-Expires", [None])[0]
        return issued, None if seconds is None else issued + timedelta(seconds=int(seconds))
    except (KeyError, ValueError, OverflowError, OSError):
        return None, None
