"""Gets the answer to CloudFormation, or fails in bounds."""

import http.client
import json
import logging
import random
import ssl
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from functools import cache
from typing import Any, Final
from urllib.parse import urlsplit

from imagebuilder_pipeline_handler.errand import Errand
from imagebuilder_pipeline_handler.reasons import shortened

MOST_BYTES: Final = 4096
"""CloudFormation's limit for the body of a response."""

_TRIES: Final = 8
_SECONDS_PER_TRY: Final = 4.0
_LONGEST_PAUSE: Final = 8.0
_RESERVE: Final = 0.5
"""Seconds left over at the end, so that giving up is logged before the function is stopped."""

_HTTP_SUCCESS: Final = range(200, 300)

_log = logging.getLogger(__name__)


class UndeliveredError(Exception):
    """CloudFormation did not take the answer. Raised out of the function so that Lambda delivers the event again."""


def body_of(answer: dict[str, Any]) -> bytes:
    """Encode an answer so that it fits: attributes go first, then the end of the reason, the ids never.

    TypeError, ValueError or RecursionError when the attributes cannot be written as JSON.
    """
    answer = answer | {"Data": flattened(answer["Data"])}
    body = _encode(answer)
    if len(body) > MOST_BYTES:
        answer = answer | {"Data": {}}
        body = _encode(answer)
    most = len(answer["Reason"])
    while len(body) > MOST_BYTES and most > 0:
        most -= max(1, (len(body) - MOST_BYTES) // 4)
        body = _encode(answer | {"Reason": shortened(answer["Reason"], most=most)})
    return body


def flattened(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return attributes by dotted names: `Fn::GetAtt` finds none inside another."""
    flat: dict[str, Any] = {}
    for name, value in data.items():
        if isinstance(value, Mapping):
            flat |= {f"{name}.{inner}": item for inner, item in flattened(value).items()}
        else:
            flat[name] = value
    return flat


def deliver(url: str, body: bytes, seconds_left: Callable[[], float]) -> None:
    """Put the answer to the pre-signed URL until it is taken: only a status of 2xx is.

    Raises UndeliveredError after some tries or at the deadline. The URL is a secret: messages name its host alone.
    """
    host = urlsplit(url).hostname
    for attempt in range(_TRIES):
        timeout = min(_SECONDS_PER_TRY, seconds_left() - _RESERVE)
        if timeout <= 0:
            break
        fault = _put_within(timeout, url, body)
        if fault is None:
            return
        _log.warning("try %d of %d to answer CloudFormation at %s: %s", attempt + 1, _TRIES, host, fault)
        pause = random.uniform(0, min(_LONGEST_PAUSE, 0.5 * 2**attempt))  # noqa: S311 (spreads load, guards nothing)
        if attempt + 1 == _TRIES or seconds_left() - pause <= _RESERVE:
            break
        time.sleep(pause)
    raise UndeliveredError(f"CloudFormation did not take the answer: {host} did not accept it in time")


def _put_within(timeout: float, url: str, body: bytes) -> str | None:
    """Make one try; return what was wrong with it, None when nothing was.

    A socket's timeout is not enough: looking up a name knows none, and it begins anew with every byte that arrives.
    """
    attempt = Errand(lambda: _put(url, body, timeout))
    return attempt.result if attempt.ends_within(timeout) else f"no answer in {timeout:.1f} s"


def _put(url: str, body: bytes, timeout: float) -> str | None:
    parts = urlsplit(url)
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    try:
        connection: http.client.HTTPConnection
        if parts.scheme == "http":
            connection = http.client.HTTPConnection(parts.netloc, timeout=timeout)
        else:
            connection = http.client.HTTPSConnection(parts.netloc, timeout=timeout, context=_trusting())
        with closing(connection):
            # The signature covers an empty content type.
            connection.request("PUT", path, body=body, headers={"Content-Type": ""})
            status = connection.getresponse().status
    except Exception as error:  # noqa: BLE001 (whatever it is, the answer was not taken)
        return type(error).__name__
    return None if status in _HTTP_SUCCESS else f"status {status}"


@cache
def _trusting() -> ssl.SSLContext:
    """Return what TLS connections trust: reading the certificates takes longer than the rest of an answer."""
    return ssl.create_default_context()


def _encode(answer: dict[str, Any]) -> bytes:
    return json.dumps(answer, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode(errors="replace")
