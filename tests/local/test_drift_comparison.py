"""Properties of a template beside the pipeline that GetImagePipeline returns."""

from typing import Any

import pytest

from imagebuilder_local.drift.comparison import Member, compared
from imagebuilder_local.drift.unknown import Unknown
from imagebuilder_model import LOGICAL_ID_TAG, STACK_ID_TAG

STACK_ID = "arn:aws:cloudformation:eu-west-1:111122223333:stack/Golden/6f2d1c3e"
OWNER = {STACK_ID_TAG: STACK_ID, LOGICAL_ID_TAG: "Pipeline"}
RECIPE = "arn:aws:imagebuilder:eu-west-1:111122223333:image-recipe/golden/1.0.0"
SECRET = Unknown("parameter Secret")

# What the service shows of a pipeline with a recipe and a schedule, and nothing else (go-to-k/cdk-real-drift#911).
SHOWN: dict[str, Any] = {
    "name": "golden",
    "platform": "Linux",
    "status": "ENABLED",
    "imageRecipeArn": RECIPE,
    "enhancedImageMetadataEnabled": True,
    "imageTestsConfiguration": {"imageTestsEnabled": True, "timeoutMinutes": 720},
    "schedule": {
        "scheduleExpression": "rate(1 day)",
        "timezone": "UTC",
        "pipelineExecutionStartCondition": "EXPRESSION_MATCH_AND_DEPENDENCY_UPDATES_AVAILABLE",
    },
    "consecutiveFailures": 0,
}
GIVEN: dict[str, Any] = {
    "ServiceToken": "arn:of-the-function",
    "OnDelete": "DISABLE",
    "Name": "golden",
    "ImageRecipeArn": RECIPE,
    "Schedule": {"ScheduleExpression": "rate(1 day)"},
}


def members(given: dict[str, Any], shown: dict[str, Any], tags: dict[str, str] | None = None) -> list[Member]:
    live = {**SHOWN, **shown, "tags": OWNER if tags is None else tags}
    return list(compared({**GIVEN, **given}, live, stack_id=STACK_ID, logical_id="Pipeline"))


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({}, {}),
        ({"Status": "ENABLED", "EnhancedImageMetadataEnabled": "true"}, {}),
        ({}, {"status": "DISABLED"}),
        ({"Schedule": {}}, {"schedule": None}),
        ({}, {"description": "", "workflows": [], "imageScanningConfiguration": {"imageScanningEnabled": False}}),
        ({}, {"schedule": SHOWN["schedule"] | {"timezone": "Etc/UTC"}}),
        ({}, {"executionRole": "arn:aws:iam::1:role/aws-service-role/x/AWSServiceRoleForImageBuilder"}),
        ({"ImageTestsConfiguration": {"ImageTestsEnabled": "true"}}, {}),
        ({"ImageTestsConfiguration": {"TimeoutMinutes": "90"}}, {"imageTestsConfiguration": {"timeoutMinutes": 90}}),
        ({"ImageTags": {"team": "web"}}, {"imageTags": {"team": "web"}}),
        ({"Schedule": {"ScheduleExpression": "rate(1 day)", "AutoDisablePolicy": {}}}, {}),
    ],
)
def test_pipeline_with_what_the_template_says_and_the_services_defaults_has_no_difference(
    given: dict[str, Any], shown: dict[str, Any]
) -> None:
    assert members(given, shown) == []


@pytest.mark.parametrize(
    ("given", "shown", "path", "template", "live"),
    [
        ({"Description": "a"}, {"description": "b"}, "Description", "a", "b"),
        ({"Description": "a"}, {}, "Description", "a", None),
        ({}, {"description": "by hand"}, "Description", None, "by hand"),
        ({"Status": "DISABLED"}, {}, "Status", "DISABLED", "ENABLED"),
        ({}, {"enhancedImageMetadataEnabled": False}, "EnhancedImageMetadataEnabled", None, False),
        (
            {},
            {"schedule": SHOWN["schedule"] | {"scheduleExpression": "rate(2 days)"}},
            "Schedule.ScheduleExpression",
            "rate(1 day)",
            "rate(2 days)",
        ),
        (
            {},
            {"schedule": SHOWN["schedule"] | {"timezone": "Europe/London"}},
            "Schedule.Timezone",
            None,
            "Europe/London",
        ),
        ({}, {"schedule": None}, "Schedule.ScheduleExpression", "rate(1 day)", None),
        ({"ImageTags": {"team": "web"}}, {"imageTags": {"team": "ops"}}, "ImageTags.team", "web", "ops"),
        ({"ImageTags": {"team": "web"}}, {"imageTags": {"team": "web", "b": "c"}}, "ImageTags.b", None, "c"),
        (
            {"ImageTestsConfiguration": {"TimeoutMinutes": "90"}},
            {},
            "ImageTestsConfiguration.TimeoutMinutes",
            90,
            720,
        ),
        (
            {"Workflows": [{"WorkflowArn": "a"}, {"WorkflowArn": "b"}]},
            {"workflows": [{"workflowArn": "a"}, {"workflowArn": "c"}]},
            "Workflows[1].WorkflowArn",
            "b",
            "c",
        ),
        (
            {"Workflows": [{"WorkflowArn": "a"}]},
            {"workflows": []},
            "Workflows",
            [{"workflowArn": "a"}],
            None,
        ),
    ],
)
def test_member_that_differs_is_named_with_both_values(
    given: dict[str, Any], shown: dict[str, Any], path: str, template: Any, live: Any
) -> None:
    assert members(given, shown) == [Member(path, template, live)]


def test_schedule_that_was_added_by_hand_differs() -> None:
    live = SHOWN | {"tags": OWNER}
    (member,) = compared({"ImageRecipeArn": RECIPE}, live, stack_id=STACK_ID, logical_id="Pipeline")
    assert member == Member("Schedule.ScheduleExpression", None, "rate(1 day)")


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"Description": SECRET}, "Description"),
        ({"Schedule": SECRET}, "Schedule"),
        ({"Schedule": {"ScheduleExpression": SECRET}}, "Schedule.ScheduleExpression"),
        ({"Workflows": [{"WorkflowArn": "a"}, SECRET]}, "Workflows"),
        ({"Tags": SECRET}, "Tags"),
        ({"Tags": {"team": SECRET}}, "Tags.team"),
        ({"ImageTags": {"team": SECRET}}, "ImageTags.team"),
    ],
)
def test_member_that_is_unknown_is_not_compared_and_no_drift(given: dict[str, Any], path: str) -> None:
    assert members(given, {}) == [Member(path, reason="depends on parameter Secret", is_drift=False)]


def test_unknown_member_of_a_workflow_leaves_the_others_compared() -> None:
    given = [{"WorkflowArn": "a", "Parameters": [{"Name": "p", "Value": [SECRET]}]}]
    shown = [{"workflowArn": "b", "parameters": [{"name": "p", "value": ["x"]}]}]
    assert members({"Workflows": given}, {"workflows": shown}) == [
        Member("Workflows[0].WorkflowArn", "a", "b"),
        Member("Workflows[0].Parameters[0].Value[0]", reason="depends on parameter Secret", is_drift=False),
    ]


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ([{"WorkflowArn": "a", "Parameters": [{"Name": "p", "Value": ["s3cret"]}]}], []),
        ([], [{"workflowArn": "a", "parameters": [{"name": "p", "value": ["s3cret"]}]}]),
        (
            [{"WorkflowArn": "a", "Parameters": [{"Name": "p", "Value": ["s3cret"]}]}],
            [{"workflowArn": "a", "parameters": [{"name": "p", "value": ["0ther"]}]}],
        ),
    ],
)
def test_values_of_workflow_parameters_are_not_shown(given: Any, shown: Any) -> None:
    (member,) = members({"Workflows": given}, {"workflows": shown})
    assert member.is_drift
    assert not {"s3cret", "0ther"} & set(repr(member).split("'"))


def test_tags_of_the_template_are_compared_and_those_of_others_are_not() -> None:
    tags = OWNER | {"team": "ops", "theirs": "x"}
    assert members({"Tags": {"team": "web", "cost": "1"}}, {}, tags) == [
        Member("Tags.team", "web", "ops"),
        Member("Tags.cost", "1", None),
    ]


@pytest.mark.parametrize(
    ("tags", "paths", "meaning"),
    [
        ({}, [STACK_ID_TAG, LOGICAL_ID_TAG], "OwnerTagsMissing"),
        ({LOGICAL_ID_TAG: "Pipeline"}, [STACK_ID_TAG], "restore the tag, or set AdoptExisting to true"),
        (OWNER | {STACK_ID_TAG: "arn:of-another"}, [STACK_ID_TAG], "another stack owns the pipeline"),
        (OWNER | {LOGICAL_ID_TAG: "Other"}, [LOGICAL_ID_TAG], "another resource of a stack owns the pipeline"),
    ],
)
def test_owner_tags_that_are_missing_or_name_others_are_drift_and_say_what_they_mean(
    tags: dict[str, str], paths: list[str], meaning: str
) -> None:
    found = members({}, {}, tags)
    assert [member.path for member in found] == [f"Tags.{key}" for key in paths]
    assert all(member.is_drift and meaning in member.reason for member in found)
