"""The fault matrix (docs/faults.md), rows 16-20, 22 and 28-38: what can go wrong with a Create."""

import re
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from support.clock import CLOCK, BusyClock, SkippingClock
from support.cloudformation import Context, Resource
from support.environment import handler_doing, new_handler, new_work

from imagebuilder_local.emulator import ImageBuilder, ImageBuilderServer
from imagebuilder_model.ownership import FORMER_LOGICAL_ID_TAG, LOGICAL_ID_TAG
from imagebuilder_model.storms import PIPELINES_VARIABLE
from imagebuilder_pipeline_handler.imagebuilder.client import make_client
from imagebuilder_pipeline_handler.runtime.clock import Timeouts
from imagebuilder_pipeline_handler.runtime.event import Event
from imagebuilder_pipeline_handler.runtime.progress import Progress
from imagebuilder_pipeline_handler.runtime.response import UndeliveredError

Properties = dict[str, Any]
CREATE = "CreateImagePipeline"
ARN = "arn:aws:imagebuilder:us-east-1:000000000000:image-pipeline/golden"
ROLE_NOT_THERE = {
    "code": "InvalidParameterValueException",
    "message": "The value supplied for parameter 'executionRole' is not valid. The role cannot be assumed.",
}
BRIEF = 8.0
"""Seconds of a function that has time for little more than one look, so that faults that last for ever end soon."""

SHORT = 6.0
"""Seconds of a function that answers after 1.5 s, done or not: time enough to begin also on a busy machine."""

TOO_LONG = 2.5
"""Seconds after which that function has answered, and has not ended."""


def tokens(service: ImageBuilder) -> set[str]:
    return {call.request["clientToken"] for call in service.calls() if call.operation == CREATE}


def operations(service: ImageBuilder) -> list[str]:
    return [call.operation for call in service.calls()]


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def theirs(resource: Resource, minimal: Properties) -> None:
    answer = Resource(resource.handler, resource.responses, logical_id="Theirs").create(**minimal)
    assert answer["Status"] == "SUCCESS"


def test_row_16_create_that_made_nothing_answers_with_a_marker(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    answer = resource.create(**minimal | {"ImageRecipeArn": service.arn("image-recipe/missing/1.0.0")})
    assert answer["PhysicalResourceId"].startswith("not-created/Pipeline/")
    assert answer["Reason"].startswith(
        "ResourceNotFoundException: something that the template refers to does not exist"
    )


def test_row_17_delete_of_the_marker_succeeds_without_a_call(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    resource.create(Name="golden")
    answer = resource.delete()
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", resource.physical_id)
    assert service.calls() == []


def test_row_18_made_then_raised_fails_with_the_arn_and_the_delete_removes_it(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    work = new_work()

    def fail(event: Event, progress: Progress) -> None:
        work(event, progress)
        raise RuntimeError("after the call")

    failing = replace(resource, handler=handler_doing(fail))
    answer = failing.create(**minimal)
    resource.physical_id, resource.properties = failing.physical_id, failing.properties
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("FAILED", ARN)
    assert resource.delete()["Status"] == "SUCCESS"
    assert service.pipelines() == []


@pytest.mark.parametrize("lost", ["reply lost", "reply hangs"])
def test_row_19_lost_reply_is_asked_for_again_with_the_same_token(
    resource: Resource, service: ImageBuilder, minimal: Properties, lost: str
) -> None:
    service.inject(CREATE, [lost])
    assert resource.create(**minimal)["PhysicalResourceId"] == ARN
    assert (operations(service), len(tokens(service))) == ([CREATE, CREATE], 1)


def test_row_19_reply_that_stays_lost_is_found_by_name_and_tags(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    service.inject(CREATE, ["reply lost", {"code": "InvalidRequestException", "message": "no"}])
    answer = resource.create(**minimal)
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", ARN)
    assert operations(service)[2:] == ["GetImagePipeline", "UpdateImagePipeline"]


def test_row_19_reply_that_stays_lost_and_cannot_be_looked_up_fails_with_the_arn_that_a_delete_then_removes(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    service.inject(CREATE, ["reply lost", {"code": "InvalidRequestException"}])
    service.inject("GetImagePipeline", [{"code": "InvalidRequestException"}])
    answer = resource.create(**minimal)
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("FAILED", ARN)
    assert resource.delete()["Status"] == "SUCCESS"
    assert service.pipelines() == []


def test_row_20_event_delivered_twice_answers_the_same(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    event = resource.event("Create", minimal)
    first, second = resource.send(event), resource.send(event)
    assert first["Data"] | {"RequestId": ""} == second["Data"] | {"RequestId": ""}
    assert len(service.pipelines()) == 1


def test_row_20_event_delivered_twice_at_once_makes_one_pipeline_with_one_id(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    service.inject(CREATE, [{"delay": 0.2}, {"delay": 0.2}])
    event = resource.event("Create", minimal)
    threads = [threading.Thread(target=new_handler(), args=(event, Context())) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer["PhysicalResourceId"] for answer in resource.responses.taken] == [ARN, ARN]
    assert {answer["Status"] for answer in resource.responses.taken} == {"SUCCESS"}
    assert len(service.pipelines()) == 1


def test_row_22_create_that_ends_after_failed_was_sent_is_undone(
    resource: Resource, service: ImageBuilder, minimal: Properties, patient: None
) -> None:
    service.inject(CREATE, [{"delay": TOO_LONG}])
    answer = resource.send(resource.event("Create", minimal), seconds=SHORT)
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("FAILED", ARN)
    assert answer["Reason"].startswith("OutOfTime: ")
    assert operations(service) == [CREATE, "GetImagePipeline", "DeleteImagePipeline"]
    assert (service.pipelines(), len(resource.responses.requests)) == ([], 1)


def test_row_22_renaming_create_that_ends_after_failed_was_sent_is_undone(
    resource: Resource, service: ImageBuilder, minimal: Properties, patient: None
) -> None:
    old = resource.create(**minimal)["PhysicalResourceId"]
    service.inject(CREATE, [{"delay": TOO_LONG}])
    answer = resource.send(resource.event("Update", minimal | {"Name": "silver"}), seconds=SHORT)
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("FAILED", old)
    assert [pipeline["arn"] for pipeline in service.pipelines()] == [old]


def test_row_22_what_another_delivery_of_the_event_made_in_time_is_not_undone(
    resource: Resource, service: ImageBuilder, minimal: Properties, patient: None
) -> None:
    event = resource.event("Create", minimal)
    assert resource.send(event)["Status"] == "SUCCESS"
    service.inject(CREATE, [{"delay": TOO_LONG}])
    assert resource.send(event, seconds=SHORT)["Status"] == "FAILED"
    assert [pipeline["arn"] for pipeline in service.pipelines()] == [ARN]


def test_row_22_nothing_is_undone_that_lambda_will_deliver_again(
    resource: Resource, service: ImageBuilder, minimal: Properties, patient: None
) -> None:
    service.inject(CREATE, [{"delay": TOO_LONG}])
    resource.responses.script = [403] * 8
    event = resource.event("Create", minimal)
    with pytest.raises(UndeliveredError):
        resource.handler(event, Context(SHORT))
    assert resource.send(event)["PhysicalResourceId"] == service.pipelines()[0]["arn"]
    wait_for(lambda: operations(service) == [CREATE, CREATE])
    assert len(service.pipelines()) == 1


def test_row_22_no_request_is_begun_after_failed_was_sent(
    resource: Resource, service: ImageBuilder, minimal: Properties, patient: None
) -> None:
    theirs(resource, minimal)
    seen = len(service.calls())
    service.inject("GetImagePipeline", [{"delay": TOO_LONG}])
    event = resource.event("Create", minimal | {"AdoptExisting": "true"})
    # Whose the pipeline is was not learnt, so a Delete is to look: by its tags it leaves what is not ours.
    resource.physical_id = resource.send(event, seconds=SHORT)["PhysicalResourceId"]
    # The second look is that of undoing, which found nothing to undo.
    assert operations(service)[seen:] == [CREATE, "GetImagePipeline", "GetImagePipeline"]
    assert (resource.physical_id, resource.delete()["Status"]) == (ARN, "SUCCESS")
    assert service.pipelines()[0]["tags"][LOGICAL_ID_TAG] == "Theirs"


@pytest.mark.parametrize("code", ["CallRateLimitExceededException", "TooManyRequestsException", "ThrottlingException"])
def test_row_28_throttling_is_waited_out_with_one_token(
    resource: Resource, service: ImageBuilder, minimal: Properties, code: str
) -> None:
    service.inject(CREATE, [code] * 12)
    assert resource.create(**minimal)["Status"] == "SUCCESS"
    assert (len(operations(service)), len(tokens(service))) == (13, 1)


def test_row_28_throttling_that_outlasts_the_function_fails_in_time_and_tells_the_attempts(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    service.inject(CREATE, ["CallRateLimitExceededException"] * 1000)
    answer = resource.create(**minimal)
    attempts = len(service.calls())
    assert attempts > 10
    assert answer["Reason"].startswith("CallRateLimitExceededException: too many calls")
    told = re.search(r", (\d+) attempts in (\d+) s, last CallRateLimitExceededException\)", answer["Reason"])
    assert told is not None
    assert int(told[1]) == attempts
    assert 200 < int(told[2]) < 296
    # Not a marker: an earlier delivery of the event may have made it, and its Delete looks at the owner's tags first.
    assert answer["PhysicalResourceId"] == ARN


class UnluckyClock(SkippingClock):
    """Draws the longest pause of all."""

    def jitter(self, most: float) -> float:
        return most


def test_row_28_pause_that_is_longer_than_the_time_left_is_shortened_to_it(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    resource.handler = new_handler(clock=UnluckyClock(CLOCK.timeouts, of=CLOCK))
    # Pauses of 8 and of 20 seconds, of the 18 that a function of 30 seconds has for them.
    service.inject(CREATE, ["CallRateLimitExceededException"] * 2)
    assert resource.send(resource.event("Create", minimal), seconds=30)["Status"] == "SUCCESS"


def test_row_28_another_fault_between_two_429_does_not_begin_the_pauses_of_many_pipelines_again(
    resource: Resource, service: ImageBuilder, minimal: Properties, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PIPELINES_VARIABLE, "1000")
    clock = UnluckyClock(CLOCK.timeouts, of=CLOCK)
    resource.handler = new_handler(clock=clock)
    service.inject(CREATE, ["CallRateLimitExceededException", "ServiceException", "CallRateLimitExceededException"])
    began = clock.monotonic()
    assert resource.create(**minimal)["Status"] == "SUCCESS"
    # The windows begin after 0, 15 and 50 seconds and end after 55. Begun again, they would end after 15 + 2 + 15.
    assert clock.monotonic() - began >= 55


@pytest.mark.parametrize(
    "fault",
    [
        "ServiceException",
        "ServiceUnavailableException",
        {"status": 502, "body": "<html>Bad Gateway"},
        {"status": 504, "body": ""},
        "reset before",
    ],
)
def test_row_29_server_errors_and_resets_are_tried_again_with_one_token(
    resource: Resource, service: ImageBuilder, minimal: Properties, fault: Any
) -> None:
    service.inject(CREATE, [fault] * 6)
    assert resource.create(**minimal)["Status"] == "SUCCESS"
    assert (operations(service), len(tokens(service))) == ([CREATE] * 7, 1)


def test_row_29_server_errors_that_outlast_the_function_fail_with_the_arn_for_it_may_have_been_made(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    service.inject(CREATE, [{"status": 502, "body": "<html>"}] * 1000)
    answer = resource.send(resource.event("Create", minimal), seconds=BRIEF)
    assert answer["Reason"].startswith("502: Image Builder failed for the whole time of the function")
    assert answer["PhysicalResourceId"] == ARN


def test_row_30_service_that_hangs_is_asked_again_after_a_short_read_timeout(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    service.inject(CREATE, ["hang", "hang"])
    assert resource.create(**minimal)["Status"] == "SUCCESS"
    assert (operations(service), len(tokens(service))) == ([CREATE] * 3, 1)


def test_row_30_service_that_hangs_for_ever_fails_in_time(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    service.inject("*", ["hang"] * 100)
    answer = resource.send(resource.event("Create", minimal), seconds=BRIEF)
    assert answer["Reason"].startswith("NoConnection: Image Builder could not be reached or did not respond in time")
    assert "ReadTimeoutError" in answer["Reason"]
    assert answer["PhysicalResourceId"] == ARN


def test_row_30_timeouts_of_the_client_are_pinned_and_leave_time_to_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    config: Any = make_client(Timeouts()).meta.config
    assert (config.connect_timeout, config.read_timeout) == (3, 12)
    assert (config.retries["mode"], config.retries["total_max_attempts"]) == ("standard", 1)


def test_row_31_quota_fails_at_once_and_says_where_to_raise_it(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    service.inject(CREATE, ["ServiceQuotaExceededException"])
    answer = resource.create(**minimal)
    assert "Service Quotas, EC2 Image Builder" in answer["Reason"][:256]
    assert answer["PhysicalResourceId"].startswith("not-created/")
    assert operations(service) == [CREATE]


def test_row_32_resource_in_use_is_tried_again(resource: Resource, service: ImageBuilder, minimal: Properties) -> None:
    service.inject("*", ["ResourceInUseException"] * 3)
    assert resource.create(**minimal)["Status"] == "SUCCESS"
    service.inject("UpdateImagePipeline", ["ResourceInUseException"] * 3)
    assert resource.update(**minimal, Description="other")["Status"] == "SUCCESS"


def test_row_33_pipeline_that_is_ours_by_its_tags_is_adopted_and_brought_to_the_wanted_state(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    resource.create(**minimal)
    answer = resource.create(**minimal, Description="second")
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", ARN)
    assert service.pipelines()[0]["description"] == "second"


@pytest.mark.parametrize("denied", [False, True])
def test_row_34_pipeline_of_others_fails_with_a_marker_and_stays_as_it_is(
    resource: Resource, service: ImageBuilder, minimal: Properties, denied: bool
) -> None:
    theirs(resource, minimal)
    before = service.pipelines()
    service.inject("GetImagePipeline", ["AccessDeniedException"] * 100 * denied)
    answer = resource.create(**minimal, Description="mine")
    assert answer["PhysicalResourceId"].startswith("not-created/")
    code = "OtherStacks" if denied else "NotOurs"
    assert answer["Reason"].startswith(f"{code}: a pipeline of this name exists and ")
    assert resource.delete()["Status"] == "SUCCESS"
    assert service.pipelines() == before


def test_row_34_adoption_that_fails_gives_the_tags_back_and_answers_with_a_marker(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    theirs(resource, minimal)
    before = service.pipelines()
    service.inject("UpdateImagePipeline", ["InvalidRequestException"])
    answer = resource.create(**minimal, Description="mine", AdoptExisting=True)
    assert answer["PhysicalResourceId"].startswith("not-created/")
    assert service.pipelines() == before


def test_row_34_adoption_of_a_pipeline_without_owner_that_fails_removes_the_tags(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    request = {name[:1].lower() + name[1:]: value for name, value in minimal.items()}
    service.call(CREATE, request | {"clientToken": "by hand"})
    before = service.pipelines()
    service.inject("UpdateImagePipeline", ["InvalidRequestException"])
    assert resource.create(**minimal, AdoptExisting=True)["Status"] == "FAILED"
    assert service.pipelines() == before
    assert resource.create(**minimal, AdoptExisting=True)["PhysicalResourceId"] == ARN


def test_row_34_adoption_tags_first_because_iam_allows_the_rest_by_the_tag(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    theirs(resource, minimal)
    seen = len(service.calls())
    resource.create(**minimal, AdoptExisting=True)
    assert operations(service)[seen:] == [CREATE, "GetImagePipeline", "TagResource", "UpdateImagePipeline"]
    assert service.calls()[seen + 2].request["tags"] == {LOGICAL_ID_TAG: "Pipeline", FORMER_LOGICAL_ID_TAG: "Theirs"}


def test_row_35_token_that_came_with_other_parameters_fails_and_says_why(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    event = resource.event("Create", minimal)
    resource.send(event)
    event["ResourceProperties"]["Description"] = "changed by a newer function"
    answer = resource.send(event)
    assert answer["Reason"].startswith("IdempotentParameterMismatchException: an earlier delivery of this event asked")
    assert answer["PhysicalResourceId"] == ARN


def test_row_36_execution_role_that_is_not_visible_yet_is_waited_for(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    service.inject(CREATE, [ROLE_NOT_THERE] * 5)
    assert resource.create(**minimal, ExecutionRole="builder")["Status"] == "SUCCESS"
    assert (len(operations(service)), len(tokens(service))) == (6, 1)


def test_row_36_execution_role_that_never_comes_fails_after_two_minutes(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    started = CLOCK.monotonic()
    service.inject(CREATE, [ROLE_NOT_THERE] * 1000)
    answer = resource.send(resource.event("Create", minimal | {"ExecutionRole": "builder"}), seconds=300)
    assert 100 < CLOCK.monotonic() - started < 125
    assert answer["Reason"].startswith("InvalidParameterValueException: Image Builder refuses a value")
    assert answer["PhysicalResourceId"].startswith("not-created/")
    assert len(service.calls()) > 10


@pytest.mark.parametrize("code", ["AccessDeniedException", "ForbiddenException", "UnrecognizedClientException"])
def test_row_37_policy_that_is_not_there_yet_is_waited_for_and_one_that_never_comes_fails_soon(
    resource: Resource, service: ImageBuilder, minimal: Properties, code: str
) -> None:
    service.inject(CREATE, [{"code": code, "status": 403}] * 3)
    assert resource.create(**minimal)["Status"] == "SUCCESS"
    service.inject("UpdateImagePipeline", [{"code": code, "status": 403}] * 1000)
    answer = resource.update(**minimal, Description="other")
    assert answer["Reason"].startswith(f"{code}: ")
    assert 1 < operations(service).count("UpdateImagePipeline") < 100


@pytest.mark.parametrize("body", ["{}", "<html>", ""])
def test_row_38_success_without_an_arn_is_asked_for_again(
    resource: Resource, service: ImageBuilder, minimal: Properties, body: str
) -> None:
    service.inject(CREATE, [{"status": 200, "body": body}] * 2)
    assert resource.create(**minimal)["PhysicalResourceId"] == ARN
    assert (operations(service), len(tokens(service))) == ([CREATE] * 3, 1)


def test_row_38_success_that_stays_without_an_arn_is_looked_up_and_else_fails_with_the_arn(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    service.inject(CREATE, ["reply lost"] + [{"status": 200, "body": "{}"}] * 1000)
    assert resource.create(**minimal)["PhysicalResourceId"] == ARN
    assert resource.delete()["Status"] == "SUCCESS"
    answer = resource.create(**minimal)
    assert answer["Reason"].startswith("NoAnswer: ")
    assert answer["PhysicalResourceId"] == ARN


@pytest.mark.parametrize(
    "code", ["InvalidRequestException", "InvalidParameterValueException", "ResourceNotFoundException", "Unheard"]
)
def test_nothing_is_tried_again_that_cannot_succeed(
    resource: Resource, service: ImageBuilder, minimal: Properties, code: str
) -> None:
    service.inject(CREATE, [{"code": code, "message": "no"}])
    assert resource.create(**minimal)["Reason"].startswith(f"{code}: ")
    assert len(service.calls()) == 1


def test_service_that_refuses_connections_for_a_while_is_tried_again(
    resource: Resource, service: ImageBuilder, minimal: Properties, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    monkeypatch.setenv("AWS_ENDPOINT_URL_IMAGEBUILDER", f"http://127.0.0.1:{port}")
    servers: list[ImageBuilderServer] = []

    def comes_up() -> None:
        server = ImageBuilderServer(service, port=port)
        server.start()
        servers.append(server)

    resource.handler = new_handler(clock=BusyClock(comes_up))
    try:
        assert resource.create(**minimal)["Status"] == "SUCCESS"
    finally:
        servers[0].stop()
    assert len(service.calls()) == 1


def test_service_that_refuses_connections_for_ever_fails_in_time_with_a_marker_for_nothing_was_sent(
    resource: Resource, minimal: Properties, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_IMAGEBUILDER", "http://127.0.0.1:9")
    answer = resource.send(resource.event("Create", minimal), seconds=BRIEF)
    assert answer["Reason"].startswith("NoConnection: ")
    assert "last EndpointConnectionError" in answer["Reason"]
    assert answer["PhysicalResourceId"].startswith("not-created/")


def test_row_38_success_without_an_arn_may_have_made_it_although_the_next_answer_refuses(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    service.inject(CREATE, [{"status": 200, "body": "{}"}, "InvalidRequestException"])
    answer = resource.create(**minimal)
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("FAILED", ARN)
