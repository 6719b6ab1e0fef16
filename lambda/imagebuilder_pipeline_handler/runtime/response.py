"""Sends the response to CloudFormation, or fails within the function's time."""

import http.client
import json
import logging
from collections.abc import Callable, Mapping
from contextlib import closing
from typing import Any, Final
from urllib.parse import urlsplit

from imagebuilder_pipeline_handler.runtime.clock import Clock
from imagebuilder_pipeline_handler.runtime.failure import shortened

MOST_BYTES: Final = 4096
"""CloudFormation's limit for the body of a response."""

TRIES: Final = 8
_LONGEST_PAUSE: Final = 8.0
_RESERVE: Final = 0.5
"""Seconds left over at the end, so that giving up is logged before Lambda stops the function."""

_HTTP_SUCCESS: Final = range(200, 300)

Put = Callable[[str, bytes, float], int]
"""Puts a body to a URL, with a timeout in seconds for the socket; returns the status."""

_log = logging.getLogger(__name__)


class UndeliveredError(Exception):
    """CloudFormation did not accept the response. Raised out of the function so that Lambda redelivers the event."""


def body_of(response: dict[str, Any]) -> bytes:
    """Encode a response so that it fits: the end of the reason goes, the ids and the attributes never."""
    body = _encode(response)
    most = len(response["Reason"])
    while len(body) > MOST_BYTES and most > 0:
        most -= max(1, (len(body) - MOST_BYTES) // 4)
        body = _encode(response | {"Reason": shortened(response["Reason"], most=most)})
    return body


def response_to(
    event: Mapping[str, Any], status: str, physical_id: str, *, reason: str = "", data: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Return the response to an event: SUCCESS with the attributes, or FAILED with the reason."""
    return {
        "Status": status,
        "Reason": reason,
        "PhysicalResourceId": physical_id,
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
        "NoEcho": False,
        "Data": dict(data or {}),
    }


def put(url: str, body: bytes, timeout: float) -> int:
    """Put a body through the proxies and with the certificates of botocore, or without the SDK if it is missing."""
    try:
        from imagebuilder_pipeline_handler.runtime.http import put as put_with_sdk  # noqa: PLC0415
    except ImportError:
        # A missing SDK is a fault that CloudFormation has to learn of, so the response must not need it.
        return _put_without_sdk(url, body, timeout)
    return put_with_sdk(url, body, timeout)


def deliver(url: str, body: bytes, seconds_left: Callable[[], float], put: Put, clock: Clock) -> None:
    """Put the response to the pre-signed URL until it is accepted, which only a 2xx status says.

    UndeliveredError after eight attempts or at the deadline. The URL is a secret: messages name only its host.
    """
    host = urlsplit(url).hostname
    for attempt in range(1, TRIES + 1):
        timeout = min(clock.timeouts.response, seconds_left() - _RESERVE)
        if timeout <= 0:
            break
        fault = _fault_of_attempt(timeout, url, body, put, clock)
        if fault is None:
            return
        _log.warning("attempt %d of %d to send the response to %s failed: %s", attempt, TRIES, host, fault)
        pause = clock.jitter(min(_LONGEST_PAUSE, 0.25 * 2**attempt))
        if attempt == TRIES or seconds_left() - pause <= _RESERVE:
            break
        clock.sleep(pause)
    raise UndeliveredError(f"CloudFormation did not get the response: {host} did not accept it in time")


def _fault_of_attempt(timeout: float, url: str, body: bytes, put: Put, clock: Clock) -> str | None:
    """Make one attempt and return its fault, None only when a 2xx status was seen.

    A socket's timeout is not enough: a name lookup has none, and it starts again with every byte that arrives.
    """
    try:
        attempt = clock.start(lambda: put(url, body, clock.timeouts.response))
    except (RuntimeError, MemoryError) as error:  # there is no room for a thread
        return type(error).__name__
    if not attempt.ends_within(timeout):
        return f"no answer in {timeout:.1f} s"
    if attempt.error is not None:
        return _cause(attempt.error)
    return None if attempt.result in _HTTP_SUCCESS else f"status {attempt.result}"


def _put_without_sdk(url: str, body: bytes, timeout: float) -> int:
    parts = urlsplit(url)
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    with closing(http.client.HTTPSConnection(parts.netloc, timeout=timeout)) as connection:
        connection.request("PUT", path, body=body, headers={"Content-Type": ""})
        return connection.getresponse().status


def _cause(error: BaseException) -> str:
    """Return the class of the first error of the chain. Their messages contain the URL."""
    while error.__context__ is not None:
        error = error.__context__
    return type(error).__name__


def _encode(response: dict[str, Any]) -> bytes:
    return json.dumps(response, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")
