"""CloudFormation's side of a custom resource: events out, answers in, over real sockets."""

import json
import socket
import ssl
import struct
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Self

from support.clock import CLOCK

STACK_ID = "arn:aws:cloudformation:us-east-1:000000000000:stack/Golden/6f2d1c3e-0000-4000-8000-000000000000"
FUNCTION_ARN = "arn:aws:lambda:us-east-1:000000000000:function:f"

NO_SUCH_HOST = "https://no-such-host.invalid/bucket/key?X-Amz-Signature=5ecre7"
"""A ResponseURL whose host no DNS knows."""


def refused_url() -> str:
    """Return a ResponseURL where nobody listens."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return f"https://127.0.0.1:{unused.getsockname()[1]}/bucket/key?{ResponseServer.SECRET}"


class Context:
    """A Lambda context that counts down on the clock of the tests."""

    def __init__(self, seconds: float = 300.0, invoked_function_arn: str = FUNCTION_ARN) -> None:
        self.invoked_function_arn = invoked_function_arn
        self._deadline = CLOCK.monotonic() + seconds

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self._deadline - CLOCK.monotonic()) * 1000))


class _QuietServer(ThreadingHTTPServer):
    responses: "ResponseServer"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of connections that the tests break on purpose."""


class ResponseServer:
    """The server behind a ResponseURL. `script` says what to do with the next requests; after it, status 200.

    A number is a status, `hang` never answers, `reset` drops the connection, `garbage` answers with what is not HTTP,
    `drip` answers one byte now and then and never ends. With a `context` it speaks TLS; if the function does not trust
    its certificate, nothing arrives in `requests`. `taken` are the answers that CloudFormation believes, `requests` all
    that were put, each with the time (`at`, monotonic) when it came.
    """

    SECRET: ClassVar = "X-Amz-Signature=5ecre7"

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.script: list[int | str] = []
        self.taken: list[dict[str, Any]] = []
        self.requests: list[dict[str, Any]] = []
        self.stopped = threading.Event()
        self._server = _QuietServer(("127.0.0.1", 0), _Handler)
        self._server.responses = self
        self._server.daemon_threads = True
        self._scheme = "http"
        if context is not None:
            self._scheme = "https"
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self._server.server_address[1]}/bucket/key%7C1?{self.SECRET}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        with suppress(OSError):  # outside Linux a socket that listens is not shut down
            # The server's thread wakes up at once, and not at its next poll.
            self._server.socket.shutdown(socket.SHUT_RDWR)
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: _QuietServer  # pyright: ignore[reportIncompatibleVariableOverride]

    def do_PUT(self) -> None:
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        body = json.loads(raw)
        self.server.responses.requests.append(
            {
                "path": self.path,
                "type": self.headers["Content-Type"],
                "bytes": len(raw),
                "body": body,
                "at": time.monotonic(),
            }
        )
        self._act(self.server.responses.script.pop(0) if self.server.responses.script else 200, body)
        self.close_connection = True

    def _act(self, act: int | str, body: dict[str, Any]) -> None:
        match act:
            case int():
                self._answer(act, body)
            case "hang":
                self.server.responses.stopped.wait(30)
            case "reset":
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
            case "garbage":
                self.wfile.write(b"220 smtp.example.com ESMTP\r\n\r\n")
            case "malformed headers":
                self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n no header\r\n: none\r\nX\r\n\r\n")
            case "endless body":
                self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n")
                self.server.responses.stopped.wait(30)
            case "drip":
                while not self.server.responses.stopped.wait(0.05):
                    self.wfile.write(b"H")
            case _:
                raise ValueError(act)

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        if status == 200:
            self.server.responses.taken.append(body)
        self.send_response(status)
        self.send_header("Content-Length", "0")
        if 300 <= status < 400:
            self.send_header("Location", self.server.responses.url)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        pass


def signature(sent: datetime, seconds: int = 7200) -> str:
    """Return what a pre-signed URL says of when it was signed and for how long."""
    return f"&X-Amz-Date={sent.astimezone(UTC):%Y%m%dT%H%M%SZ}&X-Amz-Expires={seconds}"


def as_cloudformation_sends(value: Any) -> Any:
    """Return properties with every scalar as a string, which is how they arrive."""
    match value:
        case dict():
            return {key: as_cloudformation_sends(item) for key, item in value.items()}
        case list():
            return [as_cloudformation_sends(item) for item in value]
        case bool():
            return str(value).lower()
        case int() | float():
            return str(value)
        case _:
            return value


@dataclass
class Resource:
    """One custom resource of a stack: remembers what CloudFormation remembers of it."""

    handler: Callable[[dict[str, Any], Any], None]
    responses: ResponseServer
    logical_id: str = "Pipeline"
    stack_id: str = STACK_ID
    physical_id: str | None = None
    properties: dict[str, Any] = field(default_factory=dict)
    resource_type: str = "Custom::ImagePipeline"

    def create(self, **properties: Any) -> dict[str, Any]:
        """Send a Create and return the answer."""
        answer = self.send(self.event("Create", properties))
        self.physical_id, self.properties = answer["PhysicalResourceId"], properties
        return answer

    def update(self, **properties: Any) -> dict[str, Any]:
        """Send an Update to these properties, all of them, and return the answer."""
        answer = self.send(self.event("Update", properties))
        if answer["Status"] == "SUCCESS":
            self.physical_id, self.properties = answer["PhysicalResourceId"], properties
        return answer

    def delete(self, physical_id: str | None = None) -> dict[str, Any]:
        """Send a Delete, of this id or of the one that the resource has, and return the answer."""
        event = self.event("Delete", self.properties)
        return self.send(event | {"PhysicalResourceId": physical_id or self.physical_id})

    def event(self, kind: str, properties: dict[str, Any], sent: datetime | None = None) -> dict[str, Any]:
        """Return a new event; with `sent`, the signature of its ResponseURL says that it was sent then."""
        given = {"ServiceToken": FUNCTION_ARN, "ServiceTimeout": 1080}
        event: dict[str, Any] = {
            "RequestType": kind,
            "RequestId": str(uuid.uuid4()),
            "StackId": self.stack_id,
            "ResponseURL": self.responses.url + (signature(sent) if sent else ""),
            "ResourceType": self.resource_type,
            "LogicalResourceId": self.logical_id,
            "ResourceProperties": as_cloudformation_sends(given | properties),
        }
        if kind != "Create":
            event["PhysicalResourceId"] = self.physical_id
        if kind == "Update":
            event["OldResourceProperties"] = as_cloudformation_sends(given | self.properties)
        return event

    def send(self, event: dict[str, Any], seconds: float = 300.0) -> dict[str, Any]:
        """Deliver an event to the function and return the one answer that CloudFormation took for it."""
        before = len(self.responses.taken)
        self.handler(event, Context(seconds))
        (answer,) = self.responses.taken[before:]
        assert {key: answer[key] for key in ("StackId", "RequestId", "LogicalResourceId")} == {
            key: event[key] for key in ("StackId", "RequestId", "LogicalResourceId")
        }
        return answer
