"""RuntimeAttributes: the state of the pipeline as attributes, read once at the end of a Create or an Update."""

from typing import Any

import pytest
from support.cloudformation import Resource

from imagebuilder_local.emulator import ImageBuilder
from imagebuilder_pipeline_handler.runtime.response import MOST_BYTES, body_of, response_to

LONGEST_IDS = 3000
"""Bytes of the longest ids of an event that the function accepts."""

NONE = {"Platform": "Linux", "DateNextRun": "", "LastRunStatus": "", "ConsecutiveFailures": "0"}
MEMBERS = set(NONE)


@pytest.fixture
def wanted(minimal: dict[str, str]) -> dict[str, Any]:
    return minimal | {"RuntimeAttributes": True}


def operations(service: ImageBuilder, since: int = 0) -> list[str]:
    return [call.operation for call in service.calls()[since:]]


def test_create_reads_nothing_without_the_property(
    resource: Resource, service: ImageBuilder, minimal: dict[str, str]
) -> None:
    answer = resource.create(**minimal)
    assert operations(service) == ["CreateImagePipeline"]
    assert not MEMBERS & answer["Data"].keys()
    assert not MEMBERS & resource.create(**minimal, RuntimeAttributes=False)["Data"].keys()


def test_create_reads_the_pipeline_once_at_its_end(
    resource: Resource, service: ImageBuilder, wanted: dict[str, Any]
) -> None:
    answer = resource.create(**wanted)
    assert operations(service) == ["CreateImagePipeline", "GetImagePipeline"]
    assert {name: answer["Data"][name] for name in MEMBERS} == NONE
    assert answer["Data"]["Arn"] == answer["PhysicalResourceId"]


def test_update_responds_with_the_state_after_its_changes(
    resource: Resource, service: ImageBuilder, wanted: dict[str, Any]
) -> None:
    arn = resource.create(**wanted)["PhysicalResourceId"]
    service.run_on_schedule(arn, fails=True)
    schedule = {"ScheduleExpression": "cron(0 0 * * ? *)"}
    before = len(service.calls())
    answer = resource.update(**wanted, Schedule=schedule)
    (live,) = service.pipelines()
    assert operations(service, before)[-1] == "GetImagePipeline"
    assert {name: answer["Data"][name] for name in MEMBERS} == {
        "Platform": live["platform"],
        "DateNextRun": live["dateNextRun"],
        "LastRunStatus": live["lastRunStatus"],
        "ConsecutiveFailures": str(live.get("consecutiveFailures", 0)),
    }
    assert answer["Data"]["DateNextRun"]
    assert answer["Data"]["LastRunStatus"]


def test_property_alone_changes_nothing_of_the_pipeline(
    resource: Resource, service: ImageBuilder, minimal: dict[str, str]
) -> None:
    resource.create(**minimal)
    before = len(service.calls())
    answer = resource.update(**minimal, RuntimeAttributes=True)
    assert set(operations(service, before)) == {"GetImagePipeline"}
    assert answer["Data"].keys() >= MEMBERS
    assert not MEMBERS & resource.update(**minimal)["Data"].keys()


def test_rename_responds_with_the_state_of_the_new_pipeline(
    resource: Resource, service: ImageBuilder, wanted: dict[str, Any]
) -> None:
    old = resource.create(**wanted)["PhysicalResourceId"]
    service.run_on_schedule(old)
    answer = resource.update(**wanted | {"Name": "renamed"})
    assert (answer["PhysicalResourceId"] == old, answer["Data"]["LastRunStatus"]) == (False, "")


@pytest.mark.parametrize("code", ["AccessDeniedException", "InvalidRequestException"])
def test_failing_look_after_a_create_leaves_a_pipeline_that_the_delete_finds(
    resource: Resource, service: ImageBuilder, wanted: dict[str, Any], code: str
) -> None:
    service.inject("GetImagePipeline", [{"status": 403, "code": code, "message": "no"}] * 100)
    answer = resource.create(**wanted)
    (made,) = service.pipelines()
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("FAILED", made["arn"])
    service.faults.clear()
    assert resource.delete()["Status"] == "SUCCESS"
    assert service.pipelines() == []


def test_longest_ids_and_attributes_fit_into_the_response(resource: Resource, wanted: dict[str, Any]) -> None:
    answer = resource.create(**wanted | {"Name": "n" * 128})
    longest = {"Platform": "Windows", "DateNextRun": "2026-11-26T05:00:00.000Z", "LastRunStatus": "DISTRIBUTING"}
    data = answer["Data"] | longest | {"ConsecutiveFailures": "1000000", "ClientToken": "t" * 64}
    response = response_to(resource.event("Create", wanted), "SUCCESS", answer["PhysicalResourceId"], data=data)
    own = sum(len(response[name]) for name in ("StackId", "RequestId", "LogicalResourceId"))
    assert len(body_of(response)) - own + LONGEST_IDS <= MOST_BYTES


def test_property_that_is_neither_true_nor_false_is_refused(resource: Resource, wanted: dict[str, Any]) -> None:
    reason = resource.create(**wanted | {"RuntimeAttributes": "perhaps"})["Reason"]
    assert "RuntimeAttributes must be true or false: got 'perhaps'" in reason
