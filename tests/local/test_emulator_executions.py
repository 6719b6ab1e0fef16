"""Running pipelines and looking at the images, through boto3."""

from types import SimpleNamespace
from typing import Any

import pytest

from imagebuilder_local.emulator import ImageBuilder

OWN = "arn:aws:imagebuilder:us-east-1:000000000000:"
ARN = f"{OWN}image-pipeline/my-pipe"
STATES = ["PENDING", "CREATING", "BUILDING", "TESTING", "DISTRIBUTING", "INTEGRATING", "AVAILABLE"]


def images(client: Any) -> list[dict[str, Any]]:
    summaries: list[dict[str, Any]] = client.list_image_pipeline_images(imagePipelineArn=ARN)["imageSummaryList"]
    return summaries


def start(client: Any, **request: Any) -> str:
    return str(client.start_image_pipeline_execution(imagePipelineArn=ARN, **request)["imageBuildVersionArn"])


def test_build_numbers_count_up_per_version_of_a_recipe_and_past_a_delete(client: Any, minimal: dict[str, Any]) -> None:
    client.create_image_pipeline(**minimal)
    assert [start(client), start(client)] == [f"{OWN}image/web/1.0.0/1", f"{OWN}image/web/1.0.0/2"]
    client.delete_image_pipeline(imagePipelineArn=ARN)
    client.create_image_pipeline(**minimal)
    assert start(client) == f"{OWN}image/web/1.0.0/3"


def test_image_takes_the_newest_version_that_the_recipes_wildcards_allow(
    client: Any, service: ImageBuilder, minimal: dict[str, Any]
) -> None:
    for version in ("1.9.0", "1.10.0", "2.0.0"):
        service.register(f"{OWN}image-recipe/web/{version}")
    client.create_image_pipeline(**minimal | {"imageRecipeArn": f"{OWN}image-recipe/web/1.x.x"})
    assert start(client) == f"{OWN}image/web/1.10.0/1"


@pytest.mark.parametrize("tested", [True, False])
def test_image_passes_through_the_states(
    client: Any, minimal: dict[str, Any], clock: SimpleNamespace, *, tested: bool
) -> None:
    client.create_image_pipeline(**minimal, imageTestsConfiguration={"imageTestsEnabled": tested})
    start(client)
    seen = []
    for _ in range(8):
        seen.append(images(client)[0]["state"]["status"])
        clock.now += 2
    expected = [state for state in STATES if tested or state != "TESTING"]
    assert seen == expected + ["AVAILABLE"] * (8 - len(expected))


def test_finished_image_shows_its_ami(client: Any, minimal: dict[str, Any], clock: SimpleNamespace) -> None:
    client.create_image_pipeline(**minimal)
    start(client, tags={"run": "manual"})
    clock.now += 60
    (image,) = images(client)
    (ami,) = image.pop("outputResources")["amis"]
    assert (ami["region"], ami["accountId"], ami["image"][:4]) == ("us-east-1", "000000000000", "ami-")
    assert image == {
        "arn": f"{OWN}image/web/1.0.0/1",
        "name": "web",
        "type": "AMI",
        "version": "1.0.0/1",
        "platform": "Linux",
        "state": {"status": "AVAILABLE"},
        "owner": "000000000000",
        "dateCreated": "2023-11-14T22:13:20.000Z",
        "tags": {"run": "manual"},
        "buildType": "USER_INITIATED",
        "imageSource": "CUSTOM",
    }


def test_container_pipeline_makes_a_docker_image(client: Any, minimal: dict[str, Any], clock: SimpleNamespace) -> None:
    del minimal["imageRecipeArn"]
    client.create_image_pipeline(**minimal, containerRecipeArn=f"{OWN}container-recipe/app/2.0.0")
    start(client)
    clock.now += 60
    (image,) = images(client)
    assert image["type"] == "DOCKER"
    assert image["outputResources"]["containers"][0]["imageUris"] == [
        "000000000000.dkr.ecr.us-east-1.amazonaws.com/app:2.0.0-1"
    ]


def test_zero_seconds_a_state_make_an_image_available_at_once(connect: Any, minimal: dict[str, Any]) -> None:
    client = connect(ImageBuilder(strict_references=False, seconds_per_state=0))
    client.create_image_pipeline(**minimal)
    start(client)
    assert images(client)[0]["state"]["status"] == "AVAILABLE"


def test_pipeline_tells_of_its_last_run(client: Any, minimal: dict[str, Any], clock: SimpleNamespace) -> None:
    client.create_image_pipeline(**minimal)
    assert "dateLastRun" not in client.get_image_pipeline(imagePipelineArn=ARN)["imagePipeline"]
    clock.now += 60
    start(client)
    pipeline = client.get_image_pipeline(imagePipelineArn=ARN)["imagePipeline"]
    assert (pipeline["dateLastRun"], pipeline["lastRunStatus"]) == ("2023-11-14T22:14:20.000Z", "PENDING")


def test_pipeline_has_no_runs_of_an_earlier_one_of_its_name(
    client: Any, minimal: dict[str, Any], clock: SimpleNamespace
) -> None:
    client.create_image_pipeline(**minimal)
    start(client)
    client.delete_image_pipeline(imagePipelineArn=ARN)
    clock.now += 1
    client.create_image_pipeline(**minimal)
    assert images(client) == []
    assert "lastRunStatus" not in client.get_image_pipeline(imagePipelineArn=ARN)["imagePipeline"]


def test_disabled_pipeline_runs_by_hand_and_not_on_its_schedule(
    client: Any, service: ImageBuilder, minimal: dict[str, Any]
) -> None:
    client.create_image_pipeline(**minimal, status="DISABLED")
    assert service.run_on_schedule(ARN) is None
    assert start(client) == f"{OWN}image/web/1.0.0/1"


def test_pipeline_can_be_deleted_while_a_build_runs(
    client: Any, service: ImageBuilder, minimal: dict[str, Any]
) -> None:
    client.create_image_pipeline(**minimal)
    image = start(client)
    client.delete_image_pipeline(imagePipelineArn=ARN)
    assert service.pipelines() == []
    assert client.list_tags_for_resource(resourceArn=image)["tags"] == {}


def test_image_tags_go_to_scheduled_runs_only(client: Any, service: ImageBuilder, minimal: dict[str, Any]) -> None:
    client.create_image_pipeline(**minimal, imageTags={"from": "pipeline"})
    start(client)
    service.run_on_schedule(ARN)
    assert [(image["buildType"], image["tags"]) for image in images(client)] == [
        ("USER_INITIATED", {}),
        ("SCHEDULED", {"from": "pipeline"}),
    ]


def test_pipeline_is_disabled_after_as_many_failures_as_its_policy_says_and_reset_by_an_update(
    client: Any, service: ImageBuilder, minimal: dict[str, Any], clock: SimpleNamespace
) -> None:
    schedule = {"scheduleExpression": "rate(1 day)", "autoDisablePolicy": {"failureCount": 2}}
    client.create_image_pipeline(**minimal, schedule=schedule)
    seen = []
    for _ in range(2):
        service.run_on_schedule(ARN, fails=True)
        clock.now += 60
        pipeline = service.pipelines()[0]
        seen.append((pipeline["consecutiveFailures"], pipeline["status"]))
    assert seen == [(1, "ENABLED"), (2, "DISABLED")]
    clock.now += 60
    assert [image["state"]["status"] for image in images(client)] == ["FAILED", "FAILED"]
    references = {name: arn for name, arn in minimal.items() if name != "name"}
    client.update_image_pipeline(imagePipelineArn=ARN, **references)
    pipeline = service.pipelines()[0]
    assert (pipeline["consecutiveFailures"], pipeline["status"]) == (0, "ENABLED")


@pytest.mark.parametrize("schedule", [{}, {"schedule": {"scheduleExpression": "rate(1 day)"}}])
def test_pipeline_without_a_policy_is_disabled_after_five_failures_in_a_row(
    client: Any,
    service: ImageBuilder,
    minimal: dict[str, Any],
    clock: SimpleNamespace,
    schedule: dict[str, Any],
) -> None:
    client.create_image_pipeline(**minimal, **schedule)
    for fails in (True, True, True, True, False, True, True, True, True):
        service.run_on_schedule(ARN, fails=fails)
        clock.now += 60
    assert (service.pipelines()[0]["consecutiveFailures"], service.pipelines()[0]["status"]) == (4, "ENABLED")
    service.run_on_schedule(ARN, fails=True)
    clock.now += 60
    assert (service.pipelines()[0]["consecutiveFailures"], service.pipelines()[0]["status"]) == (5, "DISABLED")
    assert service.run_on_schedule(ARN) is None
    assert "autoDisablePolicy" not in service.pipelines()[0].get("schedule", {})


def test_success_resets_the_count_of_failures(
    client: Any, service: ImageBuilder, minimal: dict[str, Any], clock: SimpleNamespace
) -> None:
    client.create_image_pipeline(**minimal)
    counts = []
    for by_hand in (False, True):
        service.run_on_schedule(ARN, fails=True)
        clock.now += 60
        counts.append(service.pipelines()[0]["consecutiveFailures"])
        _ = start(client) if by_hand else service.run_on_schedule(ARN)
        clock.now += 60
        counts.append(service.pipelines()[0]["consecutiveFailures"])
    assert counts == [1, 0, 1, 0]


@pytest.mark.parametrize("case", [("0", "AVAILABLE"), ("60", "CREATING"), ("", "AVAILABLE")])
def test_environment_says_how_long_a_state_is(
    monkeypatch: pytest.MonkeyPatch,
    connect: Any,
    clock: SimpleNamespace,
    minimal: dict[str, Any],
    case: tuple[str, str],
) -> None:
    text, status = case
    monkeypatch.setenv("IMAGEBUILDER_LOCAL_SECONDS_PER_STATE", text)
    client = connect(ImageBuilder(strict_references=False, clock=lambda: clock.now))
    client.create_image_pipeline(**minimal)
    start(client)
    clock.now += 60
    assert images(client)[0]["state"]["status"] == status


@pytest.mark.parametrize("text", ["-1", "fast", "nan", "inf"])
def test_other_time_in_the_environment_is_one_error(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("IMAGEBUILDER_LOCAL_SECONDS_PER_STATE", text)
    with pytest.raises(ValueError, match=r".") as error:
        ImageBuilder()
    assert str(error.value) == (
        f"invalid IMAGEBUILDER_LOCAL_SECONDS_PER_STATE: got {text!r}, allowed are seconds from 0, such as 0.5"
    )
