"""The fault matrix (docs/faults.md), rows 39-53: what can go wrong with an Update and a Delete."""

import threading
import time
from typing import Any

import pytest
from support.clock import CLOCK, BusyClock
from support.cloudformation import STACK_ID, Context, Resource
from support.environment import handler_doing, new_handler, new_work

from imagebuilder_local.emulator import ImageBuilder
from imagebuilder_model.ownership import FORMER_LOGICAL_ID_TAG, LOGICAL_ID_TAG, STACK_ID_TAG
from imagebuilder_pipeline_handler.runtime.progress import Success

Properties = dict[str, Any]
INVENTED = "Golden-Pipeline-1A2B3C4D5E6F7"
BRIEF = 8.0


def operations(service: ImageBuilder, since: int = 0) -> list[str]:
    return [call.operation for call in service.calls()[since:]]


def names(service: ImageBuilder) -> list[str]:
    return [pipeline["arn"].rpartition("/")[2] for pipeline in service.pipelines()]


def unanswered(resource: Resource, minimal: Properties) -> None:
    """Make the resource one whose Create made the pipeline and was never answered."""
    resource.create(**minimal)
    resource.physical_id = INVENTED


def test_row_39_delete_of_what_is_gone_succeeds(resource: Resource, service: ImageBuilder, minimal: Properties) -> None:
    resource.create(**minimal)
    service.call("DeleteImagePipeline", {"imagePipelineArn": resource.physical_id})
    assert resource.delete()["Status"] == "SUCCESS"
    assert "DeleteImagePipeline" not in operations(service, since=2)


@pytest.mark.parametrize("retry_answer", ["ResourceNotFoundException", "AccessDeniedException"])
def test_row_39_delete_whose_reply_was_lost_succeeds_also_where_iam_denies_what_has_no_tags_any_more(
    resource: Resource, service: ImageBuilder, minimal: Properties, retry_answer: str
) -> None:
    resource.create(**minimal)
    service.inject("DeleteImagePipeline", ["reply lost"] + [retry_answer] * 1000)
    assert resource.delete()["Status"] == "SUCCESS"
    assert service.pipelines() == []


def test_row_40_delete_of_what_is_still_referred_to_is_tried_again(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    resource.create(**minimal)
    service.inject("DeleteImagePipeline", ["ResourceDependencyException"] * 5)
    assert resource.delete()["Status"] == "SUCCESS"
    assert service.pipelines() == []


def test_row_40_delete_of_what_stays_referred_to_fails_in_bounds_with_a_reason(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    resource.create(**minimal)
    service.inject("DeleteImagePipeline", ["ResourceDependencyException"] * 1000)
    event = resource.event("Delete", minimal)
    answer = resource.send(event, seconds=BRIEF)
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("FAILED", resource.physical_id)
    assert answer["Reason"].startswith(
        "ResourceDependencyException: another resource still refers to the pipeline; delete"
    )


def test_row_41_delete_with_an_id_that_cloudformation_made_up_removes_our_pipeline(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    unanswered(resource, minimal)
    answer = resource.delete()
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", INVENTED)
    assert service.pipelines() == []


@pytest.mark.parametrize("name", ["golden", "x", 7, None, {"Fn": "x"}])
def test_row_41_delete_with_an_id_that_cloudformation_made_up_succeeds_when_nothing_was_made(
    resource: Resource, service: ImageBuilder, name: Any
) -> None:
    event = resource.event("Delete", {}) | {"PhysicalResourceId": INVENTED, "ResourceProperties": {"Name": name}}
    assert resource.send(event)["Status"] == "SUCCESS"


@pytest.mark.parametrize("denied", [False, True])
def test_row_41_delete_with_an_id_that_cloudformation_made_up_leaves_the_pipeline_of_others(
    resource: Resource, service: ImageBuilder, minimal: Properties, denied: bool
) -> None:
    Resource(resource.handler, resource.responses, logical_id="Theirs").create(**minimal)
    resource.properties = minimal
    service.inject("GetImagePipeline", ["AccessDeniedException"] * 1000 * denied)
    assert resource.delete(INVENTED)["Status"] == "SUCCESS"
    assert names(service) == ["golden"]


def test_row_41_delete_of_the_predicted_arn_leaves_the_pipeline_of_others(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    theirs = Resource(resource.handler, resource.responses, logical_id="Theirs").create(**minimal)
    assert resource.delete(theirs["PhysicalResourceId"])["Status"] == "SUCCESS"
    assert names(service) == ["golden"]


def test_row_42_delete_while_the_create_still_runs_waits_for_it_a_little(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    request = {name[:1].lower() + name[1:]: value for name, value in minimal.items()}
    owner = {STACK_ID_TAG: STACK_ID, LOGICAL_ID_TAG: "Pipeline"}

    def create_ends() -> None:
        service.call("CreateImagePipeline", request | {"clientToken": "t", "tags": owner})

    resource.handler = new_handler(clock=BusyClock(create_ends))
    resource.properties = minimal
    assert resource.delete(INVENTED)["Status"] == "SUCCESS"
    assert [call.operation for call in service.calls()][-1] == "DeleteImagePipeline"
    assert service.pipelines() == []


def test_row_42_the_wait_is_bounded_by_the_function_s_time(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    event = resource.event("Delete", minimal) | {"PhysicalResourceId": INVENTED}
    started = CLOCK.monotonic()
    assert resource.send(event, seconds=BRIEF)["Status"] == "SUCCESS"
    assert CLOCK.monotonic() - started < BRIEF
    assert 1 <= len(service.calls()) < 5


@pytest.mark.parametrize("fault", [None, "InvalidRequestException"])
def test_row_43_delete_answers_with_the_id_of_the_event_whatever_the_work_returns(
    resource: Resource, service: ImageBuilder, minimal: Properties, fault: str | None
) -> None:
    resource.create(**minimal)
    work = new_work()
    resource.handler = handler_doing(lambda *given: [work(*given), Success("another-id")][1])
    service.inject("DeleteImagePipeline", [fault] if fault else [])
    answer = resource.delete()
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("FAILED" if fault else "SUCCESS", resource.physical_id)


@pytest.mark.parametrize("name", ["golden", "silver"])
def test_row_44_failed_update_answers_with_the_old_id(
    resource: Resource, service: ImageBuilder, minimal: Properties, name: str
) -> None:
    old = resource.create(**minimal)["PhysicalResourceId"]
    service.inject("*", ["InvalidRequestException"])
    answer = resource.update(**minimal | {"Name": name}, Description="other")
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("FAILED", old)


def test_row_45_rollback_is_applied_with_a_token_of_its_own(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    resource.create(**minimal, Description="good")
    good = resource.properties
    resource.update(**minimal, Description="bad")
    assert resource.update(**good)["Status"] == "SUCCESS"
    assert service.pipelines()[0]["description"] == "good"
    sent = [call.request["clientToken"] for call in service.calls() if call.operation == "UpdateImagePipeline"]
    assert len(set(sent)) == 2


@pytest.mark.parametrize("bad", [{"Tags": "oops"}, {"Name": None}, {"Workflows": {"a": 1}}, {"Schedule": "x"}])
def test_row_45_rollback_of_an_update_that_was_wrong_in_any_way_succeeds(
    resource: Resource, service: ImageBuilder, minimal: Properties, bad: Properties
) -> None:
    resource.create(**minimal)
    assert resource.update(**minimal | bad)["Status"] == "FAILED"
    good, resource.properties = resource.properties, minimal | bad
    assert resource.update(**good)["Status"] == "SUCCESS"
    assert names(service) == ["golden"]


def test_row_46_rename_answers_with_the_new_arn(resource: Resource, service: ImageBuilder, minimal: Properties) -> None:
    old = resource.create(**minimal)["PhysicalResourceId"]
    answer = resource.update(**minimal | {"Name": "silver"})
    assert answer["PhysicalResourceId"] == service.arn("image-pipeline/silver")
    assert resource.delete(old)["Status"] == "SUCCESS"
    assert names(service) == ["silver"]


def test_row_47_rollback_of_a_rename_adopts_the_old_pipeline_by_its_tags(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    old = resource.create(**minimal)["PhysicalResourceId"]
    new = resource.update(**minimal | {"Name": "silver"})["PhysicalResourceId"]
    assert resource.update(**minimal)["PhysicalResourceId"] == old
    assert resource.delete(new)["Status"] == "SUCCESS"
    assert names(service) == ["golden"]


def test_row_47_rollback_of_a_rename_whose_answer_was_lost_removes_what_it_made(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    old = resource.create(**minimal)["PhysicalResourceId"]
    service.inject("CreateImagePipeline", ["reply lost", {"code": "InvalidRequestException"}])
    service.inject("GetImagePipeline", [{"code": "InvalidRequestException"}])
    renamed = minimal | {"Name": "silver"}
    assert resource.update(**renamed)["PhysicalResourceId"] == old
    assert names(service) == ["golden", "silver"]
    good, resource.properties = resource.properties, renamed
    assert resource.update(**good)["PhysicalResourceId"] == old
    assert names(service) == ["golden"]


def test_row_48_change_of_what_is_not_the_api_s_writes_nothing(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    # Another ServiceToken is no event: CloudFormation refuses it ("Modifying service token is not allowed.").
    resource.create(**minimal)
    seen = len(service.calls())
    assert resource.update(**minimal, ServiceTimeout=500)["Status"] == "SUCCESS"
    assert operations(service, seen) == ["GetImagePipeline"]


def test_row_49_update_of_one_member_sends_every_member(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    schedule = {"Schedule": {"ScheduleExpression": "rate(7 days)"}}
    resource.create(**minimal, **schedule, Description="one")
    resource.update(**minimal, **schedule, Description="two")
    sent = service.calls()[-1].request
    assert sent["schedule"] == {"scheduleExpression": "rate(7 days)"}
    assert sent["infrastructureConfigurationArn"] == minimal["InfrastructureConfigurationArn"]


def test_row_50_change_of_tags_alone_makes_tag_calls_alone(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    resource.create(**minimal, Tags={"a": "1", "b": "1"})
    seen = len(service.calls())
    resource.update(**minimal, Tags={"a": "2"})
    assert operations(service, seen) == ["GetImagePipeline", "TagResource", "UntagResource"]


def test_row_51_scalars_that_come_as_text_are_read_by_the_model_s_type(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    tests = {"ImageTestsEnabled": "false", "TimeoutMinutes": "60"}
    resource.create(**minimal, ImageTestsConfiguration=tests)
    sent = service.calls()[0].request["imageTestsConfiguration"]
    assert sent == {"imageTestsEnabled": False, "timeoutMinutes": 60}


def test_row_52_null_is_dropped_and_empty_text_refused_clearly(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    assert resource.create(**minimal, Description=None)["Status"] == "SUCCESS"
    answer = resource.update(**minimal, Description="")
    assert "Description is too small: got 0 characters, allowed 1 to 1024" in answer["Reason"]


@pytest.mark.parametrize("properties", [{"PipelineSpec": {"V": "1"}}, {}, None, "text", {"Tags": [1], "Name": [2]}])
def test_row_53_delete_with_properties_of_another_format_goes_by_the_id_alone(
    resource: Resource, service: ImageBuilder, minimal: Properties, properties: Any
) -> None:
    resource.create(**minimal)
    event = resource.event("Delete", {}) | {"ResourceProperties": properties}
    assert resource.send(event)["Status"] == "SUCCESS"
    assert service.pipelines() == []


def test_update_of_a_pipeline_that_is_not_ours_any_more_touches_nothing(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    resource.create(**minimal)
    service.call("DeleteImagePipeline", {"imagePipelineArn": resource.physical_id})
    Resource(resource.handler, resource.responses, logical_id="Theirs").create(**minimal)
    before = service.pipelines()
    answer = resource.update(**minimal, Description="mine")
    assert answer["Reason"].startswith("NotOurs: ")
    assert service.pipelines() == before
    assert resource.update(**minimal, Description="mine", AdoptExisting=True)["Status"] == "SUCCESS"
    tags = {STACK_ID_TAG: STACK_ID, LOGICAL_ID_TAG: "Pipeline", FORMER_LOGICAL_ID_TAG: "Theirs"}
    assert service.pipelines()[0]["tags"] == tags


def test_update_does_not_take_a_missing_recipe_for_a_missing_pipeline(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    resource.create(**minimal)
    seen = len(service.calls())
    answer = resource.update(**minimal | {"ImageRecipeArn": service.arn("image-recipe/missing/1.0.0")})
    assert answer["Reason"].startswith("ResourceNotFoundException: something that the template refers to")
    assert operations(service, seen) == ["GetImagePipeline", "UpdateImagePipeline", "GetImagePipeline"]


def test_update_of_a_pipeline_that_goes_between_two_calls_makes_it_again(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    resource.create(**minimal)
    service.inject("UpdateImagePipeline", [{"delay": 0.3}])

    def deletes() -> None:
        time.sleep(0.15)
        service.call("DeleteImagePipeline", {"imagePipelineArn": resource.physical_id})

    somebody = threading.Thread(target=deletes)
    somebody.start()
    answer = resource.update(**minimal, Description="again")
    somebody.join()
    assert answer["Status"] == "SUCCESS"
    assert service.pipelines()[0]["description"] == "again"


def test_event_that_ran_out_of_time_does_not_stop_the_next(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    service.inject("CreateImagePipeline", ["hang"])
    assert resource.send(resource.event("Create", minimal), seconds=4.6)["Status"] == "FAILED"
    assert resource.create(**minimal)["Status"] == "SUCCESS"
    resource.handler(resource.event("Delete", minimal), Context())
    assert service.pipelines() == []
