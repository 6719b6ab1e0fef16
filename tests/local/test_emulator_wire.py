"""HTTP itself: what reaches the service from other clients than boto3, and from broken ones."""

import http.client
import json
import logging
import socket
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
import trustme
from botocore.config import Config

from imagebuilder_local.emulator import Call, ImageBuilder, ImageBuilderServer, ServiceError
from imagebuilder_local.emulator.operations import OPERATIONS
from imagebuilder_model import load_model

OWN = "arn:aws:imagebuilder:us-east-1:000000000000:"
ARN = f"{OWN}image-pipeline/my-pipe"


@pytest.fixture
def server(service: ImageBuilder) -> Iterator[ImageBuilderServer]:
    with ImageBuilderServer(service) as running:
        yield running


@pytest.fixture
def connection(server: ImageBuilderServer) -> Iterator[http.client.HTTPConnection]:
    opened = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=5)
    yield opened
    opened.close()


def ask(
    connection: http.client.HTTPConnection, method: str, target: str, body: Any = None, **options: Any
) -> tuple[int, str | None, dict[str, Any]]:
    connection.request(method, target, body, **options)
    response = connection.getresponse()
    return response.status, response.headers["x-amzn-ErrorType"], json.loads(response.read())


def test_call_of_what_is_no_operation_is_a_key_error(service: ImageBuilder) -> None:
    with pytest.raises(KeyError):
        service.call("CreateImage", {})


def test_every_operation_of_the_model_is_there() -> None:
    assert OPERATIONS.keys() == load_model().operations.keys()


def test_one_connection_carries_many_requests(connection: http.client.HTTPConnection, minimal: dict[str, Any]) -> None:
    body = json.dumps(minimal | {"clientToken": "t"})
    assert ask(connection, "PUT", "/CreateImagePipeline", body)[0] == 200
    first = connection.sock
    assert ask(connection, "POST", "/ListImagePipelines")[2]["imagePipelineList"][0]["arn"] == ARN
    assert connection.sock is first


def test_chunked_body_is_read_whole_and_the_connection_goes_on(
    connection: http.client.HTTPConnection, minimal: dict[str, Any]
) -> None:
    body = json.dumps(minimal | {"clientToken": "t"}).encode()
    status, _, answer = ask(
        connection, "PUT", "/CreateImagePipeline", iter([body[:40], body[40:]]), encode_chunked=True
    )
    assert (status, answer["imagePipelineArn"]) == (200, ARN)
    assert ask(connection, "POST", "/ListImagePipelines")[0] == 200


@pytest.mark.parametrize("path", ["/tags/" + ARN.replace(":", "%3A").replace("/", "%2F"), "/tags/" + ARN])
def test_arn_in_the_path_is_understood_encoded_and_plain(
    connection: http.client.HTTPConnection, service: ImageBuilder, minimal: dict[str, Any], path: str
) -> None:
    service.call("CreateImagePipeline", minimal | {"clientToken": "t", "tags": {"a": "b", "c": "d", "e": "f"}})
    assert ask(connection, "DELETE", f"{path}?tagKeys=a&tagKeys=c")[0] == 200
    assert ask(connection, "GET", path)[2] == {"tags": {"e": "f"}}


@pytest.mark.parametrize(
    ("method", "target"), [("GET", "/"), ("GET", "/CreateImagePipeline"), ("POST", "/tags/"), ("PUT", "/CreateImage")]
)
def test_what_is_no_operation_is_404_and_says_so(
    connection: http.client.HTTPConnection, service: ImageBuilder, method: str, target: str
) -> None:
    assert ask(connection, method, target) == (
        404,
        "UnknownOperationException",
        {"message": f"Unknown operation: {method} {target}."},
    )
    assert service.calls() == []


@pytest.mark.parametrize("body", [b"{", b"[]", b'"x"', b'{"maxResults": NaN}', b"\xff\xfe", b"[" * 100_000])
def test_body_that_is_no_json_object_is_a_serialization_error(
    connection: http.client.HTTPConnection, body: bytes
) -> None:
    assert ask(connection, "POST", "/ListImagePipelines", body)[:2] == (400, "SerializationException")


@pytest.mark.parametrize("header", [{"Content-Length": "many"}, {"Transfer-Encoding": "chunked"}])
def test_body_of_unreadable_length_is_answered_and_the_connection_ends(
    connection: http.client.HTTPConnection, header: dict[str, str]
) -> None:
    connection.putrequest("POST", "/ListImagePipelines")
    for name, value in header.items():
        connection.putheader(name, value)
    connection.endheaders(b"no size\r\n")
    response = connection.getresponse()
    assert (response.status, response.headers["x-amzn-ErrorType"]) == (400, "SerializationException")
    response.read()
    connection.sock.settimeout(5)
    assert connection.sock.recv(1) == b""


def test_member_that_travels_in_the_query_is_not_taken_from_the_body(connection: http.client.HTTPConnection) -> None:
    body = json.dumps({"imagePipelineArn": ARN})
    assert ask(connection, "GET", "/GetImagePipeline", body)[:2] == (400, "InvalidParameterValueException")


def test_missing_token_on_the_wire_is_refused(
    connection: http.client.HTTPConnection, service: ImageBuilder, minimal: dict[str, Any]
) -> None:
    assert ask(connection, "PUT", "/CreateImagePipeline", json.dumps(minimal))[:2] == (
        400,
        "InvalidParameterValueException",
    )
    assert service.calls() == [Call("CreateImagePipeline", minimal, "InvalidParameterValueException")]


def test_state_can_be_read_from_another_process(
    connection: http.client.HTTPConnection, service: ImageBuilder, minimal: dict[str, Any]
) -> None:
    ask(connection, "PUT", "/CreateImagePipeline", json.dumps(minimal | {"clientToken": "t"}))
    status, _, state = ask(connection, "GET", "/_local/state")
    assert status == 200
    assert state == {
        "pipelines": service.pipelines(),
        "registered": service.registered(),
        "calls": [{"operation": "CreateImagePipeline", "request": minimal | {"clientToken": "t"}, "error": None}],
    }


def test_each_request_is_one_line_in_the_log_without_its_values_and_none_on_stderr(
    connection: http.client.HTTPConnection,
    minimal: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    with caplog.at_level(logging.INFO, "imagebuilder_local.emulator"):
        body = json.dumps(minimal | {"clientToken": "t", "name": "a"})
        ask(connection, "PUT", "/CreateImagePipeline", body)
        ask(connection, "POST", "/ListImagePipelines")
    assert [record.getMessage() for record in caplog.records] == [
        "CreateImagePipeline 400 InvalidParameterValueException",
        "ListImagePipelines 200",
    ]
    assert capfd.readouterr().err == ""


def test_fault_of_the_emulator_is_a_service_exception_and_is_logged(
    connection: http.client.HTTPConnection, clock: SimpleNamespace, caplog: pytest.LogCaptureFixture, minimal: Any
) -> None:
    del clock.now
    answer = ask(connection, "PUT", "/CreateImagePipeline", json.dumps(minimal | {"clientToken": "t"}))
    assert answer[:2] == (500, "ServiceException")
    assert "Traceback" in caplog.text


def test_stop_ends_open_connections_and_frees_the_port(service: ImageBuilder) -> None:
    server = ImageBuilderServer(service)
    server.start()
    host, port = urlsplit(server.url).hostname, urlsplit(server.url).port
    with socket.create_connection((host, port), timeout=5) as idle:
        idle.sendall(b"GET /_local/state HTTP/1.1\r\n\r\n")
        assert idle.recv(12) == b"HTTP/1.1 200"
        server.stop()
        while idle.recv(4096):
            pass
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, port), timeout=5)
    server.stop()


def test_server_that_never_started_can_be_stopped_and_one_that_runs_can_be_started(service: ImageBuilder) -> None:
    ImageBuilderServer(service).stop()
    with ImageBuilderServer(service) as server:
        server.start()


def test_arn_of_something_of_the_account_can_be_asked_for() -> None:
    assert ImageBuilder(region="eu-west-1").arn("image-recipe/web/1.0.0") == (
        "arn:aws:imagebuilder:eu-west-1:000000000000:image-recipe/web/1.0.0"
    )


def test_https_works_with_boto3_whatever_other_clients_do(
    service: ImageBuilder, session: boto3.Session, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with ImageBuilderServer(service, ssl_context=context) as server:
        assert server.url.startswith("https://127.0.0.1:")
        address = ("127.0.0.1", urlsplit(server.url).port)
        with socket.create_connection(address), socket.create_connection(address, timeout=5) as plain:
            plain.sendall(b"GET / HTTP/1.1\r\n\r\n")
            while plain.recv(4096):
                pass
            client = session.client(
                "imagebuilder",
                endpoint_url=server.url,
                region_name="us-east-1",
                aws_access_key_id="test",
                aws_secret_access_key="test",
                verify=str(tmp_path / "ca.pem"),
                config=Config(retries={"total_max_attempts": 1}, proxies={}, read_timeout=5),
            )
            assert client.list_image_pipelines()["imagePipelineList"] == []
            client.close()
    assert capfd.readouterr().err == ""


def test_requests_above_the_rate_are_429_until_time_has_passed(
    connect: Callable[..., Any], refusal: Callable[..., tuple[str, int]]
) -> None:
    clock = SimpleNamespace(now=0.0)
    client = connect(ImageBuilder(rate_limit=2, clock=lambda: clock.now))
    for seconds, allowed in ((0, 2), (0.5, 1), (60, 2)):
        clock.now += seconds
        for _ in range(allowed):
            client.list_image_pipelines()
        assert refusal(client.list_image_pipelines) == ("CallRateLimitExceededException", 429)


def test_call_that_was_refused_for_its_rate_is_recorded_and_has_no_effect(minimal: dict[str, Any]) -> None:
    service = ImageBuilder(rate_limit=1, strict_references=False, clock=lambda: 0)
    service.call("ListImagePipelines", {})
    with pytest.raises(ServiceError, match="CallRateLimitExceededException"):
        service.call("CreateImagePipeline", minimal | {"clientToken": "t"})
    assert [call.error for call in service.calls()] == [None, "CallRateLimitExceededException"]
    assert service.pipelines() == []


def test_what_a_pipeline_means_cannot_be_unregistered_until_the_pipeline_is_gone(
    service: ImageBuilder, minimal: dict[str, Any]
) -> None:
    recipe = minimal["imageRecipeArn"]
    service.call(
        "CreateImagePipeline", minimal | {"clientToken": "t", "imageRecipeArn": recipe.replace("1.0.0", "x.x.x")}
    )
    for arn in (recipe, minimal["infrastructureConfigurationArn"]):
        with pytest.raises(ServiceError) as caught:
            service.unregister(arn)
        assert caught.value.code == "ResourceDependencyException"
        assert caught.value.message == (
            f"Resource dependency error: The resource ARN '{arn}' has other resources depended on it."
        )
    service.call("DeleteImagePipeline", {"imagePipelineArn": ARN})
    service.unregister(recipe)
    assert recipe not in service.registered()
    with pytest.raises(ServiceError, match="ResourceNotFoundException"):
        service.unregister(recipe)


def test_what_the_service_hands_out_and_takes_in_is_a_copy(service: ImageBuilder, minimal: dict[str, Any]) -> None:
    request: dict[str, Any] = minimal | {"clientToken": "t", "tags": {"a": "b"}}
    service.call("CreateImagePipeline", request)
    request["tags"]["a"] = "changed"
    for copy in (service.pipelines()[0], service.call("GetImagePipeline", {"imagePipelineArn": ARN})["imagePipeline"]):
        copy["tags"]["a"] = "changed"
    service.calls()[0].request["tags"]["a"] = "changed"
    assert service.pipelines()[0]["tags"] == service.calls()[0].request["tags"] == {"a": "b"}
