"""What the page is told of builds: the states they pass, why they fail, what they make and who started them."""

import json
from types import SimpleNamespace
from typing import Any

import pytest
from support.building import FAILING

from imagebuilder_local.emulator import ImageBuilder, ServiceError
from imagebuilder_local.page import Timeline, starting, view
from imagebuilder_model.ownership import LOGICAL_ID_TAG, STACK_ID_TAG, WHAT_IS_BUILT_TAG

OWN = "arn:aws:imagebuilder:us-east-1:000000000000:"
ARN = f"{OWN}image-pipeline/my-pipe"
STACK = "arn:aws:cloudformation:us-east-1:000000000000:stack/Golden/0c9c6c1e"
TRIGGER = "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8"
TAGS = {STACK_ID_TAG: STACK, LOGICAL_ID_TAG: "Build", WHAT_IS_BUILT_TAG: TRIGGER}
BEGINNING = ["PENDING", "CREATING", "BUILDING"]


@pytest.fixture
def pipeline(client: Any, service: ImageBuilder, minimal: dict[str, Any]) -> Any:
    """A client of a service with a pipeline."""
    client.create_image_pipeline(**minimal)
    return client


def start(client: Any, **request: Any) -> str:
    return str(client.start_image_pipeline_execution(imagePipelineArn=ARN, **request)["imageBuildVersionArn"])


def pipelines(service: ImageBuilder) -> list[dict[str, Any]]:
    return list(json.loads(json.dumps(view(Timeline(), service)))["pipelines"])


def newest(service: ImageBuilder) -> dict[str, Any]:
    return dict(pipelines(service)[0]["executions"][0])


def passed(build: dict[str, Any]) -> list[str]:
    return [state["status"] for state in build["states"]]


def test_running_build_shows_the_states_passed_with_their_times_and_those_to_come(
    pipeline: Any, service: ImageBuilder, clock: SimpleNamespace
) -> None:
    start(pipeline)
    clock.now += 5
    build = newest(service)
    assert build["states"] == [
        {"status": "PENDING", "at": "2023-11-14T22:13:20.000Z"},
        {"status": "CREATING", "at": "2023-11-14T22:13:22.000Z"},
        {"status": "BUILDING", "at": "2023-11-14T22:13:24.000Z"},
    ]
    assert build["ahead"] == ["TESTING", "DISTRIBUTING", "INTEGRATING", "AVAILABLE"]
    assert (build["state"], build["builtBy"]) == ({"status": "BUILDING"}, None)


def test_available_build_has_its_amis_and_no_state_to_come(
    pipeline: Any, service: ImageBuilder, clock: SimpleNamespace
) -> None:
    start(pipeline)
    clock.now += 60
    build = newest(service)
    assert passed(build) == [*BEGINNING, "TESTING", "DISTRIBUTING", "INTEGRATING", "AVAILABLE"]
    assert build["ahead"] == []
    (ami,) = build["outputResources"]["amis"]
    assert (ami["region"], ami["image"][:4]) == ("us-east-1", "ami-")


def test_build_without_tests_is_not_expected_to_test(
    client: Any, service: ImageBuilder, minimal: dict[str, Any]
) -> None:
    client.create_image_pipeline(**minimal, imageTestsConfiguration={"imageTestsEnabled": False})
    start(client)
    assert newest(service)["ahead"] == ["CREATING", "BUILDING", "DISTRIBUTING", "INTEGRATING", "AVAILABLE"]


def test_failing_build_looks_like_any_other_until_it_fails_and_then_names_its_step(
    pipeline: Any, service: ImageBuilder, clock: SimpleNamespace
) -> None:
    component = f"{OWN}component/harden/1.0.0/1"
    service.register(component, data=FAILING)
    service.register(f"{OWN}image-recipe/web/1.0.0", components=[{"componentArn": component}])
    start(pipeline)
    clock.now += 5
    assert newest(service)["ahead"][-1] == "AVAILABLE"
    clock.now += 60
    build = newest(service)
    assert (passed(build), build["ahead"]) == ([*BEGINNING, "FAILED"], [])
    assert build["state"]["failureContext"]["componentFailure"] == {
        "componentArn": component,
        "phaseName": "build",
        "stepName": "Harden",
        "action": "ExecuteBash",
        "errorMessage": "exit status 3",
    }
    assert build["state"]["reason"].endswith(f"Document {component} failed!")


def test_cancelled_build_is_expected_to_be_cancelled_only(
    pipeline: Any, service: ImageBuilder, clock: SimpleNamespace
) -> None:
    image = start(pipeline)
    clock.now += 5
    pipeline.cancel_image_creation(imageBuildVersionArn=image)
    assert (passed(newest(service)), newest(service)["ahead"]) == (BEGINNING, ["CANCELLED"])
    clock.now += 5
    assert (passed(newest(service)), newest(service)["ahead"]) == ([*BEGINNING, "CANCELLED"], [])


def test_deprecated_image_shows_it_after_available(
    pipeline: Any, service: ImageBuilder, clock: SimpleNamespace
) -> None:
    image = start(pipeline)
    clock.now += 60
    pipeline.start_resource_state_update(resourceArn=image, state={"status": "DEPRECATED"})
    assert passed(newest(service))[-2:] == ["AVAILABLE", "DEPRECATED"]


def test_build_of_a_resource_names_it_and_its_trigger(pipeline: Any, service: ImageBuilder) -> None:
    start(pipeline, tags={**TAGS, "team": "web"})
    assert newest(service)["builtBy"] == {
        "stack": "Golden",
        "stackId": STACK,
        "logicalId": "Build",
        "name": "Build",
        "trigger": TRIGGER,
    }


@pytest.mark.parametrize("missing", [STACK_ID_TAG, LOGICAL_ID_TAG])
def test_image_that_lacks_an_owner_tag_was_built_by_no_resource(
    pipeline: Any, service: ImageBuilder, missing: str
) -> None:
    start(pipeline, tags={name: value for name, value in TAGS.items() if name != missing})
    assert newest(service)["builtBy"] is None


def test_image_whose_trigger_was_forgotten_keeps_its_resource(pipeline: Any, service: ImageBuilder) -> None:
    pipeline.untag_resource(resourceArn=start(pipeline, tags=TAGS), tagKeys=[WHAT_IS_BUILT_TAG])
    assert newest(service)["builtBy"]["trigger"] is None


@pytest.mark.parametrize("stack_id", ["", "Golden", "arn:aws:cloudformation:us-east-1:000000000000:stack"])
def test_stack_id_of_another_form_is_shown_as_it_is(pipeline: Any, service: ImageBuilder, stack_id: str) -> None:
    start(pipeline, tags={**TAGS, STACK_ID_TAG: stack_id})
    assert newest(service)["builtBy"]["stack"] == stack_id


def test_newest_builds_of_a_pipeline_are_shown_and_the_others_counted(pipeline: Any, service: ImageBuilder) -> None:
    images = [start(pipeline) for _ in range(12)]
    (shown,) = pipelines(service)
    assert [build["arn"] for build in shown["executions"]] == images[:1:-1]
    assert shown["olderExecutions"] == 2


def test_pipeline_of_the_same_name_made_later_has_not_the_builds_of_the_first(
    pipeline: Any, service: ImageBuilder, clock: SimpleNamespace, minimal: dict[str, Any]
) -> None:
    start(pipeline)
    clock.now += 60
    pipeline.delete_image_pipeline(imagePipelineArn=ARN)
    pipeline.create_image_pipeline(**minimal)
    (shown,) = pipelines(service)
    assert (shown["executions"], shown["olderExecutions"]) == ([], 0)


def test_more_pipelines_show_fewer_builds_each(client: Any, service: ImageBuilder, minimal: dict[str, Any]) -> None:
    for number in range(22):
        client.create_image_pipeline(**minimal | {"name": f"web-{number}"})
        for _ in range(10):
            client.start_image_pipeline_execution(imagePipelineArn=f"{OWN}image-pipeline/web-{number}")
    shown = {(len(pipeline["executions"]), pipeline["olderExecutions"]) for pipeline in pipelines(service)}
    assert shown == {(9, 1)}


def test_images_without_a_pipeline_are_shown_and_those_of_a_deleted_one(
    pipeline: Any, service: ImageBuilder, minimal: dict[str, Any], clock: SimpleNamespace
) -> None:
    assert view(Timeline(), service)["images"] == {"executions": [], "olderExecutions": 0}
    start(pipeline)
    clock.now += 60
    request = {name: value for name, value in minimal.items() if name != "name"}
    direct = service.build_at_once(request)["arn"]
    shown = view(Timeline(), service)["images"]
    assert [image["arn"] for image in shown["executions"]] == [direct]
    pipeline.delete_image_pipeline(imagePipelineArn=ARN)
    shown = view(Timeline(), service)["images"]
    assert [image["arn"] for image in shown["executions"]] == [direct, f"{OWN}image/web/1.0.0/1"]
    for _ in range(25):
        service.build_at_once(request)
    shown = view(Timeline(), service)["images"]
    assert (len(shown["executions"]), shown["olderExecutions"]) == (20, 7)


def test_start_of_the_page_is_a_call_of_the_root_user_without_tags(pipeline: Any, service: ImageBuilder) -> None:
    timeline = Timeline()
    other = ImageBuilder(region="eu-west-1")
    begin = starting(lambda: [other, service], timeline.call)
    image = begin({"imagePipelineArn": ARN, "tags": TAGS})["imageBuildVersionArn"]
    assert newest(service)["arn"] == image
    assert newest(service)["builtBy"] is None
    with pytest.raises(ServiceError, match="ResourceNotFoundException"):
        begin({"imagePipelineArn": f"{ARN}-missing"})
    with pytest.raises(ServiceError):
        begin({})
    calls = view(timeline, service)["others"]
    assert [(call["client"], call["status"]) for call in calls][-2:] == [("this-page", 404), ("this-page", 200)]


def test_pipelines_and_images_of_several_regions_are_shown_together(
    client: Any, service: ImageBuilder, minimal: dict[str, Any], clock: SimpleNamespace
) -> None:
    client.create_image_pipeline(**minimal)
    request = {name: value for name, value in minimal.items() if name != "name"}
    other = ImageBuilder(region="eu-west-1", clock=lambda: clock.now, strict_references=False)
    second = other.call("CreateImagePipeline", minimal | {"clientToken": "x" * 36})["imagePipelineArn"]
    images = []
    for one in (other, service):
        clock.now += 1
        images.append(one.build_at_once(request)["arn"])
    state = view(Timeline(), service, other)
    assert [shown["settings"]["arn"] for shown in state["pipelines"]] == [ARN, second]
    assert [image["arn"] for image in state["images"]["executions"]] == images[::-1]
    assert state["region"] == "us-east-1"
