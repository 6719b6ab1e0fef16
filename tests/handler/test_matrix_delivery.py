"""The fault matrix (docs/faults.md), rows 1-15 and 54-56: what happens to the answer on its way to CloudFormation."""

import logging
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import trustme
from support.cloudformation import NO_SUCH_HOST, Context, Resource, ResponseServer, refused_url
from support.environment import handler_doing, new_handler

from imagebuilder_local.emulator import ImageBuilder
from imagebuilder_pipeline_handler.runtime import http
from imagebuilder_pipeline_handler.runtime.event import InvalidEventError
from imagebuilder_pipeline_handler.runtime.response import TRIES, UndeliveredError

Properties = dict[str, Any]


@pytest.fixture
def undelivered(resource: Resource, minimal: Properties, caplog: pytest.LogCaptureFixture) -> Callable[[str], float]:
    """Send a Create with this ResponseURL; it must raise, name the host and not the secret. Returns the seconds taken."""

    def send(url: str) -> float:
        started = time.monotonic()
        with pytest.raises(UndeliveredError), caplog.at_level(logging.DEBUG):
            resource.handler(resource.event("Create", minimal) | {"ResponseURL": url}, Context(30))
        host = urlsplit(url).hostname
        assert f"to send the response to {host} failed: " in caplog.text
        assert '"delivered": false' in caplog.text
        assert "5ecre7" not in caplog.text
        return time.monotonic() - started

    return send


def test_row_01_503_twice_then_200_delivers_once(resource: Resource, minimal: Properties) -> None:
    resource.responses.script = [503, 503]
    assert resource.create(**minimal)["Status"] == "SUCCESS"
    assert (len(resource.responses.taken), len(resource.responses.requests)) == (1, 3)


def test_row_02_403_for_ever_raises_in_bounds_and_lambda_s_next_delivery_finds_the_pipeline(
    resource: Resource, minimal: Properties, service: ImageBuilder
) -> None:
    resource.responses.script = [403] * 8
    event = resource.event("Create", minimal)
    with pytest.raises(UndeliveredError):
        resource.handler(event, Context())
    assert resource.send(event)["PhysicalResourceId"] == service.pipelines()[0]["arn"]


@pytest.mark.parametrize("status", [301, 307])
def test_row_03_redirect_is_no_success(resource: Resource, minimal: Properties, status: int) -> None:
    resource.responses.script = [status]
    assert resource.create(**minimal)["Status"] == "SUCCESS"
    assert len(resource.responses.requests) == 2


@pytest.mark.parametrize("act", ["hang", "drip"])
def test_row_04_url_that_never_answers_times_out_is_tried_again_and_raises(
    resource: Resource,
    undelivered: Callable[[str], float],
    act: str,
    hasty: None,
    caplog: pytest.LogCaptureFixture,
) -> None:
    resource.responses.script = [act] * 8
    assert undelivered(resource.responses.url) < 10
    assert caplog.text.count(f" of {TRIES} to send the response to 127.0.0.1 failed: ") == TRIES


def test_row_05_refused_connection_raises_in_bounds(undelivered: Callable[[str], float]) -> None:
    assert undelivered(refused_url()) < 5


@pytest.mark.parametrize("act", ["reset", "garbage"])
def test_row_06_reset_connection_raises_in_bounds(
    resource: Resource, undelivered: Callable[[str], float], act: str
) -> None:
    resource.responses.script = [act] * 8
    assert undelivered(resource.responses.url) < 5


def test_row_07_untrusted_certificate_raises_in_bounds_and_is_sent_nothing(
    resource: Resource,
    undelivered: Callable[[str], float],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "other.pem"))
    monkeypatch.setenv("AWS_CA_BUNDLE", str(tmp_path / "other.pem"))
    http.tls_context.cache_clear()
    assert undelivered(resource.responses.url) < 5
    assert "SSLCertVerificationError" in caplog.text
    assert resource.responses.requests == []


@pytest.mark.parametrize("url", [NO_SUCH_HOST, f"https://{'x' * 70}.invalid/key?X-Amz-Signature=5ecre7"])
def test_row_08_name_that_no_dns_knows_raises_in_bounds(
    undelivered: Callable[[str], float], url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUSTOM_RESOURCE_RESPONSE_HOSTS", f"127.0.0.1,no-such-host.invalid,{'x' * 70}.invalid")
    assert undelivered(url) < 5


def test_row_09_plain_http_is_refused_before_any_call(
    resource: Resource, minimal: Properties, service: ImageBuilder
) -> None:
    with ResponseServer() as responses:
        assert responses.url.startswith("http://127.0.0.1:")
        with pytest.raises(InvalidEventError, match="ResponseURL is not an https URL"):
            Resource(resource.handler, responses).create(**minimal)
    assert (service.calls(), responses.requests) == ([], [])


@pytest.mark.parametrize("text", ["word " * 1200, "w" * 6000, "wörd 😀 " * 1000, "\ud800" * 3000])
def test_row_11_reason_of_6000_characters_keeps_its_head(resource: Resource, minimal: Properties, text: str) -> None:
    def fail(*_: object) -> str:
        raise RuntimeError(text)

    resource.handler = handler_doing(fail)
    told = resource.create(**minimal)
    assert told["Reason"].startswith("InternalError: ")
    assert "RuntimeError: " + text[:3].replace("\ud800", "?") in told["Reason"]
    assert len(told["Reason"]) <= 1000


def test_row_12_non_ascii_is_counted_in_bytes(resource: Resource, minimal: Properties) -> None:
    def fail(*_: object) -> str:
        raise RuntimeError("é😀" * 3000)

    resource.handler = handler_doing(fail)
    resource.create(**minimal)
    assert resource.responses.requests[0]["bytes"] <= 4096


def test_row_55_no_secret_is_in_any_log_at_any_level(
    resource: Resource, service: ImageBuilder, minimal: Properties, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        service.inject("*", ["ServiceException", "reset before", {"status": 200, "body": "<s3cret>"}])
        resource.responses.script = [503, "reset", "garbage"]
        resource.create(**minimal, Description="s3cret", Tags={"s3cret": "s3cret"})
        resource.update(**minimal | {"Name": "s3cret"}, Description="s3cret other")
        resource.update(**minimal, Status="s3cret")
        resource.delete()
        new_handler()
    lines = [record.getMessage() for record in caplog.records if not record.name.startswith("imagebuilder_local")]
    text = "\n".join(lines) + str([vars(record) for record in caplog.records if "imagebuilder_pip" in record.name])
    assert sum(line.startswith('{"request_type"') for line in lines) == 4
    for secret in ("s3cret", "5ecre7", "/bucket/key", "ResponseURL"):
        assert secret not in text


def test_row_56_without_a_route_to_s3_it_fails_in_bounds_and_names_the_host(
    undelivered: Callable[[str], float], monkeypatch: pytest.MonkeyPatch, hasty: None
) -> None:
    # A VPC without a route drops the packets: connecting neither succeeds nor fails.
    real = socket.create_connection

    def lost(address: tuple[str, int], *args: Any, **options: Any) -> socket.socket:
        if address[0] == "192.0.2.1":
            time.sleep(2)
            raise TimeoutError
        return real(address, *args, **options)

    monkeypatch.setattr(socket, "create_connection", lost)
    monkeypatch.setenv("CUSTOM_RESOURCE_RESPONSE_HOSTS", "192.0.2.1")
    assert undelivered("https://192.0.2.1/bucket/key?X-Amz-Signature=5ecre7") < 10
