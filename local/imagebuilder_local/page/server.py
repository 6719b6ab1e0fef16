"""Server of the page. It uses plain HTTP, because browsers would warn about a self-signed certificate.

The page is for browsers on this machine. The server listens only on the loopback interface, and responds only under a
name of this machine, so that other sites cannot read it through the browser. It allows GET, and POST to start a build:
only from the page itself, so that other sites cannot start one through the browser.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from importlib.resources import files
from threading import Thread
from typing import Any, Final, NamedTuple, Self

from imagebuilder_local.emulator import ServiceError
from imagebuilder_local.http_server import BoundedHandler, BoundedServer

STATE_PATH: Final = "/state.json"
OPERATIONS_PATH: Final = "/operations.json"
START_PATH: Final = "/start"

Start = Callable[[Mapping[str, Any]], dict[str, Any]]
"""Starts a build for a request of the page and returns a JSON object. ServiceError rejects it."""

_MOST_BYTES: Final = 4096

_HOST: Final = "127.0.0.1"
_NAMES: Final = (_HOST, "localhost")
_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    # The browser must revalidate its cache: files may change in an upgrade.
    "Cache-Control": "no-cache",
    # An open connection would still get responses after the server stops.
    "Connection": "close",
}


class PageServer:
    """Serves the page's files and a state as JSON in background threads, from `start` to `stop` or in a `with`.

    Port 0 selects a free port; `url` has it. `operations` are served beside the state. Default: none. `start_build`
    starts a build for the page. Default: the page cannot start any.
    """

    def __init__(
        self,
        state: Callable[[], dict[str, Any]],
        port: int = 0,
        *,
        operations: Callable[[], list[dict[str, Any]]] = list,
        start_build: Start | None = None,
    ) -> None:
        self._http = _Server({STATE_PATH: state, OPERATIONS_PATH: operations}, port, start_build)
        self._thread: Thread | None = None
        self.url = f"http://{_HOST}:{self._http.server_address[1]}/"

    def start(self) -> None:
        """Start to serve."""
        if self._thread is None:
            self._thread = Thread(target=self._http.serve_forever, args=(0.05,), name="page", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Stop the server and release the port."""
        if self._thread is not None:
            self._http.shutdown()
            self._thread.join()
            self._thread = None
        self._http.server_close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class _Content(NamedTuple):
    type: str
    body: bytes


class _Server(BoundedServer):
    def __init__(self, sources: Mapping[str, Callable[[], Any]], port: int, start_build: Start | None) -> None:
        self.sources = sources
        self.start_build = start_build
        self.files = _files()
        super().__init__((_HOST, port), _Handler)
        self.hosts = frozenset(f"{name}:{self.server_address[1]}" for name in _NAMES)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore browsers that disconnect during a response."""


class _Handler(BoundedHandler):
    server: _Server  # pyright: ignore[reportIncompatibleVariableOverride] (only _Server makes handlers)

    def do_GET(self) -> None:  # noqa: N802 (the name that http.server looks for)
        if not self._is_at_its_address():
            return
        if self._path == START_PATH:
            self._refuse_method("POST")
            return
        content = self._content()
        if content is None:
            self._refuse(HTTPStatus.NOT_FOUND, "Page not found.")
            return
        tag = f'"{hashlib.sha256(content.body).hexdigest()[:32]}"'
        if self.headers.get("If-None-Match") == tag:
            self._send(HTTPStatus.NOT_MODIFIED, None, ETag=tag)
        else:
            self._send(HTTPStatus.OK, content, ETag=tag)

    def do_POST(self) -> None:  # noqa: N802
        if not self._is_at_its_address():
            return
        if self._path != START_PATH or self.server.start_build is None:
            self._refuse_method()
        elif not self._is_of_the_page():
            self._refuse(HTTPStatus.FORBIDDEN, "Only the page itself starts builds, with a request in JSON.")
        elif (request := self._request()) is None:
            self._refuse(HTTPStatus.BAD_REQUEST, f"The body must be a JSON object of at most {_MOST_BYTES} bytes.")
        else:
            try:
                response = self.server.start_build(request)
            except ServiceError as error:
                self._refuse(error.http_status, str(error))
            else:
                self._send(HTTPStatus.OK, _Content("application/json", json.dumps(response).encode()))

    def _is_at_its_address(self) -> bool:
        if self.headers.get("Host") in self.server.hosts:
            return True
        # A foreign site could read the page through a host name that resolves to this machine (DNS rebinding).
        self._refuse(HTTPStatus.MISDIRECTED_REQUEST, "The page is available only at its own address.")
        return False

    def _is_of_the_page(self) -> bool:
        """Return whether a request comes from the page. Browsers send Origin with each POST of a script or a form.

        A foreign site cannot send JSON without asking first by OPTIONS, which is refused.
        """
        return (
            self.headers.get("Origin") == f"http://{self.headers['Host']}"
            and self.headers.get("Sec-Fetch-Site", "same-origin") == "same-origin"
            and self.headers.get_content_type() == "application/json"
        )

    def _request(self) -> dict[str, Any] | None:
        """Return the JSON object in the body, None if there is none."""
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > _MOST_BYTES:
            return None
        try:
            found = json.loads(self.rfile.read(int(length)))
        except ValueError:
            return None
        return found if isinstance(found, dict) else None

    def _refuse_method(self, allowed: str = "GET") -> None:
        self._refuse(HTTPStatus.METHOD_NOT_ALLOWED, f"Only {allowed} is allowed.", Allow=allowed)

    do_HEAD = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _refuse_method  # noqa: N815 (http.server's names)

    def _content(self) -> _Content | None:
        source = self.server.sources.get(self._path)
        return self.server.files.get(self._path) if source is None else _json(source())

    @property
    def _path(self) -> str:
        return self.path.partition("?")[0]

    def _refuse(self, status: int, why: str, **headers: str) -> None:
        self._send(status, _Content("text/plain; charset=utf-8", f"{why}\n".encode()), **headers)

    def _send(self, status: int, content: _Content | None, **headers: str) -> None:
        self.send_response(status)
        for name, value in (_HEADERS | headers).items():
            self.send_header(name, value)
        if content is not None:
            self.send_header("Content-Type", content.type)
            self.send_header("Content-Length", str(len(content.body)))
        self.end_headers()
        if content is not None and self.command != "HEAD":
            self.wfile.write(content.body)

    def version_string(self) -> str:
        """Return a server header without version numbers."""
        return "imagebuilder-local"

    def log_message(self, format: str, *args: Any) -> None:
        """Do not log requests: the page sends one per second."""


def _json(value: Any) -> _Content:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
    return _Content("application/json", text.encode(errors="replace"))


def _files() -> dict[str, _Content]:
    folder = files("imagebuilder_local.page") / "files"
    served = {
        f"/{file.name}": _Content(_TYPES[f".{file.name.rpartition('.')[2]}"], file.read_bytes())
        for file in folder.iterdir()
        if file.is_file()
    }
    return served | {"/": served["/index.html"]}
