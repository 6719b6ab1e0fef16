"""The page's own server: who may read it, and what a browser is told about it."""

import http.client
import json
import re
import socket
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from hatchling.builders.wheel import WheelBuilder
from support.cdk import ROOT

from imagebuilder_local.emulator import ServiceError
from imagebuilder_local.page import PageServer

FILES = sorted(file.name for file in (files("imagebuilder_local.page") / "files").iterdir())


@pytest.fixture
def state() -> dict[str, Any]:
    return {"events": []}


@pytest.fixture
def server(state: dict[str, Any]) -> Iterator[PageServer]:
    with PageServer(lambda: state) as running:
        yield running


def ask(server: PageServer, path: str = "/", method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=10)
    connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    response = connection.getresponse()
    found = response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
    connection.close()
    return found


def test_page_and_each_of_its_files_is_served_with_its_type(server: PageServer) -> None:
    types = {name: ask(server, f"/{name}")[1]["content-type"].partition(";")[0] for name in FILES}
    assert ask(server)[2] == ask(server, "/index.html")[2]
    assert types["index.html"] == "text/html"
    assert types["page.css"] == "text/css"
    assert types["page.js"] == "text/javascript"
    assert types["icon.svg"] == "image/svg+xml"


def test_page_loads_all_of_its_scripts_at_once(server: PageServer) -> None:
    page = ask(server)[2].decode()
    loaded = set(re.findall(r'rel="modulepreload" href="([^"]+)"', page)) | {"page.js"}
    assert loaded == {name for name in FILES if name.endswith(".js")}


def test_wheel_has_every_file_of_the_page() -> None:
    packed = {Path(file.distribution_path) for file in WheelBuilder(str(ROOT)).recurse_included_files()}
    assert {Path("imagebuilder_local/page/files") / name for name in FILES} <= packed


@pytest.mark.parametrize(
    "host", ["attacker.example", "127.0.0.1", "127.0.0.1:1", "127.0.0.1.attacker.example", "", "[::1]"]
)
def test_foreign_host_gets_nothing(server: PageServer, host: str) -> None:
    for path in ("/", "/state.json"):
        status, headers, body = ask(server, path, Host=host)
        assert (status, b"events" in body) == (421, False)
        assert "access-control-allow-origin" not in headers


def test_request_without_a_host_gets_nothing(server: PageServer) -> None:
    with socket.create_connection(("127.0.0.1", urlsplit(server.url).port or 0)) as connection:
        connection.sendall(b"GET /state.json HTTP/1.0\r\n\r\n")
        assert b" 421 " in connection.makefile("rb").readline()


def test_localhost_is_a_name_of_this_machine_too(server: PageServer) -> None:
    assert ask(server, Host=f"localhost:{urlsplit(server.url).port}")[0] == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])
def test_only_get_is_answered(server: PageServer, method: str) -> None:
    status, headers, _ = ask(server, "/state.json", method)
    assert (status, headers["allow"]) == (405, "GET")


@pytest.mark.parametrize("path", ["/nothing", "/../__init__.py", "/files/page.js", "/%2e%2e/server.py", "//etc/passwd"])
def test_what_is_not_of_the_page_is_not_found(server: PageServer, path: str) -> None:
    assert ask(server, path)[0] == 404


@pytest.mark.parametrize("path", ["/", "/state.json", "/page.js", "/nothing"])
def test_browser_is_told_to_run_nothing_else_and_to_show_it_to_nobody(server: PageServer, path: str) -> None:
    _, headers, _ = ask(server, path, Origin="https://attacker.example")
    policy = headers["content-security-policy"].split("; ")
    assert {"default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"} <= set(policy)
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert not [name for name in headers if name.startswith("access-control")]


def test_state_travels_again_only_when_it_has_changed(server: PageServer, state: dict[str, Any]) -> None:
    status, headers, body = ask(server, "/state.json")
    assert (status, json.loads(body)) == (200, {"events": []})
    assert ask(server, "/state.json", If_None_Match=headers["etag"])[::2] == (304, b"")
    state["events"] = ["<"]
    status, changed, body = ask(server, "/state.json", If_None_Match=headers["etag"])
    assert (status, json.loads(body)) == (200, {"events": ["<"]})
    assert changed["etag"] != headers["etag"]


def test_page_is_for_this_machine_alone(server: PageServer) -> None:
    assert urlsplit(server.url).hostname == "127.0.0.1"
    port = urlsplit(server.url).port or 0
    others = {str(info[4][0]) for info in socket.getaddrinfo(socket.gethostname(), port, socket.AF_INET)} - {
        "127.0.0.1"
    }
    for address in {"127.0.0.2"} | others:
        with pytest.raises(OSError, match=r"refused|timed out|unreachable|requested address"):
            socket.create_connection((address, port), timeout=2)


def test_port_is_given_back_at_the_end(state: dict[str, Any]) -> None:
    with PageServer(lambda: state) as server:
        port = urlsplit(server.url).port or 0
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=2)


STARTED = {"imageBuildVersionArn": "arn:image"}
BODY = b'{"imagePipelineArn": "arn"}'
Header = tuple[str, str | None]


@pytest.fixture
def started(state: dict[str, Any]) -> Iterator[tuple[PageServer, list[Any]]]:
    """A server whose builds start, and the requests for them."""
    requests: list[Any] = []

    def start(request: Any) -> dict[str, Any]:
        requests.append(request)
        if "imagePipelineArn" not in request:
            raise ServiceError("ResourceNotFoundException", "no such pipeline")
        return STARTED

    with PageServer(lambda: state, start_build=start) as server:
        yield server, requests


def post(server: PageServer, body: bytes = BODY, *others: Header) -> tuple[int, bytes]:
    """Send a request to start a build as the page does, with other headers where given, or without if None."""
    origin = server.url.rstrip("/")
    own: dict[str, str | None] = {
        "Origin": origin,
        "Content-Type": "application/json",
        "Sec-Fetch-Site": "same-origin",
    }
    sent = {name: value for name, value in (own | dict(others)).items() if value is not None}
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=10)
    connection.request("POST", "/start", body, sent)
    response = connection.getresponse()
    found = response.status, response.read()
    connection.close()
    return found


def test_page_starts_a_build(started: tuple[PageServer, list[Any]]) -> None:
    server, requests = started
    status, body = post(server)
    assert (status, json.loads(body), requests) == (200, STARTED, [{"imagePipelineArn": "arn"}])
    assert post(server, BODY, ("Sec-Fetch-Site", None))[0] == 200  # older browsers do not send it


@pytest.mark.parametrize(
    "header",
    [
        ("Origin", "https://attacker.example"),
        ("Origin", "null"),
        ("Origin", None),
        ("Origin", "http://127.0.0.1:1"),
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
        ("Content-Type", "text/plain"),
        ("Content-Type", "application/x-www-form-urlencoded"),
        ("Content-Type", None),
    ],
)
def test_other_site_starts_no_build(started: tuple[PageServer, list[Any]], header: Header) -> None:
    server, requests = started
    assert (post(server, BODY, header)[0], requests) == (403, [])


def test_page_under_a_foreign_name_starts_no_build(started: tuple[PageServer, list[Any]]) -> None:
    server, requests = started
    assert post(server, BODY, ("Host", "attacker.example"), ("Origin", "http://attacker.example"))[0] == 421
    assert requests == []


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"\xff", b'{"a": "' + b"x" * 5000 + b'"}'])
def test_body_that_is_no_small_object_starts_no_build(started: tuple[PageServer, list[Any]], body: bytes) -> None:
    server, requests = started
    assert (post(server, body)[0], requests) == (400, [])


def test_refusal_of_the_service_is_told_with_its_words(started: tuple[PageServer, list[Any]]) -> None:
    status, body = post(started[0], b"{}")
    assert (status, body) == (404, b"ResourceNotFoundException: no such pipeline\n")


def test_start_is_not_read_and_is_not_there_without_a_service(
    server: PageServer, started: tuple[PageServer, list[Any]]
) -> None:
    status, headers, _ = ask(started[0], "/start")
    assert (status, headers["allow"]) == (405, "POST")
    assert post(server)[0] == 405
