"""`Custom::ImagePipelineImage` with a version: the newest image, looked up when its properties say so."""

from typing import Any

import pytest
from support.building import properties
from support.waiting import Waiting

from imagebuilder_local.emulator import ImageBuilder

ROLE = "arn:aws:iam::123456789012:role/lifecycle"


@pytest.fixture
def newest(service: ImageBuilder) -> dict[str, Any]:
    """Properties that ask for the newest image of a recipe."""
    return {"ImageArn": service.arn("image/golden/x.x.x"), "WaitSeconds": 0}


def test_newest_image_is_looked_up_when_trigger_or_image_arn_change(
    image: Waiting, build: Waiting, service: ImageBuilder, pipeline: str, newest: dict[str, Any]
) -> None:
    first = build.create(**properties(pipeline))["PhysicalResourceId"]
    image.create(**newest)
    second = build.update(**properties(pipeline, "2"))["PhysicalResourceId"]
    found = [
        image.update(**newest, ServiceTimeout=600),
        image.update(**newest, Trigger="1"),
        image.update(**newest, Trigger="1", ServiceTimeout=600),
        image.update(ImageArn=first, WaitSeconds=0, Trigger="1"),
        image.update(ImageArn=service.arn("image/golden/1.0.2"), WaitSeconds=0, Trigger="1"),
    ]
    assert [one["PhysicalResourceId"] for one in found] == [first, second, second, first, second]
    assert [one["Data"]["ImageArn"] for one in found] == [one["PhysicalResourceId"] for one in found]


@pytest.mark.parametrize("is_deprecated", [True, False])
def test_image_that_is_kept_may_be_deprecated(
    image: Waiting,
    build: Waiting,
    service: ImageBuilder,
    pipeline: str,
    newest: dict[str, Any],
    *,
    is_deprecated: bool,
) -> None:
    first = build.create(**properties(pipeline))["PhysicalResourceId"]
    before = image.create(**newest)
    if is_deprecated:
        state = {"status": "DEPRECATED"}
        service.call("StartResourceStateUpdate", {"resourceArn": first, "state": state, "clientToken": "deprecate"})
    answer = image.update(**newest, ServiceTimeout=600)
    assert (answer["Status"], answer["Data"]) == ("SUCCESS", before["Data"])


def test_newest_image_that_was_removed_is_replaced_by_what_is_the_newest_now(
    image: Waiting, build: Waiting, service: ImageBuilder, pipeline: str, newest: dict[str, Any]
) -> None:
    first = build.create(**properties(pipeline))["PhysicalResourceId"]
    removing = properties(pipeline, "2", OnDelete="DELETE", LifecycleRoleArn=ROLE)
    second = build.update(**removing)["PhysicalResourceId"]
    assert image.create(**newest)["PhysicalResourceId"] == second
    build.delete(second)
    assert image.update(**newest, ServiceTimeout=600)["PhysicalResourceId"] == first
    service.call("DeleteImage", {"imageBuildVersionArn": first})
    answer = image.update(**newest, ServiceTimeout=300)
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("FAILED", first)
    assert answer["Reason"].startswith("NoImage: ")


def test_delete_calls_nothing(
    image: Waiting, build: Waiting, service: ImageBuilder, pipeline: str, newest: dict[str, Any]
) -> None:
    build.create(**properties(pipeline))
    image.create(**newest)
    before = len(service.calls())
    assert (image.delete()["Status"], len(service.calls())) == ("SUCCESS", before)


def test_trigger_of_an_image_is_checked(image: Waiting, newest: dict[str, Any]) -> None:
    answer = image.create(**newest, Trigger="t" * 257)
    assert "Trigger is too large: got 257 characters, allowed 1 to 256" in answer["Reason"]
