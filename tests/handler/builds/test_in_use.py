"""The tag of the image that a build has now: lifecycle policies that exclude it never delete that image."""

from typing import Any

import pytest
from support.building import FAILING, SECONDS_PER_STATE, images, properties, started, states
from support.clock import AdvancingClock
from support.cloudformation import Context, Resource
from support.waiting import StateMachines, Waiting

from imagebuilder_local.emulator import ImageBuilder

IN_USE = "imagebuilder-pipeline:in-use"
DENIED = {"status": 403, "code": "AccessDeniedException", "message": "not authorized"}


def in_use(service: ImageBuilder, pipeline: str) -> list[str]:
    """Return the ARNs of the images with the tag, oldest first."""
    return [image["arn"] for image in images(service, pipeline) if image["tags"].get(IN_USE) == "true"]


def calls(service: ImageBuilder, operation: str) -> int:
    return sum(call.operation == operation for call in service.calls())


def rollback(build: Waiting, pipeline: str, *, to: str, of: str) -> dict[str, Any]:
    return build.event("Update", properties(pipeline, to)) | {"OldResourceProperties": properties(pipeline, of)}


def test_image_has_the_tag_from_its_start_without_a_call_more(
    build: Waiting, service: ImageBuilder, pipeline: str
) -> None:
    build.handler(build.event("Create", properties(pipeline)), Context())
    assert len(in_use(service, pipeline)) == 1
    assert (calls(service, "TagResource"), calls(service, "UntagResource")) == (0, 0)


def test_build_that_nobody_waits_for_has_the_tag(build: Waiting, service: ImageBuilder, pipeline: str) -> None:
    answer = build.create(PipelineArn=pipeline, Trigger="1", WaitSeconds=0)
    assert in_use(service, pipeline) == [answer["PhysicalResourceId"]]


def test_image_of_before_has_the_tag_until_the_clean_up(build: Waiting, service: ImageBuilder, pipeline: str) -> None:
    first = build.create(**properties(pipeline))["PhysicalResourceId"]
    second = build.update(**properties(pipeline, "2"))["PhysicalResourceId"]
    assert in_use(service, pipeline) == [first, second]
    assert build.delete(first)["Status"] == "SUCCESS"
    assert in_use(service, pipeline) == [second]


def test_image_of_the_version_before_has_the_tag_again(build: Waiting, service: ImageBuilder, pipeline: str) -> None:
    first = build.create(**properties(pipeline))["PhysicalResourceId"]
    second = build.update(**properties(pipeline, "2"))["PhysicalResourceId"]
    build.delete(first)
    assert build.update(**properties(pipeline, "1"))["PhysicalResourceId"] == first
    assert in_use(service, pipeline) == [first, second]
    build.delete(second)
    assert (in_use(service, pipeline), started(service)) == ([first], 2)


def test_image_that_the_rollback_leaves_loses_the_tag_in_the_clean_up(
    build: Waiting, service: ImageBuilder, pipeline: str
) -> None:
    first = build.create(**properties(pipeline))["PhysicalResourceId"]
    second = build.update(**properties(pipeline, "2"))["PhysicalResourceId"]
    assert build.send(rollback(build, pipeline, to="1", of="2"))["PhysicalResourceId"] == first
    build.delete(second)
    assert in_use(service, pipeline) == [first]


def test_image_that_is_kept_at_the_delete_loses_the_tag(build: Waiting, service: ImageBuilder, pipeline: str) -> None:
    build.create(**properties(pipeline))
    assert build.delete()["Status"] == "SUCCESS"
    assert (in_use(service, pipeline), states(service, pipeline)) == ([], ["AVAILABLE"])


def test_image_that_is_removed_loses_the_tag(build: Waiting, service: ImageBuilder, pipeline: str) -> None:
    role = "arn:aws:iam::000000000000:role/Lifecycle"
    build.create(**properties(pipeline, OnDelete="DELETE", LifecycleRoleArn=role))
    build.delete()
    assert (in_use(service, pipeline), states(service, pipeline)) == ([], ["DELETED"])


def test_row_85_tag_that_cannot_be_removed_is_a_note_and_the_delete_succeeds(
    build: Waiting, service: ImageBuilder, pipeline: str, caplog: pytest.LogCaptureFixture
) -> None:
    first = build.create(**properties(pipeline))["PhysicalResourceId"]
    build.update(**properties(pipeline, "2"))
    service.inject("UntagResource", [DENIED] * 100)
    with caplog.at_level("INFO"):
        assert build.delete(first)["Status"] == "SUCCESS"
    assert f"{first} may still have the tag {IN_USE}" in caplog.text
    assert first in in_use(service, pipeline)


def test_row_85_tag_that_could_not_be_removed_is_removed_by_the_next_build(
    build: Waiting, service: ImageBuilder, pipeline: str
) -> None:
    first = build.create(**properties(pipeline))["PhysicalResourceId"]
    second = build.update(**properties(pipeline, "2"))["PhysicalResourceId"]
    service.inject("UntagResource", [DENIED] * 100)
    build.delete(first)
    service.faults.clear()
    third = build.update(**properties(pipeline, "3"))["PhysicalResourceId"]
    assert in_use(service, pipeline) == [second, third]


def test_row_85_removal_of_the_tag_that_nobody_answers_does_not_hold_up_the_delete(
    build: Waiting, service: ImageBuilder, pipeline: str
) -> None:
    build.create(**properties(pipeline))
    service.inject("UntagResource", [{"status": 429, "code": "CallRateLimitExceededException"}] * 1000)
    assert build.delete()["Status"] == "SUCCESS"


def test_row_86_tag_that_somebody_removed_is_put_back_by_any_update(
    build: Waiting, service: ImageBuilder, pipeline: str
) -> None:
    first = build.create(**properties(pipeline))["PhysicalResourceId"]
    service.call("UntagResource", {"resourceArn": first, "tagKeys": [IN_USE]})
    build.update(**properties(pipeline, WaitSeconds=600))
    assert in_use(service, pipeline) == [first]


def test_row_86_update_to_an_image_that_cannot_be_tagged_fails_and_keeps_the_image_of_before(
    build: Waiting, service: ImageBuilder, pipeline: str
) -> None:
    first = build.create(**properties(pipeline))["PhysicalResourceId"]
    second = build.update(**properties(pipeline, "2"))["PhysicalResourceId"]
    build.delete(first)
    service.inject("TagResource", [DENIED] * 100)
    answer = build.update(**properties(pipeline, "1"))
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("FAILED", second)
    assert answer["Reason"].startswith("AccessDeniedException: ")


def test_row_86_image_without_owner_tags_is_kept_without_the_tag(
    build: Waiting, service: ImageBuilder, pipeline: str
) -> None:
    first = build.create(**properties(pipeline))["PhysicalResourceId"]
    service.call("UntagResource", {"resourceArn": first, "tagKeys": [IN_USE, "imagebuilder-pipeline:stack-id"]})
    assert build.update(**properties(pipeline, WaitSeconds=600))["Status"] == "SUCCESS"
    assert in_use(service, pipeline) == []


def test_row_87_image_of_a_build_that_failed_loses_the_tag_in_the_rollback(
    build: Waiting, service: ImageBuilder, pipeline: str, resource: Resource
) -> None:
    first = build.create(**properties(pipeline))["PhysicalResourceId"]
    component = service.arn("component/harden/1.0.2/1")
    service.register(component, data=FAILING, platform="Linux")
    recipe = service.arn("image-recipe/golden/1.0.3")
    service.register(recipe, components=[{"componentArn": component}])
    resource.update(**resource.properties | {"ImageRecipeArn": recipe})
    assert build.update(**properties(pipeline, "2"))["Status"] == "FAILED"
    assert build.send(rollback(build, pipeline, to="1", of="2"))["Status"] == "SUCCESS"
    assert (in_use(service, pipeline), states(service, pipeline)) == ([first], ["AVAILABLE", "FAILED"])


def test_row_87_cancelled_build_loses_the_tag(
    build: Waiting, service: ImageBuilder, pipeline: str, clock: AdvancingClock
) -> None:
    first = build.create(**properties(pipeline))["PhysicalResourceId"]
    build.handler(build.event("Update", properties(pipeline, "2")), Context())
    build.send(rollback(build, pipeline, to="1", of="2"))
    clock.sleep(SECONDS_PER_STATE)
    assert (in_use(service, pipeline), states(service, pipeline)) == ([first], ["AVAILABLE", "CANCELLED"])


def test_row_87_image_that_was_built_although_nobody_responded_loses_the_tag(
    build: Waiting, service: ImageBuilder, pipeline: str, machines: StateMachines, clock: AdvancingClock
) -> None:
    build.handler(build.event("Create", properties(pipeline)), Context())
    machines.reset()
    clock.sleep(6 * SECONDS_PER_STATE)
    build.properties = properties(pipeline)
    assert build.delete("Build-1ABC")["Status"] == "SUCCESS"
    assert (in_use(service, pipeline), states(service, pipeline)) == ([], ["AVAILABLE"])


def test_row_87_rollback_succeeds_although_the_tag_of_a_failed_build_stays(
    build: Waiting, service: ImageBuilder, pipeline: str, clock: AdvancingClock, machines: StateMachines
) -> None:
    first = build.create(**properties(pipeline))["PhysicalResourceId"]
    build.handler(build.event("Update", properties(pipeline, "2")), Context())
    machines.reset()
    clock.sleep(6 * SECONDS_PER_STATE)
    service.inject("UntagResource", [{"status": 429, "code": "CallRateLimitExceededException"}] * 1000)
    answer = build.send(rollback(build, pipeline, to="1", of="2"))
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", first)


def test_row_72_event_that_is_delivered_again_keeps_the_tag_of_an_image_that_failed_meanwhile(
    build: Waiting, service: ImageBuilder, pipeline: str, resource: Resource, clock: AdvancingClock
) -> None:
    component = service.arn("component/harden/1.0.2/1")
    service.register(component, data=FAILING, platform="Linux")
    recipe = service.arn("image-recipe/golden/1.0.3")
    service.register(recipe, components=[{"componentArn": component}])
    resource.update(**resource.properties | {"ImageRecipeArn": recipe})
    event = build.event("Create", properties(pipeline, WaitSeconds=0))
    build.handler(event, Context())
    clock.sleep(6 * SECONDS_PER_STATE)
    build.handler(event, Context())
    (image,) = images(service, pipeline)
    assert (image["state"]["status"], in_use(service, pipeline)) == ("FAILED", [image["arn"]])
