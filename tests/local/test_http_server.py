"""The servers under many clients, silent clients, and clients that send too much."""

import http.client
import json
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from threading import Barrier
from typing import Any
from urllib.parse import urlsplit

import pytest

from imagebuilder_local.cloud.process import _listen  # pyright: ignore[reportPrivateUsage]
from imagebuilder_local.emulator import Call, ImageBuilder, ImageBuilderServer
from imagebuilder_local.emulator.kept import LEFT_OUT, CallLog
from imagebuilder_local.http_server import BoundedServer
from imagebuilder_local.page import PageServer

MANY = 100
SERVERS: dict[str, Callable[[], Any]] = {
    "page": lambda: PageServer(dict),
    "emulator": lambda: ImageBuilderServer(ImageBuilder()),
}
REQUESTS = {"page": b"GET / HTTP/1.1\r\nHost: ", "emulator": b"POST /ListImagePipelines HTTP/1.1\r\nHost: "}


@pytest.fixture(params=SERVERS)
def name(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@contextmanager
def listening(name: str) -> Iterator[tuple[str, int]]:
    """A server that has its port and takes no connection: the system alone keeps those who come."""
    if name == "AWS":
        with _listen(0) as listener:
            yield listener.getsockname()
    else:
        server = SERVERS[name]()
        yield address(server.url)
        server.stop()


def address(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    assert parts.hostname is not None
    assert parts.port is not None
    return parts.hostname, parts.port


@pytest.mark.parametrize("server", ["page", "emulator", "AWS"])
def test_hundred_clients_that_come_at_once_are_all_kept_until_they_are_served(server: str) -> None:
    with listening(server) as place, ExitStack() as opened:
        for _ in range(MANY):
            opened.enter_context(socket.create_connection(place, timeout=5))


def test_hundred_browsers_at_once_all_get_the_page() -> None:
    together = Barrier(MANY)

    def browse(place: tuple[str, int]) -> int:
        connection = http.client.HTTPConnection(*place, timeout=60)
        together.wait()
        connection.request("GET", "/state.json")
        status = connection.getresponse().status
        connection.close()
        return status

    with PageServer(lambda: {"events": []}) as server, ThreadPoolExecutor(MANY) as browsers:
        assert list(browsers.map(browse, [address(server.url)] * MANY)) == [200] * MANY


@pytest.mark.parametrize("sent", [b"", b"GE", b"GET / HTTP/1.1\r\n", b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n"])
def test_client_that_sends_nothing_or_half_a_request_is_hung_up_on(
    name: str, sent: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BoundedServer, "seconds_for_a_request", 0.2)
    with SERVERS[name]() as server, socket.create_connection(address(server.url), timeout=60) as client:
        client.sendall(sent)
        assert client.recv(1) == b""


def test_client_that_sends_half_a_body_is_hung_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BoundedServer, "seconds_for_a_request", 0.2)
    with SERVERS["emulator"]() as server, socket.create_connection(address(server.url), timeout=60) as client:
        client.sendall(b"PUT /CreateImagePipeline HTTP/1.1\r\nContent-Length: 100\r\n\r\n{")
        assert client.recv(1) == b""


def test_client_that_sends_a_byte_now_and_then_is_hung_up_on(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BoundedServer, "seconds_for_a_request", 0.5)
    with SERVERS[name]() as server, socket.create_connection(address(server.url), timeout=0.05) as client:
        client.sendall(REQUESTS[name])
        while not hung_up(client):
            pass  # the test's own limit of time ends this


def hung_up(client: socket.socket) -> bool:
    try:
        client.sendall(b"x")
        return client.recv(1) == b""
    except TimeoutError:
        return False
    except OSError:
        return True


def test_connection_beyond_the_most_is_closed_at_once_and_a_later_one_is_served(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BoundedServer, "most_connections", 1)
    with SERVERS[name]() as server:
        with socket.create_connection(address(server.url), timeout=60) as first:
            first.sendall(REQUESTS[name])
            with socket.create_connection(address(server.url), timeout=60) as second:
                assert second.recv(1) == b""
        while not served(server.url):
            pass  # until the first one's thread has seen its end


def served(url: str) -> bool:
    connection = http.client.HTTPConnection(*address(url), timeout=60)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status in {200, 404}
    except (ConnectionError, http.client.HTTPException):
        return False
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("headers", "body", "code", "status"),
    [
        ("Content-Length: 1048577", b"", "RequestEntityTooLargeException", 413),
        ("Content-Length: 99999999999999999999", b"", "RequestEntityTooLargeException", 413),
        ("Content-Length: -1", b"", "SerializationException", 400),
        ("Content-Length: +5", b"", "SerializationException", 400),
        ("Transfer-Encoding: chunked", b"100001\r\n", "RequestEntityTooLargeException", 413),
        (
            "Transfer-Encoding: chunked",
            b"80000\r\n" + bytes(0x80000) + b"\r\n80001\r\n",
            "RequestEntityTooLargeException",
            413,
        ),
        ("Transfer-Encoding: chunked", b"-5\r\n", "SerializationException", 400),
        ("Transfer-Encoding: chunked", b"0" * 1024, "SerializationException", 400),
    ],
    ids=["long", "huge", "negative", "signed", "long chunk", "long chunks", "negative chunk", "long line"],
)
def test_body_that_is_too_long_or_of_no_length_is_refused_before_it_is_read(
    headers: str, body: bytes, code: str, status: int
) -> None:
    builder = ImageBuilder()
    with ImageBuilderServer(builder) as server, socket.create_connection(address(server.url), timeout=60) as client:
        client.sendall(f"PUT /CreateImagePipeline HTTP/1.1\r\n{headers}\r\n\r\n".encode() + body)
        answer = http.client.HTTPResponse(client)
        answer.begin()
        assert (answer.status, answer.headers["x-amzn-ErrorType"]) == (status, code)
        answer.read()
        assert client.recv(1) == b""
    assert builder.calls() == []


def test_longest_body_is_read() -> None:
    with SERVERS["emulator"]() as server:
        connection = http.client.HTTPConnection(*address(server.url), timeout=60)
        connection.request("POST", "/ListImagePipelines", b" " * 2**20)
        assert connection.getresponse().status == 200
        connection.close()


def test_refused_request_that_is_too_long_is_kept_as_its_length() -> None:
    builder, long = ImageBuilder(), {"name": "x" * 100_000}
    with pytest.raises(Exception, match="too large"):
        builder.call("ListImagePipelines", long | {"maxResults": 1000})
    ((operation, request, error),) = builder.calls()
    assert (operation, error) == ("ListImagePipelines", "InvalidParameterValueException")
    assert request == {LEFT_OUT: f"{len(json.dumps(long | {'maxResults': 1000}))} characters"}


def test_of_very_many_calls_the_newest_are_kept() -> None:
    log = CallLog(most_characters=10_000)
    for number in range(1000):
        log.add("GetImagePipeline", {"number": number}, "ResourceNotFoundException")
    kept = log.copy()
    assert 10 < len(kept) < 20
    assert kept[-1] == Call("GetImagePipeline", {"number": 999}, "ResourceNotFoundException")
    assert [call.request["number"] for call in kept] == list(range(1000 - len(kept), 1000))


def test_request_with_very_many_problems_is_refused_with_the_first_of_them() -> None:
    body = json.dumps({f"member{number}": 1 for number in range(10_000)})
    with SERVERS["emulator"]() as server:
        connection = http.client.HTTPConnection(*address(server.url), timeout=60)
        connection.request("POST", "/ListImagePipelines", body)
        message = json.loads(connection.getresponse().read())["message"]
        connection.close()
    assert message.endswith("; +9950 more.")
    assert len(message) < 20_000
