"""The response to CloudFormation takes the way that botocore's requests take: its proxies, its certificates."""

import logging
import os
import socket
import ssl
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import botocore.httpsession
import pytest
from support.clock import SkippingClock
from support.cloudformation import ResponseServer

from imagebuilder_pipeline_handler.runtime import http, response
from imagebuilder_pipeline_handler.runtime.clock import Timeouts
from imagebuilder_pipeline_handler.runtime.response import UndeliveredError, deliver

BODY = b'{"Status": "SUCCESS"}'
QUICK = SkippingClock(Timeouts(response=2.0))
VARIABLES = (
    "AWS_CA_BUNDLE",
    "REQUESTS_CA_BUNDLE",
    "SSL_CERT_FILE",
    "HTTPS_PROXY",
    "https_proxy",
    "NO_PROXY",
    "no_proxy",
)


@pytest.fixture(autouse=True)
def nothing_else_is_set(responses: ResponseServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Leave no variable that says where to go or whom to trust: each test sets its own."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    http.tls_context.cache_clear()


def delivered(responses: ResponseServer) -> bool:
    with suppress(UndeliveredError):
        deliver(responses.url, BODY, lambda: 2.0, response.put, QUICK)
    return [taken["Status"] for taken in responses.taken] == ["SUCCESS"]


@pytest.mark.parametrize("variable", ["AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"])
def test_certificates_of_botocores_variables_are_trusted(
    responses: ResponseServer, authority_file: str, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, authority_file)
    assert delivered(responses)


def test_certificates_of_the_configuration_are_trusted(
    responses: ResponseServer, authority_file: str, tmp_path: Path
) -> None:
    (tmp_path / "config").write_text(f"[default]\nca_bundle = {authority_file}\n")
    assert delivered(responses)


def test_certificates_that_botocore_does_not_trust_are_not_trusted_either(
    responses: ResponseServer, authority_file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", authority_file)
    assert not delivered(responses)
    assert responses.requests == []


@contextmanager
def tunnel() -> Iterator[tuple[str, list[str]]]:
    """Serve a proxy for CONNECT, and list what it was asked for."""
    asked: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as listener, ExitStack() as opened:

        def pump(source: socket.socket, target: socket.socket) -> None:
            with suppress(OSError):
                while data := source.recv(65536):
                    target.sendall(data)
                target.shutdown(socket.SHUT_WR)

        def serve() -> None:
            with suppress(OSError):
                while True:
                    client = opened.enter_context(listener.accept()[0])
                    head = b""
                    while b"\r\n\r\n" not in head:
                        head += client.recv(4096)
                    asked.append(head.decode())
                    host, _, port = head.split()[1].decode().rpartition(":")
                    target = opened.enter_context(socket.create_connection((host, int(port))))
                    client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                    threading.Thread(target=pump, args=(client, target), daemon=True).start()
                    threading.Thread(target=pump, args=(target, client), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        yield f"127.0.0.1:{listener.getsockname()[1]}", asked


def test_proxy_is_taken_with_its_credentials(
    responses: ResponseServer, authority_file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_CA_BUNDLE", authority_file)
    with tunnel() as (address, asked):
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:word@{address}")
        assert delivered(responses)
    (head,) = asked
    assert head.startswith("CONNECT 127.0.0.1:")
    assert "Proxy-Authorization: Basic dXNlcjp3b3Jk" in head
    assert ResponseServer.SECRET not in head


def test_proxy_is_passed_by_for_the_hosts_of_no_proxy(
    responses: ResponseServer, authority_file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_CA_BUNDLE", authority_file)
    with tunnel() as (address, asked):
        monkeypatch.setenv("HTTPS_PROXY", f"http://{address}")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        assert delivered(responses)
    assert asked == []


def test_redirect_is_not_followed(
    responses: ResponseServer, authority_file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_CA_BUNDLE", authority_file)
    responses.script = [301] * 100
    assert not delivered(responses)
    assert responses.taken == []


def test_sdk_that_cannot_be_imported_keeps_no_response_back(
    responses: ResponseServer, authority_file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", authority_file)
    monkeypatch.delitem(sys.modules, "imagebuilder_pipeline_handler.runtime.http")
    monkeypatch.setitem(sys.modules, "botocore.httpsession", None)
    assert response.put(responses.url, BODY, 4.0) == 200


@pytest.mark.parametrize("act", ["malformed headers", "endless body"])
def test_status_of_2xx_counts_whatever_follows_and_no_log_has_the_url(
    responses: ResponseServer,
    authority_file: str,
    act: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("AWS_CA_BUNDLE", authority_file)
    responses.script = [act]
    with caplog.at_level(logging.DEBUG):
        deliver(responses.url, BODY, lambda: 5.0, response.put, QUICK)
    assert len(responses.requests) == 1
    assert "5ecre7" not in caplog.text


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("AWS_CA_BUNDLE", "/no/such/file"),
        ("AWS_CA_BUNDLE", " "),
        ("AWS_CA_BUNDLE", os.devnull),
        ("REQUESTS_CA_BUNDLE", ""),
        ("AWS_PROFILE", "none"),
    ],
)
def test_configuration_that_cannot_be_read_keeps_no_response_back(
    responses: ResponseServer, authority_file: str, variable: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(botocore.httpsession, "where", lambda: authority_file)  # what botocore brings along
    monkeypatch.setenv(variable, value)
    assert delivered(responses)


def test_certificates_are_read_once_for_any_number_of_connections(
    responses: ResponseServer, authority_file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[object] = []
    real = ssl.SSLContext.load_verify_locations

    def read(context: ssl.SSLContext, *places: Any) -> None:
        reads.append(places)
        real(context, *places)

    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", read)
    monkeypatch.setenv("AWS_CA_BUNDLE", authority_file)
    responses.script = [503, 503]
    deliver(responses.url, BODY, lambda: 30.0, response.put, QUICK)
    assert (len(responses.requests), reads) == (3, [(authority_file, None, None)])
