"""The service over HTTP or HTTPS."""

import logging
import socket
import ssl
import struct
import uuid
from collections.abc import Callable, Mapping
from email.message import Message
from http import HTTPStatus
from threading import Event, Thread
from typing import Any, Final, NamedTuple, Self

from imagebuilder_local.emulator.errors import ServiceError
from imagebuilder_local.emulator.faults import DroppedError, Fault, InjectedError, RawAnswerError, read_order
from imagebuilder_local.emulator.image_builder import ImageBuilder
from imagebuilder_local.emulator.services import Services
from imagebuilder_local.emulator.wire import access_key, json_object, read_request, route, to_json
from imagebuilder_local.http_server import BoundedHandler, BoundedServer

_log = logging.getLogger("imagebuilder_local.emulator")

_ERROR_TYPE = "x-amzn-ErrorType"

_MOST_BYTES: Final = 2**20
"""Maximum length of a body: CloudFormation's limit for a template."""

_MOST_BYTES_OF_A_LINE: Final = 1024
"""Maximum length of a line between the chunks of a body."""

STATE_PATH = "/_local/state"
"""A GET of this path returns the whole state of the service. AWS has no such operation."""

FAULTS_PATH = "/_local/faults"
"""A POST of `{"operation": ..., "faults": [...]}` to this path queues faults; a DELETE removes them."""


class Answered(NamedTuple):
    """The result of a request: the status, None if the connection was closed, and the code and message of an error."""

    status: int | None
    code: str | None
    message: str | None


Authenticate = Callable[[str, str, Mapping[str, str], bytes], None]
"""Called with the method, target, headers (in lower case) and body of a request. ServiceError rejects it."""

Watch = Callable[[str, dict[str, Any], Message], Callable[[Answered], None]]
"""Called with operation, members and headers of a request. It returns a callback for the result."""


Place = Callable[[str | None], tuple[str, str]]
"""Called with the Authorization header of a request. It returns the account and the Region that the request is for."""


class ImageBuilderServer:
    """Serves an `ImageBuilder` in background threads from `start` to `stop`, or inside a `with` block.

    Port 0 selects a free port; `url` has it. With an `ssl_context` it serves HTTPS. `watch` is called for each request.
    """

    def __init__(
        self,
        service: ImageBuilder,
        host: str = "127.0.0.1",
        port: int = 0,
        ssl_context: ssl.SSLContext | None = None,
        watch: Watch | None = None,
    ) -> None:
        self._http = _Server(service, (host, port), ssl_context, watch or _unwatched)
        self._thread: Thread | None = None
        scheme = "https" if ssl_context else "http"
        self.url = f"{scheme}://{host}:{self._http.server_address[1]}"

    def start(
        self, authenticate: Authenticate | None = None, services: Services | None = None, place: Place | None = None
    ) -> None:
        """Start to serve. The port is already open, so earlier requests are also handled.

        `authenticate` is called for each request; without it every request is allowed. With `services`, the `place` of
        a request selects its service; without them, one service handles all requests.
        """
        if self._thread is None:
            self._http.authenticate = authenticate
            if services is not None and place is not None:
                self._http.elsewhere = lambda authorization: services.of(*place(authorization))
                self._http.services = services.all
            self._thread = Thread(target=self._http.serve_forever, args=(0.05,), name="imagebuilder", daemon=True)
            self._thread.start()

    @property
    def service(self) -> ImageBuilder:
        """The service that handles requests."""
        return self._http.service

    def serve(self, service: ImageBuilder) -> None:
        """Serve another service from now on, as if the account had been emptied."""
        self._http.service = service

    def stop(self) -> None:
        """Stop the server, close all connections and release the port. The server cannot be restarted."""
        self._http.stopped.set()
        if self._thread is not None:
            self._http.shutdown()
            self._thread.join()
            self._thread = None
        self._http.server_close()
        self._http.close_connections()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class _BodyError(ServiceError):
    """The body of a request was not read completely."""


def _unreadable() -> _BodyError:
    return _BodyError("SerializationException", "The length of the body cannot be read.")


def _too_long() -> _BodyError:
    return _BodyError(
        "RequestEntityTooLargeException", f"The body is too long: allowed are at most {_MOST_BYTES} bytes."
    )


def _unwatched(_operation: str, _request: dict[str, Any], _headers: Message) -> Callable[[Answered], None]:
    return lambda _: None


class _Server(BoundedServer):
    def __init__(
        self, service: ImageBuilder, address: tuple[str, int], ssl_context: ssl.SSLContext | None, watch: Watch
    ) -> None:
        self.service = service
        self.elsewhere: Callable[[str | None], ImageBuilder] = lambda _: self.service
        self.services: Callable[[], list[ImageBuilder]] = lambda: [self.service]
        self.watch = watch
        self.authenticate: Authenticate | None = None
        self.stopped = Event()
        super().__init__(address, _Handler, ssl_context)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002
        _log.debug("connection ended", exc_info=True)


class _Handler(BoundedHandler):
    server: _Server  # pyright: ignore[reportIncompatibleVariableOverride] (only _Server makes handlers)
    disable_nagle_algorithm = True

    def _respond(self) -> None:
        request_id = str(uuid.uuid4())
        self._ended: Callable[[Answered], None] = lambda _: None
        try:
            status, answer, headers = self._answer_if_authentic(self._read_body(), request_id)
        except DroppedError as dropped:
            self._ended(Answered(None, None, str(dropped)))
            self._drop()
            return
        except RawAnswerError as raw:
            self._ended(Answered(raw.status, None, None))
            self._send(raw.status, "text/html", raw.content, {})
            return
        except _BodyError as error:
            self.close_connection = True  # the start of the next request is unknown
            status, (answer, headers) = error.http_status, _error(error)
        self._ended(Answered(status, headers.get(_ERROR_TYPE), answer.get("message") if headers else None))
        self._send(status, "application/json", to_json(answer), {"x-amzn-RequestId": request_id} | headers)

    def _send(self, status: int, content_type: str, content: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(content)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_PUT = do_POST = do_DELETE = _respond  # noqa: N815 (names that http.server looks for)

    def _answer_if_authentic(self, body: bytes, request_id: str) -> tuple[int, dict[str, Any], dict[str, str]]:
        if self.server.authenticate is not None:
            try:
                self.server.authenticate(self.command, self.path, self._headers(), body)
            except ServiceError as error:
                return error.http_status, *_error(error)  # not logged, since any client could fill the log
        return self._answer(body, request_id)

    def _answer(self, body: bytes, request_id: str) -> tuple[int, dict[str, Any], dict[str, str]]:
        if self.command == "GET" and self.path == STATE_PATH:
            return HTTPStatus.OK, self._state(), {}
        if self.path == FAULTS_PATH:
            return self._order_faults(body)
        found = route(self.command, self.path)
        if found is None:
            _log.info("no operation %d", HTTPStatus.NOT_FOUND)
            error = ServiceError("UnknownOperationException", f"Unknown operation: {self.command} {self.path}.")
            return HTTPStatus.NOT_FOUND, *_error(error)
        name = found.operation.name
        service = self.server.elsewhere(self.headers.get("Authorization"))
        try:
            caller = access_key(self.headers.get("Authorization"))
            request = read_request(found, self.path, body)
            self._ended = self.server.watch(name, request, self.headers)
            fault = service.faults.take(name) or Fault()
            self._strike_before(service, fault, name, request)
            answer = service.call(name, request, request_id=request_id, access_key=caller)
            self._strike_after(fault)
        except (DroppedError, RawAnswerError) as fault_made:
            _log.info("%s fault: %s", name, fault_made)
            raise
        except ServiceError as error:
            _log.info("%s %d %s", name, error.http_status, error.code)
            return error.http_status, *_error(error)
        except Exception:  # noqa: BLE001 (an internal error of the emulator also gets a response)
            _log.exception("%s %d", name, HTTPStatus.INTERNAL_SERVER_ERROR)
            failure = ServiceError("ServiceException", "The emulator failed: see its log.")
            return failure.http_status, *_error(failure)
        _log.info("%s %d", name, HTTPStatus.OK)
        return HTTPStatus.OK, answer, {}

    def _strike_before(self, service: ImageBuilder, fault: Fault, operation: str, request: dict[str, Any]) -> None:
        self.server.stopped.wait(fault.delay)
        if fault.name is None:
            return
        service.note(operation, request, fault.name)
        if fault.fault == "hang":
            self.server.stopped.wait()
        if fault.fault is not None:
            raise DroppedError(fault.fault)
        if fault.code is not None:
            raise InjectedError(fault.code, fault.message, fault.status)
        raise RawAnswerError(fault.status or HTTPStatus.OK, (fault.body or "").encode())

    def _strike_after(self, fault: Fault) -> None:
        if fault.fault is not None:
            if fault.fault == "reply hangs":
                self.server.stopped.wait()
            raise DroppedError(fault.fault)

    def _drop(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True

    def _order_faults(self, body: bytes) -> tuple[int, dict[str, Any], dict[str, str]]:
        faults = self.server.service.faults
        try:
            match self.command:
                case "POST":
                    faults.add(*read_order(json_object(body)))
                case "DELETE":
                    faults.clear()
                case _:
                    pass
        except ServiceError as error:
            return error.http_status, *_error(error)
        except (ValueError, TypeError) as error:
            return HTTPStatus.BAD_REQUEST, *_error(ServiceError("ValidationException", str(error)))
        return HTTPStatus.OK, {"waiting": faults.waiting()}, {}

    def _state(self) -> dict[str, Any]:
        services = self.server.services()
        return {
            "pipelines": [pipeline for service in services for pipeline in service.pipelines()],
            "registered": {arn: facts for service in services for arn, facts in service.registered().items()},
            "calls": [call._asdict() for service in services for call in service.calls()],
        }

    def _headers(self) -> dict[str, str]:
        return {name.lower(): ",".join(self.headers.get_all(name, [])) for name in self.headers}

    def _read_body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", "").lower():
            return self._read_bytes(self.headers.get("Content-Length", "0"), 10)
        body = b""
        while chunk := self._read_bytes(self._read_line().split(b";")[0].decode("latin-1"), 16, len(body)):
            body += chunk
            self._read_line()
        while self._read_line().strip():
            pass
        return body

    def _read_bytes(self, length: str, base: int, already: int = 0) -> bytes:
        if not (length.strip().isascii() and length.strip().isalnum()):  # int() would accept a sign
            raise _unreadable()
        try:
            size = int(length, base)
        except ValueError:
            raise _unreadable() from None
        if already + size > _MOST_BYTES:
            raise _too_long()
        return self.rfile.read(size)

    def _read_line(self) -> bytes:
        line = self.rfile.readline(_MOST_BYTES_OF_A_LINE)
        if len(line) == _MOST_BYTES_OF_A_LINE:
            raise _unreadable()
        return line

    def log_message(self, format: str, *args: Any) -> None:
        """Send http.server's line per request to the debug log, not to stderr."""
        _log.debug(format, *args)


def _error(error: ServiceError) -> tuple[dict[str, Any], dict[str, str]]:
    return {"message": error.message}, {_ERROR_TYPE: error.code}
