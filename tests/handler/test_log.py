"""One line of JSON an event, which tells an operator what happened and nobody a value."""

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
from support.cloudformation import STACK_ID, Context, Resource

from imagebuilder_local.emulator import ImageBuilder
from imagebuilder_pipeline_handler.runtime.response import UndeliveredError


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Callable[[], list[dict[str, Any]]]:
    """Return what was logged of events since the last call: the text, which must be the fields of the record too."""
    caplog.set_level(logging.INFO)

    def read() -> list[dict[str, Any]]:
        records = [record for record in caplog.records if record.name == "imagebuilder_pipeline_handler.runtime.log"]
        read_lines: list[dict[str, Any]] = [json.loads(record.getMessage()) for record in records]
        for record, line in zip(records, read_lines, strict=True):
            assert line.items() <= vars(record).items()
        caplog.clear()
        return read_lines

    return read


def test_event_is_one_line_with_stack_ids_operations_attempts_duration_and_outcome(
    resource: Resource, service: ImageBuilder, minimal: dict[str, str], lines: Callable[[], list[dict[str, Any]]]
) -> None:
    service.inject("CreateImagePipeline", ["CallRateLimitExceededException"] * 2)
    event = resource.event("Create", minimal)
    resource.send(event)
    (line,) = lines()
    assert line.pop("seconds") >= 0
    assert line == {
        "request_type": "Create",
        "stack": STACK_ID,
        "logical_id": "Pipeline",
        "request_id": event["RequestId"],
        "outcome": "SUCCESS",
        "delivered": True,
        "operations": {"CreateImagePipeline": 3},
        "attempts": 3,
        "last_fault": "CallRateLimitExceededException",
    }


def test_failure_tells_code_request_id_of_the_service_and_place(
    resource: Resource, service: ImageBuilder, minimal: dict[str, str], lines: Callable[[], list[dict[str, Any]]]
) -> None:
    service.inject("CreateImagePipeline", ["ServiceQuotaExceededException"])
    reason = resource.create(**minimal)["Reason"]
    (line,) = lines()
    assert (line["outcome"], line["error"]) == ("FAILED", "ServiceQuotaExceededException")
    assert line["service_request_id"] in reason
    assert any(frame.startswith("lifecycle.py:") for frame in line["where"])


def test_time_that_ran_out_is_told(
    resource: Resource, service: ImageBuilder, minimal: dict[str, str], lines: Callable[[], list[dict[str, Any]]]
) -> None:
    service.inject("CreateImagePipeline", ["hang"])
    resource.send(resource.event("Create", minimal), seconds=4.6)
    (line,) = lines()
    assert (line["outcome"], line["error"]) == ("FAILED", "OutOfTime")


def test_answer_that_was_not_taken_is_told(
    resource: Resource, minimal: dict[str, str], lines: Callable[[], list[dict[str, Any]]]
) -> None:
    resource.responses.script = [403] * 8
    with pytest.raises(UndeliveredError):
        resource.handler(resource.event("Create", minimal), Context())
    (line,) = lines()
    assert (line["outcome"], line["delivered"]) == ("SUCCESS", False)


def test_pipeline_that_was_left_alone_is_told(
    resource: Resource, minimal: dict[str, str], lines: Callable[[], list[dict[str, Any]]]
) -> None:
    theirs = Resource(resource.handler, resource.responses, logical_id="Theirs").create(**minimal)
    lines()
    resource.delete(theirs["PhysicalResourceId"])
    (line,) = lines()
    assert line["note"] == "another owner has the pipeline of this name, so it was kept"


def test_unknown_request_type_is_not_repeated(
    resource: Resource, minimal: dict[str, str], lines: Callable[[], list[dict[str, Any]]]
) -> None:
    resource.send(resource.event("Create", minimal) | {"RequestType": "s3cret"})
    (line,) = lines()
    assert line["request_type"] == "unknown"
    assert "s3cret" not in json.dumps(line)
