"""Tells an event of CloudFormation from what only looks like one, before anything is answered."""

import json
import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

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

KINDS: Final = frozenset({"Create", "Update", "Delete"})
"""What an event may ask for."""


class InvalidEventError(Exception):
    """The event cannot be answered, for it does not say to whom. The message names its members and no values."""


def checked(event: object, context: object) -> dict[str, Any]:
    """Return what is known of an event that can be answered, and nothing else that it holds.

    What is left out could mean something to crhelper: with `CrHelperPoll` it would do nothing and answer SUCCESS.
    InvalidEventError when the ids or the URL are not CloudFormation's, or the stack is not of the function's account.
    """
    if not isinstance(event, dict):
        raise InvalidEventError("the event is no map")
    given = [*_IDS, "PhysicalResourceId"] if event.get("PhysicalResourceId") is not None else _IDS
    _require_repeatable([_text(event, name) for name in given])
    _require_url(_text(event, "ResponseURL"))
    _require_own_stack(event["StackId"], context)
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


def marker(event: Event) -> str:
    """Return an id that is plainly no pipeline's, for a Create that made nothing."""
    return f"{_MARKER}{event['LogicalResourceId']}/{event['RequestId']}"


def is_marker(physical_id: str) -> bool:
    """Tell whether the id says that nothing was made."""
    return physical_id.startswith(_MARKER)


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
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise InvalidEventError("ResponseURL is no URL") from None
    is_web = parts.scheme in {"http", "https"} and host and "@" not in parts.netloc
    if not is_web or len(url) > _LONGEST_URL or not _VISIBLE.fullmatch(url):
        raise InvalidEventError("ResponseURL is no URL of http or https")


def _require_own_stack(stack_id: str, context: object) -> None:
    """Refuse a stack of others: who may invoke the function could use its role for any stack that they name."""
    stack = _STACK_ID.fullmatch(stack_id)
    if stack is None:
        raise InvalidEventError("StackId is not the ARN of a stack")
    function = str(getattr(context, "invoked_function_arn", None) or "").split(":")
    if len(function) > 4 and (function[1], function[3], function[4]) != stack.groups():  # noqa: PLR2004 (an ARN's parts)
        raise InvalidEventError("StackId is not of the function's account, Region and partition")
