"""The emulator misbehaves on command, so that what the other tests say of faults is true."""

import http.client
import json
import threading
import time
from typing import Any
from urllib.parse import urlsplit

import pytest

from imagebuilder_local.emulator import ImageBuilder, ImageBuilderServer

CREATE = "CreateImagePipeline"


@pytest.fixture
def server(service: ImageBuilder) -> Any:
    with ImageBuilderServer(service) as running:
        yield running


def ask(server: ImageBuilderServer, method: str, path: str, body: Any = None, timeout: float = 5) -> tuple[int, str]:
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=timeout)
    try:
        connection.request(method, path, json.dumps(body) if body is not None else None)
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


@pytest.fixture
def request_body(minimal: dict[str, Any]) -> dict[str, Any]:
    return {name[:1].lower() + name[1:]: value for name, value in minimal.items()} | {"clientToken": "t"}


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("CallRateLimitExceededException", (429, "injected")),
        ("TooManyRequestsException", (429, "injected")),
        ("AccessDeniedException", (403, "injected")),
        ({"code": "Odd", "status": 418, "message": "told"}, (418, "told")),
        ({"status": 200, "body": "{}"}, (200, "{}")),
        ({"status": 502, "body": "<html>"}, (502, "<html>")),
    ],
)
def test_ordered_answer_is_given_once_and_the_request_is_not_acted_on(
    server: ImageBuilderServer,
    service: ImageBuilder,
    request_body: dict[str, Any],
    fault: Any,
    expected: tuple[int, str],
) -> None:
    service.inject(CREATE, [fault])
    got, text = ask(server, "PUT", "/CreateImagePipeline", request_body)
    assert got == expected[0]
    assert expected[1] in text
    assert (service.pipelines(), service.calls()[0].request) == ([], request_body)
    assert ask(server, "PUT", "/CreateImagePipeline", request_body)[0] == 200


@pytest.mark.parametrize(("fault", "acted"), [("reset before", 0), ("reply lost", 1), ("hang", 0), ("reply hangs", 1)])
def test_connection_fails_as_ordered_before_or_after_acting(
    server: ImageBuilderServer, service: ImageBuilder, request_body: dict[str, Any], fault: str, acted: int
) -> None:
    service.inject("*", [fault])
    with pytest.raises((OSError, http.client.HTTPException)):
        ask(server, "PUT", "/CreateImagePipeline", request_body, timeout=0.3)
    assert len(service.pipelines()) == acted


def test_delay_comes_before_what_else_was_ordered(
    server: ImageBuilderServer, service: ImageBuilder, request_body: dict[str, Any]
) -> None:
    service.inject(CREATE, [{"delay": 0.2}, {"delay": 0.2, "code": "ServiceException"}])
    started = time.monotonic()
    assert [ask(server, "PUT", "/CreateImagePipeline", request_body)[0] for _ in range(2)] == [200, 500]
    assert time.monotonic() - started >= 0.4


def test_another_process_orders_faults_and_forgets_them_over_http(
    server: ImageBuilderServer, service: ImageBuilder, request_body: dict[str, Any]
) -> None:
    order = {"operation": CREATE, "faults": ["ServiceException"] * 2}
    assert ask(server, "POST", "/_local/faults", order) == (200, '{"waiting":{"CreateImagePipeline":2}}')
    assert ask(server, "PUT", "/CreateImagePipeline", request_body)[0] == 500
    assert ask(server, "DELETE", "/_local/faults") == (200, '{"waiting":{}}')
    assert ask(server, "PUT", "/CreateImagePipeline", request_body)[0] == 200


@pytest.mark.parametrize(
    "order", [{}, {"operation": "*", "faults": [3]}, {"operation": "*", "faults": [{"nonsense": 1}]}, {"faults": []}]
)
def test_what_is_no_fault_is_refused(server: ImageBuilderServer, order: Any) -> None:
    assert ask(server, "POST", "/_local/faults", order)[0] == 400


def test_server_stops_although_a_request_hangs(service: ImageBuilder, request_body: dict[str, Any]) -> None:
    service.inject("*", ["hang"])
    with ImageBuilderServer(service) as server:

        def hangs() -> None:
            with pytest.raises((OSError, http.client.HTTPException)):
                ask(server, "PUT", "/CreateImagePipeline", request_body)

        waiting = threading.Thread(target=hangs)
        waiting.start()
        while not service.calls():
            time.sleep(0.01)
    waiting.join(5)
    assert not waiting.is_alive()
