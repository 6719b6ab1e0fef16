"""What the page is told of stack operations: one deployment for each, together with its rollback."""

import json
from itertools import count
from typing import Any

import pytest

from imagebuilder_local.emulator import ImageBuilder
from imagebuilder_local.page import Timeline, view
from imagebuilder_local.page.construct_paths import ConstructPaths

STACK = "arn:aws:cloudformation:us-east-1:000000000000:stack/Golden/0c9c6c1e"
OTHER = "arn:aws:cloudformation:us-east-1:000000000000:stack/Other/0c9c6c1e"
STACK_TYPE = "AWS::CloudFormation::Stack"
TYPES = {"Recipe": "AWS::ImageBuilder::ImageRecipe", "Pipeline": "Custom::ImagePipeline"}
REASON = "Resource creation cancelled"

_numbers = count()


@pytest.fixture
def timeline() -> Timeline:
    return Timeline()


def record(timeline: Timeline, *lines: str, stack: str = STACK) -> None:
    """Record stack events, each as `LOGICAL_ID STATUS REASON`. The stack's own id is `-`."""
    name = stack.split("/")[1]
    for line in lines:
        logical_id, status, reason = (*line.split(" ", 2), "")[:3]
        timeline.operations.record(
            event_id=str(next(_numbers)),
            stack_id=stack,
            stack_name=name,
            logical_id=name if logical_id == "-" else logical_id,
            physical_id="",
            resource_type=STACK_TYPE if logical_id == "-" else TYPES.get(logical_id, "AWS::SNS::Topic"),
            status=status,
            reason=reason,
        )


def send(timeline: Timeline, stack: str = STACK) -> int:
    """Record an event that a stack sends to the function, and return its number."""
    return timeline.begin(
        request_type="Update",
        logical_id="Pipeline",
        props={},
        stack_name=stack.split("/")[1],
        stack_id=stack,
        resource_type="Custom::ImagePipeline",
    ).number


def shown(timeline: Timeline) -> list[dict[str, Any]]:
    return list(json.loads(json.dumps(view(timeline, ImageBuilder())))["deployments"])


def states(deployment: dict[str, Any]) -> dict[str, tuple[str, str]]:
    return {one["logicalId"]: (one["state"], one["outcome"]) for one in deployment["resources"]}


def test_deployment_in_progress_names_what_it_does_now(timeline: Timeline) -> None:
    record(timeline, "- CREATE_IN_PROGRESS")
    (started,) = shown(timeline)
    assert (started["stack"], started["kind"], started["state"]) == ("Golden", "create", "working")
    assert (started["outcome"], started["milliseconds"], started["resources"]) == ("in progress", None, [])
    record(timeline, "Recipe CREATE_IN_PROGRESS", "Recipe CREATE_COMPLETE", "Pipeline CREATE_IN_PROGRESS")
    (working,) = shown(timeline)
    assert states(working) == {"Recipe": ("succeeded", "created"), "Pipeline": ("working", "creating")}
    assert working["resources"][1]["milliseconds"] is None


def test_failed_update_and_its_rollback_are_one_deployment_with_the_reason(timeline: Timeline) -> None:
    record(
        timeline,
        *("- UPDATE_IN_PROGRESS", "Recipe UPDATE_IN_PROGRESS", "Recipe UPDATE_COMPLETE", "Pipeline UPDATE_IN_PROGRESS"),
    )
    first = send(timeline)
    record(timeline, "Pipeline UPDATE_FAILED no such recipe", "- UPDATE_ROLLBACK_IN_PROGRESS it failed")
    (rolling,) = shown(timeline)
    assert (rolling["state"], rolling["outcome"], rolling["reason"]) == ("working", "rolling back", "no such recipe")
    record(timeline, "Recipe UPDATE_IN_PROGRESS", "Pipeline UPDATE_IN_PROGRESS")
    second = send(timeline)
    assert states(shown(timeline)[0])["Recipe"] == ("working", "rolling back")
    record(timeline, "Recipe UPDATE_COMPLETE", "Pipeline UPDATE_COMPLETE", "- UPDATE_ROLLBACK_COMPLETE")
    (over,) = shown(timeline)
    assert (over["state"], over["outcome"], over["kind"]) == ("failed", "failed and rolled back", "update")
    assert (over["failed"], over["reason"]) == ("Pipeline", "no such recipe")
    assert states(over) == {"Recipe": ("rolled back", "rolled back"), "Pipeline": ("failed", "failed")}
    assert [one["events"] for one in over["resources"]] == [[], [first, second]]


def test_resource_that_was_cancelled_is_not_the_one_that_failed(timeline: Timeline) -> None:
    record(timeline, "- CREATE_IN_PROGRESS", "Topic CREATE_IN_PROGRESS", "Recipe CREATE_IN_PROGRESS")
    record(timeline, f"Topic CREATE_FAILED {REASON}", "Recipe CREATE_FAILED wrong", "- ROLLBACK_IN_PROGRESS")
    record(timeline, "Topic DELETE_COMPLETE", "- ROLLBACK_COMPLETE")
    (over,) = shown(timeline)
    assert states(over) == {"Topic": ("cancelled", "cancelled"), "Recipe": ("failed", "failed")}
    assert (over["failed"], over["reason"]) == ("Recipe", "wrong")


def test_failure_without_a_resource_has_the_reason_of_the_stack(timeline: Timeline) -> None:
    record(timeline, "- UPDATE_IN_PROGRESS User Initiated", "- UPDATE_ROLLBACK_IN_PROGRESS no output")
    record(timeline, "- UPDATE_ROLLBACK_COMPLETE")
    (over,) = shown(timeline)
    assert (over["failed"], over["reason"], over["outcome"]) == (None, "no output", "failed and rolled back")


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        (("CREATE_IN_PROGRESS", "CREATE_COMPLETE"), ("create", "succeeded", "succeeded")),
        (("CREATE_IN_PROGRESS", "CREATE_FAILED"), ("create", "failed", "failed")),
        (("DELETE_IN_PROGRESS", "DELETE_FAILED"), ("delete", "failed", "failed")),
        (
            ("UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_FAILED"),
            ("update", "failed", "failed, and so did the rollback"),
        ),
    ],
)
def test_outcome_has_words(timeline: Timeline, statuses: tuple[str, ...], expected: tuple[str, str, str]) -> None:
    record(timeline, *(f"- {status}" for status in statuses))
    (over,) = shown(timeline)
    assert (over["kind"], over["state"], over["outcome"]) == expected


def test_resource_that_is_replaced_or_kept_has_its_own_word(timeline: Timeline) -> None:
    record(timeline, "- UPDATE_IN_PROGRESS", "Recipe UPDATE_IN_PROGRESS", "Recipe UPDATE_COMPLETE")
    record(timeline, "Recipe DELETE_IN_PROGRESS", "Recipe DELETE_COMPLETE", "Topic DELETE_SKIPPED", "- UPDATE_COMPLETE")
    assert states(shown(timeline)[0]) == {"Recipe": ("succeeded", "replaced"), "Topic": ("succeeded", "kept")}


def test_deployments_are_the_newest_first_and_each_has_its_own_events(timeline: Timeline) -> None:
    numbers = []
    for stack in (STACK, OTHER, STACK):
        record(timeline, "- UPDATE_IN_PROGRESS", "Pipeline UPDATE_IN_PROGRESS", stack=stack)
        numbers.append(send(timeline, stack))
        record(timeline, "Pipeline UPDATE_COMPLETE", "- UPDATE_COMPLETE", stack=stack)
    found = shown(timeline)
    assert [one["stack"] for one in found] == ["Golden", "Other", "Golden"]
    assert [one["resources"][0]["events"] for one in found] == [[number] for number in reversed(numbers)]


def test_response_url_is_blotted_out_of_reasons(timeline: Timeline) -> None:
    record(timeline, "- CREATE_IN_PROGRESS", "Recipe CREATE_FAILED PUT https://x/cfn-response/0c9c-6c1e failed")
    assert shown(timeline)[0]["reason"] == "PUT https://x/cfn-response/**** failed"


@pytest.mark.parametrize(
    ("stack_name", "path", "name"),
    [
        ("Golden", "Golden/Pipeline/Resource", "Pipeline"),
        ("Golden", "Golden/Web/Pipeline/Resource/Default", "Web/Pipeline"),
        ("Golden", "Golden/Resource", "Resource"),
        ("Prod-Golden", "Prod/Golden/Pipeline", "Pipeline"),
        ("chosen", "Golden/Pipeline/Resource", "Pipeline"),
    ],
)
def test_name_of_a_resource_is_its_construct_path_in_the_stack(stack_name: str, path: str, name: str) -> None:
    paths = ConstructPaths()
    paths.add(STACK, {"Resources": {"PipelineA1B2": {"Metadata": {"aws:cdk:path": path}}}})
    assert paths.of(STACK, stack_name, "PipelineA1B2") == (path, name)


@pytest.mark.parametrize(
    "template", [{}, {"Resources": {"P": {}}}, {"Resources": {"P": {"Metadata": None}, "Q": None}}]
)
def test_resource_without_metadata_is_named_by_its_logical_id(template: dict[str, Any]) -> None:
    paths = ConstructPaths()
    paths.add(STACK, template)
    assert paths.of(STACK, "Golden", "P") == (None, "P")


def test_resource_that_a_template_no_longer_has_keeps_its_name_and_old_stacks_are_forgotten() -> None:
    paths = ConstructPaths(most_stacks=2)
    paths.add(STACK, {"Resources": {"P": {"Metadata": {"aws:cdk:path": "Golden/Pipeline"}}}})
    paths.add(STACK, {"Resources": {}})
    assert paths.of(STACK, "Golden", "P").name == "Pipeline"
    for number in range(2):
        paths.add(f"{OTHER}{number}", {"Resources": {}})
    assert paths.of(STACK, "Golden", "P").name == "P"


def test_event_and_build_are_named_by_the_construct_path(timeline: Timeline) -> None:
    timeline.paths.add(STACK, {"Resources": {"Pipeline": {"Metadata": {"aws:cdk:path": "Golden/Web/Resource"}}}})
    record(timeline, "- UPDATE_IN_PROGRESS", "Pipeline UPDATE_IN_PROGRESS")
    send(timeline)
    state = view(timeline, ImageBuilder())
    assert (state["events"][0]["name"], state["deployments"][0]["resources"][0]["name"]) == ("Web", "Web")
    assert state["deployments"][0]["resources"][0]["path"] == "Golden/Web/Resource"
