"""The events that the emulated service has for EventBridge."""

from types import SimpleNamespace
from typing import Any

from imagebuilder_local.emulator import ImageBuilder

OWN = "arn:aws:imagebuilder:us-east-1:000000000000:"
ARN = f"{OWN}image-pipeline/my-pipe"
IMAGE = f"{OWN}image/web/1.0.0/1"


def changes(service: ImageBuilder) -> list[tuple[str, str, str]]:
    """Return resource, previous state and state of the events since the last time."""
    taken = service.take_events()
    assert {event.detail_type for event in taken} <= {"EC2 Image Builder Image State Change"}
    return [
        (event.resource, event.detail["previous-state"]["status"], event.detail["state"]["status"]) for event in taken
    ]


def test_each_state_from_building_on_is_an_event_once_it_is_reached(
    client: Any, service: ImageBuilder, minimal: dict[str, Any], clock: SimpleNamespace
) -> None:
    client.create_image_pipeline(**minimal)
    client.start_image_pipeline_execution(imagePipelineArn=ARN)
    clock.now += 3
    assert changes(service) == []
    clock.now += 1
    assert changes(service) == [(IMAGE, "CREATING", "BUILDING")]
    assert changes(service) == []
    clock.now += 60
    assert changes(service) == [
        (IMAGE, "BUILDING", "TESTING"),
        (IMAGE, "TESTING", "DISTRIBUTING"),
        (IMAGE, "DISTRIBUTING", "INTEGRATING"),
        (IMAGE, "INTEGRATING", "AVAILABLE"),
    ]


def test_events_of_several_images_come_in_the_order_of_time(
    client: Any, service: ImageBuilder, minimal: dict[str, Any], clock: SimpleNamespace
) -> None:
    client.create_image_pipeline(**minimal)
    for _ in range(2):
        client.start_image_pipeline_execution(imagePipelineArn=ARN)
        clock.now += 1
    clock.now += 5
    assert [(arn[-1], state) for arn, _, state in changes(service)] == [
        ("1", "BUILDING"),
        ("2", "BUILDING"),
        ("1", "TESTING"),
        ("2", "TESTING"),
    ]


def test_cancelled_build_is_an_event_and_a_later_move_is_none(
    client: Any, service: ImageBuilder, minimal: dict[str, Any], clock: SimpleNamespace
) -> None:
    client.create_image_pipeline(**minimal)
    client.start_image_pipeline_execution(imagePipelineArn=ARN)
    clock.now += 5
    client.cancel_image_creation(imageBuildVersionArn=IMAGE)
    clock.now += 2
    assert changes(service) == [(IMAGE, "CREATING", "BUILDING"), (IMAGE, "BUILDING", "CANCELLED")]
    included = {"includeResources": {"amis": True}, "executionRole": "cleaner"}
    client.start_resource_state_update(resourceArn=IMAGE, state={"status": "DELETED"}, **included)
    clock.now += 60
    assert changes(service) == []


def test_pipeline_that_is_disabled_after_failures_is_an_event_after_the_failure(
    client: Any, service: ImageBuilder, minimal: dict[str, Any], clock: SimpleNamespace
) -> None:
    schedule = {"scheduleExpression": "rate(1 day)", "autoDisablePolicy": {"failureCount": 2}}
    client.create_image_pipeline(**minimal, schedule=schedule)
    for _ in range(2):
        service.run_on_schedule(ARN, fails=True)
        clock.now += 60
    failed, disabled = service.take_events()[-2:]
    assert (failed.resource, failed.detail["state"]) == (f"{OWN}image/web/1.0.0/2", {"status": "FAILED"})
    assert disabled.detail_type == "EC2 Image Builder Image Pipeline Automatically Disabled"
    assert (disabled.resource, disabled.detail) == (ARN, {"consecutive-failures": "2"})
