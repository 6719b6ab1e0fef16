"""Gets the answer to CloudFormation, or fails in bounds."""

import http.client
import json
import logging
import random
import time
from collections.abc import Callable, Mapping
from contextlib import closing
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
logging.getLogger("urllib3").setLevel(logging.ERROR)  # below, it logs the address: malformed headers are a warning
logging.getLogger("botocore.httpsession").setLevel(logging.INFO)  # the same, of what failed


class UndeliveredError(Exception):
    """CloudFormation did not take the answer. Raised out of the function so that Lambda delivers the event again."""


def prepare() -> None:
    """Do in advance what the first answer needs."""
    from imagebuilder_pipeline_handler import http  # noqa: PLC0415 (see _put)

    http.prepare()


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
    """Make one try; return what was wrong with it, None only when a status of 2xx was seen.

    A socket's timeout is not enough: looking up a name knows none, and it begins anew with every byte that arrives.
    """
    try:
        attempt = Errand(lambda: _put(url, body))
    except (RuntimeError, MemoryError) as error:  # there is no room for a thread
        return type(error).__name__
    if not attempt.ends_within(timeout):
        return f"no answer in {timeout:.1f} s"
    if attempt.error is not None:
        return _cause(attempt.error)
    return None if attempt.result in _HTTP_SUCCESS else f"status {attempt.result}"


def _put(url: str, body: bytes) -> int:
    try:
        from imagebuilder_pipeline_handler.http import put  # noqa: PLC0415
    except ImportError:
        # An SDK that cannot be imported is a fault to answer, so the answer must not need it.
        return _put_without_sdk(url, body)
    return put(url, body, _SECONDS_PER_TRY)


def _put_without_sdk(url: str, body: bytes) -> int:
    parts = urlsplit(url)
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    with closing(http.client.HTTPSConnection(parts.netloc, timeout=_SECONDS_PER_TRY)) as connection:
        connection.request("PUT", path, body=body, headers={"Content-Type": ""})
        return connection.getresponse().status


def _cause(error: BaseException) -> str:
    """Return the name of the fault that all others were raised for. Their texts have the URL in them."""
    while error.__context__ is not None:
        error = error.__context__
    return type(error).__name__


def _encode(answer: dict[str, Any]) -> bytes:
    return json.dumps(answer, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode(errors="replace")
