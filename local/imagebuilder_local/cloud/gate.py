"""Checks requests before ministack gets them: it rejects unsigned, long and slow requests."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final
from xml.sax.saxutils import escape

from imagebuilder_local.cloud.ministack.signatures import Signatures
from imagebuilder_local.emulator import ServiceError

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_MOST_BYTES: Final = 2**28
_MOST_BYTES_UNSIGNED: Final = 2**18
_SECONDS_FOR_A_BODY: Final = 75.0

_UNSIGNED: Final = (
    ("GET", re.compile(r"/_ministack/(health|ready)")),
    # The token in the path replaces the signature of a pre-signed URL.
    ("PUT", re.compile(r"/_ministack/cfn-(response|signal)/[-0-9a-f]+")),
)
_HEADERS_UNSIGNED: Final = frozenset({b"content-length", b"content-type", b"transfer-encoding"})


class Gate:
    """An ASGI application that forwards signed requests, and responses to CloudFormation, to another."""

    def __init__(self, app: App, signatures: Signatures) -> None:
        self._app = app
        self._signatures = signatures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Forward a request, or reject it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            try:
                scope, body = await self._admit(scope, receive)
            except ServiceError as error:
                await _refuse(error, scope, send)
            except _GoneError:
                return
            else:
                await self._app(scope, _again(body, receive), send)
        else:
            await send({"type": "websocket.close", "code": 1008})

    async def _admit(self, scope: Scope, receive: Receive) -> tuple[Scope, bytes]:
        method, path = scope["method"], scope["path"]
        if any(method == allowed and pattern.fullmatch(path) for allowed, pattern in _UNSIGNED):
            # ministack also routes by host, by other headers and by the query.
            few = [(name, value) for name, value in scope["headers"] if name in _HEADERS_UNSIGNED]
            return scope | {"headers": few, "query_string": b""}, await _read(receive, _MOST_BYTES_UNSIGNED)
        headers = _headers(scope)
        target = f"{scope['raw_path'].decode('latin-1')}?{scope['query_string'].decode('latin-1')}"
        self._signatures.require_key(target, headers)
        body = await _read(receive, _MOST_BYTES)
        self._signatures.require(method, target, headers, body)
        return scope, body


class _GoneError(Exception):
    """The client has disconnected."""


async def _read(receive: Receive, most: int) -> bytes:
    chunks: list[bytes] = []
    length = 0
    try:
        async with asyncio.timeout(_SECONDS_FOR_A_BODY):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise _GoneError
                chunks.append(message.get("body", b""))
                length += len(chunks[-1])
                if length > most:
                    raise ServiceError(
                        "RequestEntityTooLargeException", f"The body is too long: allowed are at most {most} bytes."
                    )
                if not message.get("more_body", False):
                    return b"".join(chunks)
    except TimeoutError as error:
        raise ServiceError(
            "RequestTimeout", f"The body did not arrive within {_SECONDS_FOR_A_BODY:.0f} s: send it again."
        ) from error


def _again(body: bytes, receive: Receive) -> Receive:
    waiting = [{"type": "http.request", "body": body, "more_body": False}]

    async def received() -> dict[str, Any]:
        return waiting.pop() if waiting else await receive()

    return received


def _headers(scope: Scope) -> dict[str, str]:
    found: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("utf-8", "replace")
        # The signature of a repeated header covers its values joined with a comma, without a space.
        found[name] = f"{found[name]},{value}" if name in found else value
    return found


async def _refuse(error: ServiceError, scope: Scope, send: Send) -> None:
    content_type, body = _error(error, _headers(scope), scope["query_string"].decode("latin-1"))
    headers = {
        "content-type": content_type,
        "content-length": str(len(body)),
        "x-amzn-errortype": error.code,
        "connection": "close",
    }
    raw = [(name.encode(), value.encode("latin-1", "replace")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": error.http_status, "headers": raw})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


def _error(error: ServiceError, headers: Mapping[str, str], query: str) -> tuple[str, bytes]:
    """Return content type and body of an error, in the protocol of the client as far as it can be detected."""
    inner = f"<Error><Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message></Error>"
    if (
        re.search(r"(/|%2F)s3(/|%2F)aws4_request", headers.get("authorization", "") + query)
        or "AWSAccessKeyId=" in query
    ):
        return "application/xml", inner.encode()
    if headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return "text/xml", f"<ErrorResponse>{inner}</ErrorResponse>".encode()
    return "application/json", json.dumps({"__type": error.code, "message": error.message}).encode()
