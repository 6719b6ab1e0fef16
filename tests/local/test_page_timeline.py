"""What the page's timeline remembers, and what it leaves out."""

import json
from email.message import Message
from typing import Any

import pytest

from imagebuilder_local.emulator import Answered, ImageBuilder
from imagebuilder_local.page import Timeline, view
from imagebuilder_local.page.difference import changes
from imagebuilder_local.page.records import Event

TOKEN = "0c9c6c1e-5ec1-4e70-8000-000000000000"
URL = f"https://127.0.0.1:4566/_ministack/cfn-response/{TOKEN}"
TRACE = "Root=1-6553f100-0123456789abcdef01234567;Parent=0123456789abcdef;Sampled=0"
OK = Answered(200, None, None)


@pytest.fixture
def timeline() -> Timeline:
    return Timeline(most_events=3, most_calls=4)


def begin(timeline: Timeline, token: str = TOKEN, trace: str = TRACE, **more: Any) -> Event:
    given = {"request_type": "Create", "props": {"Name": "web"}, "physical_id": None, "old_props": None} | more
    event = timeline.begin(
        logical_id="Pipeline", stack_name="Golden", stack_id="arn", resource_type="Custom::ImagePipeline", **given
    )
    message = {"RequestId": "r", "ResponseURL": URL.replace(TOKEN, token), "ResourceProperties": given["props"]}
    timeline.sent(event, message | ({"OldResourceProperties": given["old_props"]} if given["old_props"] else {}))
    timeline.traced(event, trace)
    return event


def headers(**given: str) -> Message:
    message = Message()
    for name, value in (
        {"X-Amzn-Trace-Id": TRACE} | {key.replace("_", "-"): text for key, text in given.items()}
    ).items():
        message[name] = value
    return message


def seen(timeline: Timeline) -> dict[str, Any]:
    return dict(json.loads(json.dumps(view(timeline, ImageBuilder()))))


def test_newest_events_and_the_newest_calls_of_each_are_kept(timeline: Timeline) -> None:
    for number in range(5):
        event = begin(timeline, props={"Name": str(number)})
        timeline.end(event)
    for _ in range(6):
        timeline.call("GetImagePipeline", {}, headers())(OK)
    events = seen(timeline)["events"]
    assert [event["properties"]["Name"] for event in events] == ["4", "3", "2"]
    assert sum(len(event["calls"]) for event in events) == 4
    assert [event["forgottenCalls"] for event in events if event["calls"]] == [2]


def test_calls_of_other_clients_are_kept_apart_and_bounded_too(timeline: Timeline) -> None:
    begin(timeline)
    for number in range(6):
        given = headers(User_Agent="aws-cli/2.0 md/x")
        given.replace_header("X-Amzn-Trace-Id", f"Root=1-0-{number}")
        timeline.call(f"Call{number}", {}, given)(OK)
    state = seen(timeline)
    assert state["events"][0]["calls"] == []
    assert [call["operation"] for call in state["others"]] == ["Call5", "Call4", "Call3", "Call2"]
    assert {call["client"] for call in state["others"]} == {"aws-cli/2.0"}


def test_call_without_a_trace_belongs_to_no_event_even_when_one_has_none_yet(timeline: Timeline) -> None:
    begin(timeline, trace="")
    timeline.call("GetImagePipeline", {}, Message())(OK)
    state = seen(timeline)
    assert (state["events"][0]["calls"], len(state["others"])) == ([], 1)


def test_attempts_of_one_request_are_numbered_with_the_pause_between_them(timeline: Timeline) -> None:
    begin(timeline)
    request = {"clientToken": "t", "name": "web"}
    first = timeline.call(
        "CreateImagePipeline", request, headers(amz_sdk_invocation_id="i", amz_sdk_request="attempt=1")
    )
    first(Answered(429, "TooManyRequestsException", "Slow down"))
    second = timeline.call(
        "CreateImagePipeline", request, headers(amz_sdk_invocation_id="i", amz_sdk_request="attempt=2")
    )
    calls = seen(timeline)["events"][0]["calls"]
    assert [(call["attempt"], call["status"], call["code"], call["isOver"]) for call in calls] == [
        (1, 429, "TooManyRequestsException", True),
        (2, None, None, False),
    ]
    assert calls[0]["pauseMilliseconds"] is None
    assert calls[1]["pauseMilliseconds"] >= 0
    second(OK)
    assert seen(timeline)["events"][0]["calls"][1]["status"] == 200


def test_response_url_is_blotted_out_of_whatever_the_function_says(timeline: Timeline) -> None:
    event = begin(timeline)
    timeline.function_failed(event, f"RuntimeError: {URL}")
    timeline.answered(
        TOKEN, {"Status": "FAILED", "Reason": URL, "PhysicalResourceId": URL, "Data": {URL: [URL, {"a": URL}]}}
    )
    timeline.end(event, f"failed: {URL}")
    text = json.dumps(seen(timeline))
    assert TOKEN not in text
    assert text.count("cfn-response/****") == 6


def test_attributes_under_no_echo_are_named_and_not_shown(timeline: Timeline) -> None:
    begin(timeline)
    timeline.answered(TOKEN, {"Status": "SUCCESS", "NoEcho": True, "Data": {"Password": "hunter2"}})
    answer = seen(timeline)["events"][0]["answer"]
    assert answer["attributes"] == {"Password": "****"}


def test_answer_after_the_end_is_not_taken(timeline: Timeline) -> None:
    timeline.end(begin(timeline), "timed out")
    timeline.answered(TOKEN, {"Status": "SUCCESS"})
    (event,) = seen(timeline)["events"]
    assert (event["state"], event["answer"], event["failure"]) == ("failed", None, "timed out")


def test_event_that_is_not_over_is_shown_as_working(timeline: Timeline) -> None:
    begin(timeline)
    (event,) = seen(timeline)["events"]
    assert (event["state"], event["milliseconds"]) == ("working", None)


def test_event_whose_function_has_returned_waits_until_a_response_comes(timeline: Timeline) -> None:
    event = begin(timeline)
    timeline.function_returned(event)
    (shown,) = seen(timeline)["events"]
    assert (shown["state"], shown["milliseconds"], shown["awaits"]) == ("waiting", None, None)
    assert timeline.waiting_for(URL) is event
    timeline.answered(TOKEN, {"Status": "SUCCESS", "PhysicalResourceId": "image"})
    assert seen(timeline)["events"][0]["state"] == "succeeded"


def test_event_that_ends_without_the_response_it_waited_for_has_failed(timeline: Timeline) -> None:
    event = begin(timeline)
    timeline.function_returned(event)
    timeline.end(event, "timed out")
    assert (seen(timeline)["events"][0]["state"], timeline.waiting_for(URL)) == ("failed", None)


@pytest.mark.parametrize("url", ["", "https://127.0.0.1:4566/_ministack/cfn-response/", "other"])
def test_url_of_no_event_finds_none(timeline: Timeline, url: str) -> None:
    begin(timeline, token="")
    assert timeline.waiting_for(url) is None


def test_event_that_waits_for_an_image_names_it(timeline: Timeline) -> None:
    event = begin(timeline, props={"ImageArn": "arn:image"})
    assert seen(timeline)["events"][0]["awaits"] is None
    timeline.function_returned(event)
    assert seen(timeline)["events"][0]["awaits"] == "arn:image"


@pytest.mark.parametrize(("physical_id", "replaces"), [("old", False), ("new", True)])
def test_update_that_answers_with_another_physical_id_is_a_replacement(
    timeline: Timeline, physical_id: str, replaces: bool
) -> None:
    begin(timeline, request_type="Update", physical_id="old", old_props={"Name": "db"})
    timeline.answered(TOKEN, {"Status": "SUCCESS", "PhysicalResourceId": physical_id})
    assert seen(timeline)["events"][0]["answer"]["replaces"] is replaces


def test_what_is_shown_is_a_copy_of_what_was_sent(timeline: Timeline) -> None:
    properties: dict[str, Any] = {"Tags": {"team": "web"}}
    begin(timeline, props=properties)
    properties["Tags"]["team"] = "db"
    assert seen(timeline)["events"][0]["properties"] == {"Tags": {"team": "web"}}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({}, {}, []),
        ({"a": "1"}, {"a": "1"}, []),
        ({"a": "1"}, {"a": "2"}, [("a", "changed", "1", "2")]),
        ({}, {"a": {"b": "1", "c": {}}}, [("a.b", "added", None, "1"), ("a.c", "added", None, {})]),
        ({"a": ["x", "y"]}, {"a": ["x"]}, [("a[1]", "removed", "y", None)]),
        (
            {"a": [{"b": "1"}]},
            {"a": [{"b": "2"}, "z"]},
            [("a[0].b", "changed", "1", "2"), ("a[1]", "added", None, "z")],
        ),
        ({"a": {"b": "1"}}, {"a": "1"}, [("a", "changed", {"b": "1"}, "1")]),
        ({"a": None}, {}, [("a", "removed", None, None)]),
    ],
)
def test_differences_are_told_at_the_deepest_place(before: Any, after: Any, expected: list[tuple[Any, ...]]) -> None:
    assert [tuple(change) for change in changes(before, after)] == expected
