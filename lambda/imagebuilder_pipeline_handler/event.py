"""Tells an event of CloudFormation from what only looks like one, before anything is answered."""

import json
import os
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from imagebuilder_model import dns_suffixes
from imagebuilder_pipeline_handler.reasons import HandlerError

Event = Mapping[str, Any]

_IDS: Final = ("StackId", "RequestId", "LogicalResourceId")
"""What every answer repeats."""

_MOST_BYTES_OF_IDS: Final = 3500
"""Of the 4096 of an answer: the rest is for the reason."""

_KNOWN: Final = (*_IDS, "ResponseURL", "PhysicalResourceId", "ResourceProperties", "OldResourceProperties")
_LONGEST_URL: Final = 8192
_STACK_ID: Final = re.compile(r"arn:(aws[^:]*):cloudformation:([^:]+):([0-9]{12}):stack/[^/]+/[^/]+")
_VISIBLE: Final = re.compile(r"[\x21-\x7e]+")
_MARKER: Final = "not-created/"

_LONGEST_SERVICE_TIMEOUT: Final = 3600
"""Seconds that CloudFormation waits for a resource at most, and by default."""

CLOCKS: Final = timedelta(seconds=60)
"""How far the clocks of CloudFormation, Image Builder and the function may be apart."""

STACK_ID_VARIABLE: Final = "CUSTOM_RESOURCE_STACK_ID"
"""Names the environment variable with the id of the one stack whose events the function takes."""

RESPONSE_HOSTS_VARIABLE: Final = "CUSTOM_RESOURCE_RESPONSE_HOSTS"
"""Names the environment variable with hosts, separated by commas, that may be answered beside those of AWS."""

KINDS: Final = frozenset({"Create", "Update", "Delete"})
"""What an event may ask for."""


class InvalidEventError(Exception):
    """The event cannot be answered, for it does not say to whom. The message names its members and no values."""


def checked(event: object, context: object) -> dict[str, Any]:
    """Return what is known of an event that can be answered, and nothing else that it holds.

    What is left out could mean something to crhelper: with `CrHelperPoll` it would do nothing and answer SUCCESS.
    InvalidEventError when the ids or the URL are not CloudFormation's, the stack is not the function's or not of its
    account, or CloudFormation waits for the event no longer.
    """
    if not isinstance(event, dict):
        raise InvalidEventError("the event is no map")
    given = [*_IDS, "PhysicalResourceId"] if event.get("PhysicalResourceId") is not None else _IDS
    _require_repeatable([_text(event, name) for name in given])
    _require_url(_text(event, "ResponseURL"))
    _require_own_stack(event["StackId"], context)
    _require_awaited(event)
    kind = event.get("RequestType")
    known = {name: event[name] for name in _KNOWN if event.get(name) is not None}
    return known | {"RequestType": kind if isinstance(kind, str) else ""}


def properties_of(event: Event) -> Mapping[str, Any]:
    """Return the template's properties. HandlerError when there are none."""
    properties = event.get("ResourceProperties")
    if not isinstance(properties, dict):
        raise HandlerError("InvalidEvent", "ResourceProperties is no map")
    return properties


def old_properties_of(event: Event) -> Mapping[str, Any]:
    """Return what the properties were before an Update, which may have been wrong in any way."""
    properties = event.get("OldResourceProperties")
    return properties if isinstance(properties, dict) else {}


def physical_id_of(event: Event) -> str:
    """Return the physical id of an Update or a Delete. HandlerError when there is none."""
    if "PhysicalResourceId" not in event:
        raise HandlerError("InvalidEvent", "PhysicalResourceId is missing")
    return str(event["PhysicalResourceId"])


def issued_at(event: Event) -> datetime | None:
    """Return when CloudFormation sent the event, by the signature of its ResponseURL; None when that does not say."""
    return _signed(str(event["ResponseURL"]))[0]


def secrets_of(event: Event) -> frozenset[str]:
    """Return the values of workflow parameters, now and before: they may come from a NoEcho parameter."""
    found = set[str]()
    for name in ("ResourceProperties", "OldResourceProperties"):
        for workflow in _items(event.get(name), "workflows"):
            for parameter in _items(workflow, "parameters"):
                found.update(value for value in _items(parameter, "value") if isinstance(value, str) and value)
    return frozenset(found)


def marker(event: Event) -> str:
    """Return an id that is plainly no pipeline's, for a Create that made nothing."""
    return f"{_MARKER}{event['LogicalResourceId']}/{event['RequestId']}"


def is_marker(physical_id: str) -> bool:
    """Tell whether the id says that nothing was made."""
    return physical_id.startswith(_MARKER)


def _items(value: object, name: str) -> list[Any]:
    """Return what a map has under a name, spelled as templates or the API spell it, as a list."""
    if not isinstance(value, Mapping):
        return []
    given = [item for key, item in value.items() if str(key)[:1].lower() + str(key)[1:] == name]
    return [inner for item in given for inner in (item if isinstance(item, list) else [item])]


def _text(event: Mapping[str, Any], name: str) -> str:
    value = event.get(name)
    if not isinstance(value, str) or not value:
        raise InvalidEventError(f"{name} is missing or no text")
    return value


def _require_repeatable(ids: list[str]) -> None:
    try:
        size = len(json.dumps(ids, ensure_ascii=False).encode())
    except UnicodeEncodeError:
        raise InvalidEventError("an id is no Unicode") from None
    if size > _MOST_BYTES_OF_IDS:
        raise InvalidEventError(f"the ids are too long: got {size} bytes, allowed {_MOST_BYTES_OF_IDS}")


def _require_url(url: str) -> None:
    """Refuse a URL that CloudFormation cannot have sent: whoever invokes the function would choose where it writes."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise InvalidEventError("ResponseURL is no URL") from None
    is_https = parts.scheme == "https" and host and "@" not in parts.netloc
    if not host or not is_https or len(url) > _LONGEST_URL or not _VISIBLE.fullmatch(url):
        raise InvalidEventError("ResponseURL is no URL of https")
    named = {name.strip().strip("[]").lower() for name in os.environ.get(RESPONSE_HOSTS_VARIABLE, "").split(",")}
    if host not in named and not host.endswith(tuple(f".{suffix}" for suffix in dns_suffixes())):
        raise InvalidEventError(
            f"ResponseURL is of the host {host[:255]}, and allowed are hosts of AWS: "
            f"name another in the function's environment variable {RESPONSE_HOSTS_VARIABLE}"
        )


def _require_own_stack(stack_id: str, context: object) -> None:
    """Refuse a stack of others: whoever may invoke the function could use its role for any stack that they name."""
    stack = _STACK_ID.fullmatch(stack_id)
    if stack is None:
        raise InvalidEventError("StackId is not the ARN of a stack")
    own = os.environ.get(STACK_ID_VARIABLE)
    if own and stack_id != own:
        raise InvalidEventError("StackId is not that of the function's stack")
    function = str(getattr(context, "invoked_function_arn", None) or "").split(":")
    if len(function) > 4:  # noqa: PLR2004 (an ARN's parts)
        if (function[1], function[3], function[4]) != stack.groups():
            raise InvalidEventError("StackId is not of the function's account, Region and partition")
    elif not own:
        # Lambda always gives it: without it nothing tells whose events these are.
        missing = f"the context has no ARN of the function, and there is no {STACK_ID_VARIABLE}"
        raise InvalidEventError(f"nothing tells whose events these are: {missing}")


def _require_awaited(event: Mapping[str, Any]) -> None:
    """Refuse an event that CloudFormation has given up: its resource may be somebody else's by now, or deleted."""
    issued, ends = _signed(event["ResponseURL"])
    now = datetime.now(UTC)
    if ends is not None and now > ends:
        raise InvalidEventError("the event comes too late: the signature of its ResponseURL has expired")
    if issued is not None and now > issued + _service_timeout(event) + CLOCKS:
        raise InvalidEventError("the event comes too late: CloudFormation waited for it until its ServiceTimeout")


def _service_timeout(event: Mapping[str, Any]) -> timedelta:
    properties = event.get("ResourceProperties")
    given = str(properties.get("ServiceTimeout")) if isinstance(properties, dict) else ""
    seconds = int(given) if re.fullmatch("[0-9]{1,4}", given) else _LONGEST_SERVICE_TIMEOUT
    return timedelta(seconds=seconds if 1 <= seconds <= _LONGEST_SERVICE_TIMEOUT else _LONGEST_SERVICE_TIMEOUT)


def _signed(url: str) -> tuple[datetime | None, datetime | None]:
    """Return when a pre-signed URL was signed and until when it is valid, as far as it says."""
    query = parse_qs(urlsplit(url).query)
    try:
        if "X-Amz-Date" not in query:
            return None, datetime.fromtimestamp(int(query["Expires"][0]), UTC)
        issued = datetime.strptime(query["X-Amz-Date"][0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        seconds = query.get("X-Amz-Expires", [None])[0]
        return issued, None if seconds is None else issued + timedelta(seconds=int(seconds))
    except (KeyError, ValueError, OverflowError, OSError):
        return None, None
