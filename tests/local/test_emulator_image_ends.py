"""The end of images through boto3: cancelled, deleted, or moved to another state by hand."""

from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

OWN = "arn:aws:imagebuilder:us-east-1:000000000000:"
ARN = f"{OWN}image-pipeline/my-pipe"
IMAGE = f"{OWN}image/web/1.0.0/1"
INCLUDED = {"includeResources": {"amis": True}, "executionRole": "cleaner"}
GONE = ("ResourceNotFoundException", 404)
INVALID = ("InvalidRequestException", 400)

Refusal = Callable[..., tuple[str, int]]


@pytest.fixture
def running(client: Any, minimal: dict[str, Any]) -> Any:
    """A client of a service with an image that is PENDING."""
    client.create_image_pipeline(**minimal)
    client.start_image_pipeline_execution(imagePipelineArn=ARN)
    return client


@pytest.fixture
def available(running: Any, clock: SimpleNamespace) -> Any:
    """A client of a service with an image that is AVAILABLE."""
    clock.now += 60
    return running


@pytest.fixture
def cancelled(running: Any, clock: SimpleNamespace) -> Any:
    """A client of a service with an image that is CANCELLED."""
    running.cancel_image_creation(imageBuildVersionArn=IMAGE)
    clock.now += 2
    return running


def status(client: Any) -> str:
    return str(client.get_image(imageBuildVersionArn=IMAGE)["image"]["state"]["status"])


def move(client: Any, to: str, **request: Any) -> dict[str, Any]:
    response = client.start_resource_state_update(resourceArn=IMAGE, state={"status": to}, **request)
    return {name: value for name, value in response.items() if name != "ResponseMetadata"}


def test_cancelled_build_stops_in_its_state_and_is_cancelled_a_state_later(
    running: Any, clock: SimpleNamespace
) -> None:
    clock.now += 5
    assert running.cancel_image_creation(imageBuildVersionArn=IMAGE)["imageBuildVersionArn"] == IMAGE
    seen = []
    for _ in range(5):
        seen.append(status(running))
        clock.now += 1
    assert seen == ["BUILDING", "BUILDING", "CANCELLED", "CANCELLED", "CANCELLED"]
    image = running.get_image(imageBuildVersionArn=IMAGE)["image"]
    assert (image["state"], image["outputResources"]) == ({"status": "CANCELLED"}, {"amis": []})


def test_build_that_is_being_cancelled_can_be_cancelled_again(running: Any, clock: SimpleNamespace) -> None:
    for _ in range(2):
        running.cancel_image_creation(imageBuildVersionArn=IMAGE)
        clock.now += 1
    assert status(running) == "CANCELLED"


@pytest.mark.parametrize("ended", ["available", "cancelled"])
def test_image_that_has_ended_is_not_cancelled(request: Any, refusal: Refusal, ended: str) -> None:
    client = request.getfixturevalue(ended)
    assert refusal(client.cancel_image_creation, imageBuildVersionArn=IMAGE) == INVALID
    assert status(client) == ended.upper()


def test_image_that_does_not_exist_cannot_be_cancelled_deleted_or_moved(client: Any, refusal: Refusal) -> None:
    assert refusal(client.cancel_image_creation, imageBuildVersionArn=IMAGE) == GONE
    assert refusal(client.delete_image, imageBuildVersionArn=IMAGE) == GONE
    assert refusal(client.start_resource_state_update, resourceArn=IMAGE, state={"status": "DISABLED"}) == GONE


def test_deleted_image_is_gone_from_everywhere_and_its_number_is_not_given_again(
    available: Any, refusal: Refusal
) -> None:
    assert available.delete_image(imageBuildVersionArn=IMAGE)["imageBuildVersionArn"] == IMAGE
    assert refusal(available.get_image, imageBuildVersionArn=IMAGE) == GONE
    assert refusal(available.delete_image, imageBuildVersionArn=IMAGE) == GONE
    assert refusal(available.list_tags_for_resource, resourceArn=IMAGE) == GONE
    assert available.list_image_pipeline_images(imagePipelineArn=ARN)["imageSummaryList"] == []
    again = available.start_image_pipeline_execution(imagePipelineArn=ARN)["imageBuildVersionArn"]
    assert again == f"{OWN}image/web/1.0.0/2"


def test_running_image_is_not_deleted(running: Any, refusal: Refusal) -> None:
    assert refusal(running.delete_image, imageBuildVersionArn=IMAGE) == ("ResourceDependencyException", 400)
    assert status(running) == "PENDING"


@pytest.mark.parametrize("to", ["DEPRECATED", "DISABLED"])
def test_image_alone_is_moved_at_once_and_back(available: Any, to: str) -> None:
    assert move(available, to) == {"resourceArn": IMAGE}
    assert status(available) == to
    assert move(available, "AVAILABLE") == {"resourceArn": IMAGE}
    assert status(available) == "AVAILABLE"


def test_image_keeps_its_amis_until_it_is_deleted_with_them(available: Any, clock: SimpleNamespace) -> None:
    def amis() -> list[Any]:
        return list(available.get_image(imageBuildVersionArn=IMAGE)["image"]["outputResources"]["amis"])

    before = amis()
    move(available, "DEPRECATED")
    assert amis() == before != []
    move(available, "DELETED", **INCLUDED)
    clock.now += 2
    assert amis() == []


def test_moved_image_is_no_newest_version(available: Any, refusal: Refusal) -> None:
    move(available, "DEPRECATED")
    assert refusal(available.get_image, imageBuildVersionArn=f"{OWN}image/web/x.x.x") == GONE


@pytest.mark.parametrize("ended", ["available", "cancelled"])
def test_image_with_its_resources_is_deleted_by_a_lifecycle_execution(
    request: Any, clock: SimpleNamespace, ended: str
) -> None:
    client = request.getfixturevalue(ended)
    before = datetime.fromtimestamp(clock.now, UTC)
    number = move(client, "DELETED", **INCLUDED)["lifecycleExecutionId"]
    assert status(client) == ended.upper()
    execution = client.get_lifecycle_execution(lifecycleExecutionId=number)["lifecycleExecution"]
    assert execution == {
        "lifecycleExecutionId": number,
        "resourcesImpactedSummary": {"hasImpactedResources": True},
        "state": {"status": "IN_PROGRESS"},
        "startTime": before,
    }
    clock.now += 2
    assert status(client) == "DELETED"
    assert client.get_image(imageBuildVersionArn=IMAGE)["image"]["lifecycleExecutionId"] == number
    execution = client.get_lifecycle_execution(lifecycleExecutionId=number)["lifecycleExecution"]
    assert execution["state"] == {"status": "SUCCESS"}
    assert execution["endTime"].timestamp() == clock.now


def test_second_lifecycle_execution_of_an_image_waits_for_the_first(
    available: Any, clock: SimpleNamespace, refusal: Refusal
) -> None:
    move(available, "DEPRECATED", **INCLUDED)
    request = {"resourceArn": IMAGE, "state": {"status": "DELETED"}} | INCLUDED
    assert refusal(available.start_resource_state_update, **request) == ("ResourceInUseException", 400)
    clock.now += 2
    move(available, "DELETED", **INCLUDED)


def test_deprecation_can_be_scheduled(available: Any, clock: SimpleNamespace) -> None:
    at = datetime.fromtimestamp(clock.now + 3600, UTC)
    assert move(available, "DEPRECATED", updateAt=at)["lifecycleExecutionId"].startswith("lce-")
    image = available.get_image(imageBuildVersionArn=IMAGE)["image"]
    assert (image["state"]["status"], image["deprecationTime"]) == ("AVAILABLE", at)
    clock.now += 3600
    assert status(available) == "DEPRECATED"


@pytest.mark.parametrize(
    ("to", "request_"),
    [
        ("DELETED", {}),
        ("DELETED", {"executionRole": "cleaner"}),
        ("DELETED", {"includeResources": {"amis": True}}),
        ("DISABLED", {"includeResources": {"snapshots": True}, "executionRole": "cleaner"}),
        ("DISABLED", {"includeResources": {"containers": True}, "executionRole": "cleaner"}),
        ("DISABLED", {"updateAt": datetime(2100, 1, 1, tzinfo=UTC)}),
        ("DEPRECATED", {"updateAt": datetime(2000, 1, 1, tzinfo=UTC)}),
    ],
)
def test_update_that_the_reference_rules_out_is_refused(
    available: Any, refusal: Refusal, to: str, request_: dict[str, Any]
) -> None:
    request = {"resourceArn": IMAGE, "state": {"status": to}} | request_
    assert refusal(available.start_resource_state_update, **request) == INVALID
    assert status(available) == "AVAILABLE"


def test_running_image_is_not_moved(running: Any, refusal: Refusal) -> None:
    request = {"resourceArn": IMAGE, "state": {"status": "DELETED"}} | INCLUDED
    assert refusal(running.start_resource_state_update, **request) == INVALID


def test_image_that_failed_or_was_cancelled_can_only_be_deleted(cancelled: Any, refusal: Refusal) -> None:
    assert refusal(cancelled.start_resource_state_update, resourceArn=IMAGE, state={"status": "DISABLED"}) == INVALID


def test_container_image_can_only_be_deleted(
    client: Any, minimal: dict[str, Any], clock: SimpleNamespace, refusal: Refusal
) -> None:
    del minimal["imageRecipeArn"]
    client.create_image_pipeline(**minimal, containerRecipeArn=f"{OWN}container-recipe/app/2.0.0")
    arn = client.start_image_pipeline_execution(imagePipelineArn=ARN)["imageBuildVersionArn"]
    clock.now += 60
    assert refusal(client.start_resource_state_update, resourceArn=arn, state={"status": "DISABLED"}) == INVALID
    included = INCLUDED | {"includeResources": {"containers": True}}
    assert client.start_resource_state_update(resourceArn=arn, state={"status": "DELETED"}, **included)["resourceArn"]


def test_lifecycle_execution_that_does_not_exist_is_404(client: Any, refusal: Refusal) -> None:
    number = "lce-00000000-0000-0000-0000-000000000000"
    assert refusal(client.get_lifecycle_execution, lifecycleExecutionId=number) == GONE
