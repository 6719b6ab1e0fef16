"""Faults of a build: each delivery, look and response that goes wrong, and the one build and response that remain."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from support.building import SECONDS_PER_STATE, images, properties, started, states, stopped
from support.clock import AdvancingClock
from support.cloudformation import Context
from support.environment import new_handler
from support.waiting import MACHINE, StateMachines, Waiting

from imagebuilder_local.emulator import ImageBuilder
from imagebuilder_pipeline_handler.runtime.event import InvalidEventError
from imagebuilder_pipeline_handler.runtime.response import UndeliveredError


def test_row_70_lost_response_to_the_start_leaves_one_build_that_is_waited_for(
    build: Waiting, service: ImageBuilder, pipeline: str
) -> None:
    service.inject("StartImagePipelineExecution", ["reply lost"])
    answer = build.create(**properties(pipeline))
    assert (answer["Status"], states(service, pipeline)) == ("SUCCESS", ["AVAILABLE"])


def test_row_70_start_whose_responses_are_all_lost_fails_and_its_delete_cancels_the_build(
    build: Waiting, service: ImageBuilder, pipeline: str
) -> None:
    service.inject("StartImagePipelineExecution", ["reply lost"] * 100)
    answer = build.create(**properties(pipeline))
    assert (answer["Status"], len(states(service, pipeline))) == ("FAILED", 1)
    assert answer["PhysicalResourceId"].startswith("not-known/")
    assert build.delete()["Status"] == "SUCCESS"
    assert stopped(build, service, pipeline) == ["CANCELLED"]


def test_row_71_start_that_is_refused_leaves_an_id_whose_delete_calls_nothing(
    build: Waiting, service: ImageBuilder, pipeline: str
) -> None:
    service.inject("StartImagePipelineExecution", [{"code": "InvalidRequestException", "status": 400}])
    answer = build.create(**properties(pipeline))
    assert answer["Reason"].startswith("InvalidRequestException: ")
    before = len(service.calls())
    assert build.delete()["Status"] == "SUCCESS"
    assert len(service.calls()) == before


def test_row_72_redelivery_after_a_function_that_was_killed_before_it_could_wait_takes_the_same_build(
    build: Waiting, service: ImageBuilder, pipeline: str, machines: StateMachines
) -> None:
    event = build.event("Create", properties(pipeline))
    build.handler(event, Context())
    machines.reset()
    answer = build.send(event)
    assert (answer["Status"], started(service)) == ("SUCCESS", 1)


def test_row_73_response_that_is_not_taken_is_sent_again_at_the_next_look(
    build: Waiting, service: ImageBuilder, pipeline: str
) -> None:
    build.handler(build.event("Create", properties(pipeline)), Context())
    (execution,) = build.machines.executions.values()
    build.clock.sleep(3000)
    build.responses.script = [500] * 8
    with pytest.raises(UndeliveredError):
        build.look(execution["watch"], Context(60))
    build.machines.play(build.look, build.clock)
    assert build.responses.taken[-1]["PhysicalResourceId"] == images(service, pipeline)[0]["arn"]


def test_row_74_look_that_nobody_answers_in_time_is_made_again(
    build: Waiting, service: ImageBuilder, pipeline: str
) -> None:
    service.inject("GetImage", ["reset before", "reset before"])
    answer = build.create(**properties(pipeline))
    assert answer["Status"] == "SUCCESS"


def test_row_75_second_execution_for_one_event_sends_the_same_response(
    build: Waiting, service: ImageBuilder, pipeline: str
) -> None:
    build.handler(build.event("Create", properties(pipeline)), Context())
    (execution,) = build.machines.executions.values()
    build.machines.executions["again"] = {**execution}
    build.machines.play(build.look, build.clock)
    first, second = build.responses.taken[-2:]
    assert first == second
    assert started(service) == 1


def test_row_79_event_that_cloudformation_no_longer_waits_for_starts_nothing(
    build: Waiting, service: ImageBuilder, pipeline: str
) -> None:
    late = build.event("Create", properties(pipeline, ServiceTimeout=3600), sent=datetime.now(UTC) - timedelta(hours=2))
    with pytest.raises(InvalidEventError, match=r"until its ServiceTimeout|expired"):
        build.handler(late, Context())
    assert started(service) == 0


def test_row_79_late_delivery_does_not_wait_longer_than_cloudformation(
    build: Waiting, service: ImageBuilder, pipeline: str
) -> None:
    sent = datetime.now(UTC) - timedelta(minutes=20)
    build.handler(build.event("Create", properties(pipeline, ServiceTimeout=3600), sent=sent), Context())
    (execution,) = build.machines.executions.values()
    until = datetime.fromisoformat(execution["watch"]["until"])
    assert timedelta(minutes=54) < until - sent < timedelta(minutes=56)
    assert states(service, pipeline) == ["PENDING"]


def test_row_78_deploy_that_comes_before_a_cancelled_build_has_stopped_builds_anew(
    build: Waiting, service: ImageBuilder, pipeline: str
) -> None:
    first = build.create(**properties(pipeline))["PhysicalResourceId"]
    build.handler(build.event("Update", properties(pipeline, "2")), Context())
    rollback = build.event("Update", properties(pipeline)) | {"OldResourceProperties": properties(pipeline, "2")}
    assert build.send(rollback)["PhysicalResourceId"] == first
    answer = build.update(**properties(pipeline, "2"))
    assert (answer["Status"], started(service)) == ("SUCCESS", 3)
    assert states(service, pipeline) == ["AVAILABLE", "CANCELLED", "AVAILABLE"]


@pytest.mark.parametrize("operation", ["ListImagePipelineImages", "CancelImageCreation"])
def test_delete_that_only_a_proxy_answers_fails(
    build: Waiting, service: ImageBuilder, pipeline: str, operation: str
) -> None:
    build.handler(build.event("Create", properties(pipeline)), Context())
    build.properties = properties(pipeline)
    service.inject(operation, [{"status": 200, "body": "<html>"}] * 100)
    answer = build.delete("Build-1ABC")
    assert (answer["Status"], answer["Reason"].split(":")[0]) == ("FAILED", "NoAnswer")


@pytest.mark.parametrize("kind", ["Update", "Delete"])
def test_event_that_comes_late_leaves_the_build_of_a_later_event(
    build: Waiting, service: ImageBuilder, pipeline: str, clock: AdvancingClock, kind: str
) -> None:
    build.create(**properties(pipeline))
    late = build.event(kind, properties(pipeline, "2"), sent=clock.now()) | {"PhysicalResourceId": "Build-1ABC"}
    build.send(late)
    clock.sleep(300)
    build.handler(build.event("Update", properties(pipeline, "3"), sent=clock.now()), Context())
    # Another of Lambda's environments, which has not seen the later event.
    new_handler(clock=clock)(late, Context())
    later = images(service, pipeline)[-1]
    clock.sleep(SECONDS_PER_STATE)
    assert (later["tags"]["imagebuilder-pipeline:what-is-built"], states(service, pipeline)[-1]) == ("3", "CREATING")


def test_deploy_that_comes_before_an_image_has_been_removed_builds_anew(
    build: Waiting, service: ImageBuilder, pipeline: str
) -> None:
    role = "arn:aws:iam::000000000000:role/Lifecycle"
    given = properties(pipeline, OnDelete="DELETE", LifecycleRoleArn=role)
    first = build.create(**given)["PhysicalResourceId"]
    # The function has less time than the removal takes.
    build.handler(build.event("Delete", given), Context(30))
    assert (build.responses.taken[-1]["Status"], states(service, pipeline)) == ("SUCCESS", ["AVAILABLE"])
    again = build.create(**given)
    assert (again["Status"], again["PhysicalResourceId"] != first) == ("SUCCESS", True)
    assert states(service, pipeline) == ["DELETED", "AVAILABLE"]


def test_secrets_and_properties_stay_out_of_the_state_machine(build: Waiting, pipeline: str) -> None:
    build.handler(build.event("Create", properties(pipeline, ImageTags={"team": "web"})), Context())
    (execution,) = build.machines.executions.values()
    watch: dict[str, Any] = execution["watch"]
    assert watch.keys() == {"event", "image", "until", "timeout", "isLast", "faults"}
    assert "ResourceProperties" not in watch["event"]
    assert execution["machine"] == MACHINE


def test_row_83_state_machine_that_iam_denies_for_a_minute_is_started(
    build: Waiting, service: ImageBuilder, pipeline: str, machines: StateMachines
) -> None:
    machines.fault, machines.faults = (400, "AccessDeniedException"), 10
    answer = build.create(**properties(pipeline))
    assert (answer["Status"], states(service, pipeline)) == ("SUCCESS", ["AVAILABLE"])


def test_row_83_state_machine_that_iam_denies_for_good_is_given_up(
    build: Waiting, service: ImageBuilder, pipeline: str, machines: StateMachines
) -> None:
    machines.fault = (400, "AccessDeniedException")
    answer = build.create(**properties(pipeline))
    assert answer["Reason"].endswith(f"{MACHINE}: AccessDeniedException")
    assert stopped(build, service, pipeline) == ["CANCELLED"]
