"""The fault matrix (docs/faults.md), rows 21 and 23-27: what can go wrong with the function itself and with what invokes it."""

import json
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from support.clock import CLOCK
from support.cloudformation import STACK_ID, Context, Resource
from support.environment import handler_doing, new_handler, new_work

from imagebuilder_local.emulator import ImageBuilder
from imagebuilder_pipeline_handler.pipeline import lifecycle
from imagebuilder_pipeline_handler.runtime.attempt import Attempt
from imagebuilder_pipeline_handler.runtime.event import Event, InvalidEventError
from imagebuilder_pipeline_handler.runtime.progress import Outcome, Progress, Success
from imagebuilder_pipeline_handler.runtime.response import put

Properties = dict[str, Any]
Malform = Callable[[dict[str, Any]], Any]

ANOTHER_PROCESS = textwrap.dedent("""
    import json, sys, time
    from imagebuilder_pipeline_handler import main
    from imagebuilder_pipeline_handler.runtime import attempt

    class Context:
        invoked_function_arn = "arn:aws:lambda:us-east-1:000000000000:function:f"
        def __init__(self, seconds):
            self.deadline = time.monotonic() + seconds
        def get_remaining_time_in_millis(self):
            return max(0, int((self.deadline - time.monotonic()) * 1000))

    order = json.load(sys.stdin)
    exec(order["before"])
    context = Context(order["seconds"])
    print(context.deadline, flush=True)
    main.handler(order["event"], context)
""")


def another_process(event: dict[str, Any], seconds: float = 60, before: str = "") -> subprocess.Popen[str]:
    """Start the function in a process of its own; its first line is the deadline, on this machine's monotonic clock."""
    process = subprocess.Popen(
        [sys.executable, "-c", ANOTHER_PROCESS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    json.dump({"event": event, "seconds": seconds, "before": before}, process.stdin)
    process.stdin.close()
    return process


def test_row_21_function_that_nears_its_timeout_answers_once_with_the_right_id_and_four_seconds_to_spare(
    resource: Resource, service: ImageBuilder, minimal: Properties, patient: None
) -> None:
    arn = resource.create(**minimal)["PhysicalResourceId"]
    # The client waits longer than that, so it has to be answered meanwhile, after 1.5 s.
    service.inject("GetImagePipeline", [{"delay": 2.5}])
    deadline = time.monotonic() + 6
    answer = resource.send(resource.event("Update", minimal | {"Description": "other"}), seconds=6)
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("FAILED", arn)
    assert answer["Reason"].startswith("OutOfTime: the function ran out of time")
    assert resource.responses.requests[-1]["at"] < deadline - 4
    assert len(resource.responses.requests) == 2


def test_row_21_answer_comes_four_seconds_before_the_deadline_at_seven_percent_of_a_cpu(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    service.inject("*", ["hang"] * 100)
    process = another_process(resource.event("Create", minimal), seconds=12)
    assert process.stdout is not None
    deadline = float(process.stdout.readline())
    try:
        while not resource.responses.taken and time.monotonic() < deadline:
            for wait, then in ((0.007, signal.SIGSTOP), (0.093, signal.SIGCONT)):
                time.sleep(wait)
                process.send_signal(then)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    (request,) = resource.responses.requests
    assert request["body"]["PhysicalResourceId"] == service.arn("image-pipeline/golden")
    assert request["at"] < deadline - 4


def test_row_23_function_that_is_killed_before_its_answer_is_made_good_by_the_next_delivery(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    # That CloudFormation waits for Lambda's two further deliveries is the construct's part: ServiceTimeout.
    event = resource.event("Create", minimal)
    process = another_process(event, before="import os; attempt.deliver = lambda *_: os._exit(137)")
    with process:
        assert process.stdout is not None
        process.stdout.read()
    assert process.returncode == 137
    assert (len(service.pipelines()), resource.responses.requests) == (1, [])
    assert resource.send(event)["PhysicalResourceId"] == service.pipelines()[0]["arn"]
    assert len(service.pipelines()) == 1


def test_row_24_import_error_is_answered_with_a_valid_id(
    resource: Resource, minimal: Properties, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, lifecycle.__name__, None)
    answer = resource.create(**minimal)
    assert answer["Reason"].startswith("InternalError: ")
    assert "ImportError" in answer["Reason"] or "ModuleNotFoundError" in answer["Reason"]
    assert answer["PhysicalResourceId"].startswith("not-created/")


def test_row_24_crhelper_s_own_failure_at_start_is_answered_with_a_valid_id(
    resource: Resource, minimal: Properties
) -> None:
    def failed(event: dict[str, Any], context: Any) -> None:
        progress = Progress(lambda: 60.0, CLOCK)
        attempt = Attempt(new_work(), event, progress, CLOCK, put)
        attempt.init_failure(RuntimeError("at start"))
        attempt.run(context)

    answer = Resource(failed, resource.responses).create(**minimal)
    assert (answer["Status"], answer["Reason"]) == ("FAILED", "at start")
    assert answer["PhysicalResourceId"].startswith("not-created/")


@pytest.mark.parametrize("end", [SystemExit(1), SystemExit(0), KeyboardInterrupt(), GeneratorExit()])
def test_row_25_exit_is_answered_with_a_valid_id(resource: Resource, minimal: Properties, end: BaseException) -> None:
    def leave(*_: object) -> None:
        raise end

    resource.handler = handler_doing(leave)
    answer = resource.create(**minimal)
    assert (answer["Status"], answer["PhysicalResourceId"][:12]) == ("FAILED", "not-created/")


def without(name: str) -> Malform:
    return lambda event: {key: value for key, value in event.items() if key != name}


def given(**members: Any) -> Malform:
    return lambda event: event | members


NOT_ANSWERABLE: dict[str, Malform] = {
    "no event": lambda _: None,
    "a list": lambda event: [event],
    "a text": json.dumps,
    "empty": lambda _: {},
    "an event of EventBridge": lambda _: {"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}},
    "no ResponseURL": without("ResponseURL"),
    "null ResponseURL": given(ResponseURL=None),
    "ResponseURL of another type": given(ResponseURL=7),
    "ftp": given(ResponseURL="ftp://127.0.0.1/x"),
    "file": given(ResponseURL="file:///etc/passwd"),
    "URL without a host": given(ResponseURL="https:///x"),
    "URL with a wrong port": given(ResponseURL="https://127.0.0.1:99999/x"),
    "URL with a line feed": lambda event: event | {"ResponseURL": event["ResponseURL"] + "\r\nHost: evil"},
    "non-ASCII URL": lambda event: event | {"ResponseURL": event["ResponseURL"] + "é"},
    "URL with a user": given(ResponseURL="https://user@127.0.0.1/x"),
    "giant URL": lambda event: event | {"ResponseURL": event["ResponseURL"] + "x" * 100_000},
    "broken IPv6 URL": given(ResponseURL="https://[::1/x"),
    "no StackId": without("StackId"),
    "null StackId": given(StackId=None),
    "StackId that is a name": given(StackId="Golden"),
    "another account's StackId": lambda event: event | {"StackId": STACK_ID.replace("000000000000", "111111111111")},
    "another Region's StackId": lambda event: event | {"StackId": STACK_ID.replace("us-east-1", "eu-west-1")},
    "another partition's StackId": lambda event: event | {"StackId": STACK_ID.replace("arn:aws:", "arn:aws-cn:")},
    "no RequestId": without("RequestId"),
    "empty RequestId": given(RequestId=""),
    "giant RequestId": given(RequestId="r" * 1_000_000),
    "no LogicalResourceId": without("LogicalResourceId"),
    "LogicalResourceId of another type": given(LogicalResourceId={"Ref": "x"}),
    "giant non-ASCII LogicalResourceId": given(LogicalResourceId="é" * 2000),
    "lone surrogate in an id": given(LogicalResourceId="\ud800"),
    "PhysicalResourceId of another type": given(PhysicalResourceId=["x"]),
    "giant PhysicalResourceId": given(PhysicalResourceId="p" * 5000),
}

ANSWERED: dict[str, Malform] = {
    "no RequestType": without("RequestType"),
    "unknown RequestType": given(RequestType="Read"),
    "RequestType in other case": given(RequestType="create"),
    "RequestType of another type": given(RequestType=["Create"]),
    "RequestType that names another method": given(RequestType="poll_create"),
    "no ResourceProperties": without("ResourceProperties"),
    "null ResourceProperties": given(ResourceProperties=None),
    "ResourceProperties that are a list": given(ResourceProperties=[]),
    "Update without an id": given(RequestType="Update"),
    "Delete without an id": given(RequestType="Delete"),
    "giant property": given(ResourceProperties={"Name": "x" * 1_000_000}),
    "giant key": given(ResourceProperties={"x" * 1_000_000: "x"}),
    "many properties": given(ResourceProperties={f"Unknown{index}": "x" for index in range(500)}),
    "non-ASCII properties": given(ResourceProperties={"Näme": "日本語", "Name": "\ud800😀"}),
    "nulls everywhere": given(ResourceProperties=dict.fromkeys(["Name", "ImageRecipeArn", "Tags", "Workflows"])),
    "wrong types everywhere": given(
        ResourceProperties={"Name": {}, "Tags": "x", "Workflows": {"a": [1]}, "Schedule": 1}
    ),
    "deep properties": given(ResourceProperties={"Schedule": json.loads('{"a":' * 500 + "1" + "}" * 500)}),
    "crhelper's own members": given(CrHelperPoll=True, CrHelperData={"x": "y"}, ResourceProperties={}),
}


@pytest.mark.parametrize("malform", [pytest.param(malform, id=name) for name, malform in NOT_ANSWERABLE.items()])
def test_row_26_malformed_event_raises_and_touches_no_url_neither_warm_nor_cold(
    resource: Resource, service: ImageBuilder, minimal: Properties, malform: Malform
) -> None:
    resource.create(**minimal)
    event = malform(resource.event("Create", minimal))
    for handler in (resource.handler, new_handler()):
        with pytest.raises(InvalidEventError) as raised:
            handler(event, Context())
        assert "5ecre7" not in str(raised.value)
    assert (len(resource.responses.requests), len(service.calls())) == (1, 1)


@pytest.mark.parametrize("malform", [pytest.param(malform, id=name) for name, malform in ANSWERED.items()])
def test_row_27_malformed_event_that_says_whom_to_answer_is_answered_failed_and_makes_nothing(
    resource: Resource, service: ImageBuilder, minimal: Properties, malform: Malform
) -> None:
    answer = resource.send(malform(resource.event("Create", minimal)))
    assert answer["Status"] == "FAILED"
    assert answer["PhysicalResourceId"].startswith("not-created/Pipeline/")
    assert answer["Reason"].startswith(("InvalidEvent: ", "InvalidProperties: "))
    assert len(answer["Reason"]) <= 1000
    assert service.calls() == []


def test_row_27_unknown_request_type_is_named(resource: Resource, minimal: Properties) -> None:
    answer = resource.send(resource.event("Create", minimal) | {"RequestType": "Read"})
    assert "RequestType is not Create, Update or Delete: got 'Read'" in answer["Reason"]


def test_there_are_thirty_malformed_events() -> None:
    assert len(NOT_ANSWERABLE) + len(ANSWERED) >= 30


@pytest.mark.parametrize("arn", ["", None])
def test_event_is_refused_where_neither_the_context_nor_the_environment_tells_whose_it_is(
    resource: Resource, minimal: Properties, service: ImageBuilder, arn: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = resource.event("Create", minimal)
    with pytest.raises(InvalidEventError, match="the owner of the event is unknown"):
        resource.handler(event, Context(invoked_function_arn=arn))
    assert (service.calls(), resource.responses.requests) == ([], [])
    monkeypatch.setenv("CUSTOM_RESOURCE_STACK_ID", STACK_ID)
    resource.handler(event, Context(invoked_function_arn=arn))
    assert resource.responses.taken[0]["Status"] == "SUCCESS"


def test_one_event_is_answered_once_although_the_work_ends_right_when_time_is_up(
    resource: Resource, minimal: Properties
) -> None:
    statuses: set[str] = set()
    for late in range(-10, 11):
        ends_at = time.monotonic() + 0.05 + late / 1000

        def work(*_: object, ends_at: float = ends_at) -> Outcome:
            time.sleep(max(0.0, ends_at - time.monotonic()))
            return Success("the-id")

        resource.handler = handler_doing(work)
        answer = resource.send(resource.event("Create", minimal), seconds=4.55)
        statuses.add(answer["Status"])
        assert (answer["Status"] == "FAILED") == answer["Reason"].startswith("OutOfTime")
    assert statuses == {"SUCCESS", "FAILED"}


def test_row_21_function_whose_work_does_not_end_ends_in_time_all_the_same(
    resource: Resource, service: ImageBuilder, minimal: Properties, patient: None
) -> None:
    # If it did not, Lambda would deliver the event again, after a stack has long gone on.
    service.inject("CreateImagePipeline", ["hang"])
    started = time.monotonic()
    assert resource.send(resource.event("Create", minimal), seconds=6)["Status"] == "FAILED"
    assert time.monotonic() - started < 6


def test_row_21_work_that_is_left_behind_asks_for_nothing_while_the_next_event_is_worked_on(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    thaws, is_over = threading.Event(), threading.Event()
    work = new_work()

    def frozen(event: Event, progress: Progress) -> Outcome:
        thaws.wait(10)
        try:
            return work(event, progress)
        finally:
            is_over.set()

    resource.handler = handler_doing(frozen)
    assert resource.send(resource.event("Create", minimal), seconds=5)["Status"] == "FAILED"

    def meanwhile(event: Event, progress: Progress) -> Outcome:
        thaws.set()
        assert is_over.wait(10)
        return work(event, progress)

    other = Resource(handler_doing(meanwhile), resource.responses, logical_id="Other")
    assert other.create(**minimal | {"Name": "other"})["Status"] == "SUCCESS"
    assert [call.request["name"] for call in service.calls()] == ["other"]


def test_row_27_members_of_crhelper_in_an_event_change_nothing(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    event = resource.event("Create", minimal) | {"CrHelperPoll": True, "CrHelperData": {"Arn": "x", "Foreign": "y"}}
    answer = resource.send(event)
    assert answer["Data"].keys() == {"Arn", "Name", "ClientToken", "RequestId", "WhatIsBuilt"}
    assert answer["PhysicalResourceId"] == service.pipelines()[0]["arn"]
