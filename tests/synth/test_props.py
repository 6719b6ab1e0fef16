"""The props against the model: none of its members missing, none extra; and every problem named, none for a token."""

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from enum import StrEnum
from types import SimpleNamespace
from typing import Any

import aws_cdk as cdk
import pytest

from cdk_imagebuilder_pipeline import (
    ImagePipeline,
    ImagePipelineProps,
    ImagePipelineSchedule,
    ImagePipelineStatus,
    ImageScanningType,
    MaximumSeverityLabel,
    RecipeType,
    ScanResultCondition,
    ScheduleStartCondition,
    WorkflowConfiguration,
    WorkflowOnFailure,
    WorkflowParameterValue,
)
from cdk_imagebuilder_pipeline.request import PROP_OF_MEMBER, convert
from imagebuilder_model import Shape, load_model

ARN = "arn:aws:imagebuilder:eu-west-1:123456789012"
CONTAINER_RECIPE: dict[str, Any] = {"recipe": f"{ARN}:container-recipe/web/1.0.0"}
"""What takes every prop: some are for container recipes only."""
OURS = {"adopt_existing", "on_delete", "provider", "recipe_type"}
ENUMS: dict[str, type[StrEnum]] = {
    "PipelineStatus": ImagePipelineStatus,
    "PipelineExecutionStartCondition": ScheduleStartCondition,
    "OnWorkflowFailure": WorkflowOnFailure,
    "ImageScanningType": ImageScanningType,
    "MaximumSeverityLabel": MaximumSeverityLabel,
}


def reached(shape: Shape, hidden: set[str]) -> Iterator[tuple[str, Shape]]:
    """Yield name and shape of every member of a shape at any depth."""
    shapes = load_model().shapes
    for name, member in shape.members.items():
        if name not in hidden:
            inner = shapes[member.shape]
            yield name, inner
            yield from reached(shapes[inner.element] if inner.element else inner, set())


MEMBERS = dict(reached(load_model().input_of("CreateImagePipeline"), {"clientToken", "dryRun"}))


def test_every_member_of_the_model_but_token_and_dry_run_has_a_prop_and_no_prop_is_extra() -> None:
    assert PROP_OF_MEMBER.keys() == MEMBERS.keys()
    known = {
        field.name
        for owner in (ImagePipelineSchedule, ScanResultCondition, WorkflowConfiguration)
        for field in fields(owner)
    }
    known |= {field.name for field in fields(ImagePipelineProps)} - OURS
    assert set(PROP_OF_MEMBER.values()) - {""} == known


def test_every_enum_of_the_request_has_a_class_with_exactly_its_values() -> None:
    elements = [load_model().shapes[shape.element] for shape in MEMBERS.values() if shape.element]
    enums = {shape.name: set(shape.enum) for shape in [*MEMBERS.values(), *elements] if shape.enum}
    assert {name: {item.value for item in enum} for name, enum in ENUMS.items()} == enums


def test_names_of_enum_members_are_their_values() -> None:
    assert all(item.name == item.value for enum in ENUMS.values() for item in enum)


@pytest.fixture
def token() -> dict[type, Any]:
    return {
        str: cdk.Fn.ref("Text"),
        int: cdk.Token.as_number({"Ref": "Number"}),
        bool: cdk.Fn.condition_if("Condition", value_if_true=True, value_if_false=False),
        list: cdk.Fn.split(",", cdk.Fn.ref("List")),
        cdk.Duration: cdk.Duration.minutes(cdk.Token.as_number({"Ref": "Minutes"})),
    }


def schedule(value: Any, name: str) -> ImagePipelineSchedule:
    return replace(ImagePipelineSchedule(expression="rate(1 day)"), **{name: value})


def workflow(value: Any, name: str) -> list[WorkflowConfiguration]:
    return [replace(WorkflowConfiguration(workflow=f"{ARN}:workflow/test/smoke/1.0.0"), **{name: value})]


NAME = "3 to 128 letters, digits, - and _, with spaces between them"
TAG = "letters, digits, spaces and _.:/=+-@, not beginning with aws:"
LOG_GROUP = "1 to 512 letters, digits and -_/."
CONFIGURATION = (
    "the ARN of {} configuration, such as arn:aws:imagebuilder:eu-west-1:111122223333:{}-configuration/golden"
)
INFRASTRUCTURE = CONFIGURATION.format("an infrastructure", "infrastructure")
DISTRIBUTION = CONFIGURATION.format("a distribution", "distribution")
WORKFLOW = "the ARN of a workflow, such as arn:aws:imagebuilder:eu-west-1:111122223333:workflow/test/smoke/1.0.0"
ROLE = "a role's name of letters, digits and +=,.@-_/ or its ARN, such as arn:aws:iam::111122223333:role/build"

# Each case: the prop, a way to put a value into it, a wrong literal, the type of its token, the message.
CASES: list[tuple[str, Callable[[Any], Any], Any, type, str]] = [
    ("image_pipeline_name", lambda v: v, "a", str, f"image_pipeline_name does not match the pattern: got 'a', allowed is {NAME}"),
    ("image_pipeline_name", lambda v: v, "n" * 129, str, f"image_pipeline_name does not match the pattern: got '{'n' * 30}'…'{'n' * 30}' (129 characters), allowed is {NAME}"),
    ("image_pipeline_name", lambda v: v, "", str, f"image_pipeline_name does not match the pattern: got '', allowed is {NAME}"),
    ("description", lambda v: v, "", str, "description is too small: got 0 characters, allowed 1 to 1024"),
    ("description", lambda v: v, "d" * 1025, str, "description is too large: got 1025 characters, allowed 1 to 1024"),
    ("infrastructure_configuration", lambda v: v, "web", str, f"infrastructure_configuration does not match the pattern: got 'web', allowed is {INFRASTRUCTURE}"),
    ("infrastructure_configuration", lambda v: v, None, str, "infrastructure_configuration is missing"),
    ("distribution_configuration", lambda v: v, "web", str, f"distribution_configuration does not match the pattern: got 'web', allowed is {DISTRIBUTION}"),
    ("execution_role", lambda v: v, "a b", str, f"execution_role does not match the pattern: got ' ' in 'a b', allowed is {ROLE}"),
    ("status", lambda v: v, "ON", str, "status is not an allowed value: got 'ON', allowed are DISABLED, ENABLED"),
    ("schedule", lambda v: schedule(v, "expression"), "", str, "schedule.expression is too small: got 0 characters, allowed 1 to 1024"),
    ("schedule", lambda v: schedule(v, "timezone"), "UT", str, "schedule.timezone is too small: got 2 characters, allowed 3 to 100"),
    ("schedule", lambda v: schedule(v, "start_condition"), "NOW", str, "schedule.start_condition is not an allowed value: got 'NOW', allowed are EXPRESSION_MATCH_ONLY, EXPRESSION_MATCH_AND_DEPENDENCY_UPDATES_AVAILABLE"),
    ("schedule", lambda v: schedule(v, "auto_disable_failure_count"), 11, int, "schedule.auto_disable_failure_count is too large: got 11, allowed 1 to 10"),
    ("schedule", lambda v: schedule(v, "auto_disable_failure_count"), 0, int, "schedule.auto_disable_failure_count is too small: got 0, allowed 1 to 10"),
    ("workflows", lambda v: workflow(v, "workflow"), "web", str, f"workflows[0].workflow does not match the pattern: got 'web', allowed is {WORKFLOW}"),
    ("workflows", lambda v: workflow({"a": [v]}, "parameters"), 1, str, "workflows[0].parameters['a'][0] must be a string: got a value that is not shown"),
    ("workflows", lambda v: workflow({v: "a"}, "parameters"), "", str, "workflows[0].parameters[''] has a key that is too small: got 0 characters, allowed 1 to 128"),
    ("workflows", lambda v: workflow(v, "parallel_group"), "-", str, "workflows[0].parallel_group does not match the pattern: got '-', allowed is 1 to 100 letters, digits and -_+#, beginning with a letter or digit"),
    ("workflows", lambda v: workflow(v, "on_failure"), "STOP", str, "workflows[0].on_failure is not an allowed value: got 'STOP', allowed are CONTINUE, ABORT"),
    ("image_tests_enabled", lambda v: v, "yes", bool, "image_tests_enabled must be true or false: got 'yes'"),
    ("image_tests_timeout", lambda v: v, cdk.Duration.minutes(59), cdk.Duration, "image_tests_timeout is too small: got 59, allowed 60 to 1440"),
    ("image_tests_timeout", lambda v: v, cdk.Duration.minutes(1441), cdk.Duration, "image_tests_timeout is too large: got 1441, allowed 60 to 1440"),
    ("image_tests_timeout", lambda v: v, cdk.Duration.seconds(3601), cdk.Duration, "image_tests_timeout must be whole minutes: got 1 hour 1 second"),
    ("image_tests_timeout", lambda v: v, 60, cdk.Duration, "image_tests_timeout must be a Duration: got 60"),
    ("image_scanning_enabled", lambda v: v, 1, bool, "image_scanning_enabled must be true or false: got 1"),
    ("image_scanning_ecr_repository", lambda v: v, "", str, "image_scanning_ecr_repository is too small: got 0 characters, allowed 1 to 1024"),
    ("image_scanning_ecr_tags", lambda v: v, "latest", list, "image_scanning_ecr_tags must be a list: got 'latest'"),
    ("image_scanning_ecr_tags", lambda v: [v], "", str, "image_scanning_ecr_tags[0] is too small: got 0 characters, allowed 1 to 1024"),
    ("image_scanning_types", lambda v: v, ["TEST_INSTANCE_CVE"] * 2, list, "image_scanning_types is too large: got 2 items, allowed 1 to 1"),
    ("image_scanning_types", lambda v: [v], "AMI", str, "image_scanning_types[0] is not an allowed value: got 'AMI', allowed are TEST_INSTANCE_CVE, ON_DEMAND_AMI_CVE"),
    ("enhanced_image_metadata_enabled", lambda v: v, 0, bool, "enhanced_image_metadata_enabled must be true or false: got 0"),
    ("image_log_group", lambda v: v, "a b", str, f"image_log_group does not match the pattern: got ' ' in 'a b', allowed is {LOG_GROUP}"),
    ("image_pipeline_log_group", lambda v: v, "", str, "image_pipeline_log_group is too small: got 0 characters, allowed 1 to 512"),
    ("tags", lambda v: {v: "1"}, "aws:a", str, f"tags['aws:a'] has a key that does not match the pattern: got 'aws:a', allowed is {TAG}"),
    ("tags", lambda v: {"a": v}, "v" * 257, str, "tags['a'] is too large: got 257 characters, allowed at most 256"),
    ("image_tags", lambda v: {v: "1"}, "", str, "image_tags[''] has a key that is too small: got 0 characters, allowed 1 to 128"),
    ("image_tags", lambda v: {"a": v}, 1, str, "image_tags['a'] must be a string: got 1"),
]  # fmt: skip


@pytest.mark.parametrize(("prop", "put", "wrong", "message"), [(p, f, w, m) for p, f, w, _, m in CASES])
def test_wrong_literal_is_one_error_with_the_construct_path_and_the_prop(
    pipeline: Callable[..., ImagePipeline], prop: str, put: Callable[[Any], Any], wrong: Any, message: str
) -> None:
    with pytest.raises(ValueError, match=r"^ImagePipeline 'Stack/Web': ") as error:
        pipeline(**CONTAINER_RECIPE, **{prop: put(wrong)})
    assert str(error.value) == f"ImagePipeline 'Stack/Web': {message}"


@pytest.mark.parametrize(("prop", "put", "kind"), [(p, f, t) for p, f, _, t, _ in CASES])
def test_unresolved_token_in_the_same_place_passes(
    minimal: dict[str, Any], token: dict[type, Any], prop: str, put: Callable[[Any], Any], kind: type
) -> None:
    assert convert(ImagePipelineProps(**(minimal | CONTAINER_RECIPE | {prop: put(token[kind])})))[1] == []


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ({"maximum_severity_label": "CRITICAL"}, "scan_result_condition.maximum_severity_label is not an allowed value: got 'CRITICAL', allowed are INFORMATIONAL, LOW, MEDIUM, HIGH"),
        ({"maximum_severity_label": "LOW", "fix_available": "no"}, "scan_result_condition.fix_available must be true or false: got 'no'"),
        ({"maximum_severity_label": None, "fix_available": True}, "scan_result_condition.maximum_severity_label is missing"),
    ],
)  # fmt: skip
def test_wrong_condition_of_a_scan_is_named_by_its_field(
    pipeline: Callable[..., ImagePipeline], condition: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=r".") as error:
        pipeline(image_scanning_types=["ON_DEMAND_AMI_CVE"], scan_result_condition=ScanResultCondition(**condition))
    assert str(error.value) == f"ImagePipeline 'Stack/Web': {message}"


def test_scan_of_the_ami_reaches_the_function_with_its_condition(
    pipeline: Callable[..., ImagePipeline], properties: Callable[[], dict[str, Any]]
) -> None:
    condition = ScanResultCondition(maximum_severity_label=MaximumSeverityLabel.MEDIUM, fix_available=False)
    pipeline(
        image_scanning_enabled=True,
        image_scanning_types=[ImageScanningType.ON_DEMAND_AMI_CVE],
        scan_result_condition=condition,
    )
    assert properties()["ImageScanningConfiguration"] == {
        "ImageScanningEnabled": True,
        "ImageScanningTypes": ["ON_DEMAND_AMI_CVE"],
        "ScanResultCondition": {"MaximumSeverityLabel": "MEDIUM", "FixAvailable": False},
    }


@pytest.mark.parametrize(
    ("props", "message"),
    [
        ({"schedule": "rate(1 day)"}, "schedule must be an ImagePipelineSchedule: got 'rate(1 day)', write ImagePipelineSchedule(expression=...)"),
        ({"schedule": {"expression": "rate(1 day)"}}, "schedule must be an ImagePipelineSchedule: got a mapping, write ImagePipelineSchedule(expression=...)"),
        ({"schedule": {"colour": "red"}}, "schedule must be an ImagePipelineSchedule: got a mapping, write ImagePipelineSchedule(expression=...)"),
        ({"workflows": ["x"]}, "workflows[0] must be a WorkflowConfiguration: got 'x', write WorkflowConfiguration(workflow=...)"),
        ({"workflows": [{"workflow": "x", "parameters": {"a": "secret"}}]}, "workflows[0] must be a WorkflowConfiguration: got a mapping, write WorkflowConfiguration(workflow=...)"),
        ({"workflows": "x"}, "workflows must be a list: got 'x'"),
        ({"workflows": workflow("x", "parameters")}, "workflows[0].parameters must be a mapping of names and values: got a string"),
        ({"workflows": workflow([{"name": "a", "value": "secret"}], "parameters")}, "workflows[0].parameters must be a mapping of names and values: got a list"),
        ({"workflows": workflow({"a": 1}, "parameters")}, "workflows[0].parameters['a'] must be a list: got a value that is not shown"),
        (
            {"on_delete": "KEEP"},
            "on_delete is not an allowed value: got 'KEEP', allowed are DELETE, DISABLE, REFUSE_WHILE_BUILDING",
        ),
        ({"adopt_existing": "yes"}, "adopt_existing must be true or false: got 'yes'"),
        ({"provider": "arn"}, "provider must be an ImagePipelineProvider: got 'arn'"),
        ({"provider": {"timeout": 30}}, "provider must be an ImagePipelineProvider: got a mapping"),
        ({"tags": ["a"]}, "tags must be an object: got a list"),
        ({"tags": {f"k{i}": "" for i in range(49)}}, "tags is too large: got 49 entries, allowed 48, because the resource adds 2 owner tags"),
        ({"tags": {f"k{i}": "" for i in range(51)}}, "tags is too large: got 51 entries, allowed 48, because the resource adds 2 owner tags"),
        ({"tags": {"imagebuilder-pipeline:stack-id": "a"}}, "tags['imagebuilder-pipeline:stack-id'] is set by the resource itself: remove it"),
        ({"image_tags": {f"k{i}": "" for i in range(51)}}, "image_tags is too large: got 51 entries, allowed 1 to 50"),
        ({"recipe": "web"}, "recipe must be a recipe construct or the ARN of an image recipe or a container recipe: got 'web'"),
        ({"recipe": {"arn": "x"}}, "recipe must be a recipe construct or the ARN of an image recipe or a container recipe: got a mapping"),
        ({"recipe": None}, "recipe must be a recipe construct or the ARN of an image recipe or a container recipe: got nothing"),
        ({"recipe_type": RecipeType.CONTAINER}, "recipe is of type image: got recipe_type container, remove recipe_type"),
    ],
)  # fmt: skip
def test_wrong_object_is_named_with_what_is_wanted(
    pipeline: Callable[..., ImagePipeline], props: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=r".") as error:
        pipeline(**props)
    assert str(error.value) == f"ImagePipeline 'Stack/Web': {message}"


def test_recipe_arn_of_a_wrong_form_is_refused_with_the_part_that_is_wrong(
    pipeline: Callable[..., ImagePipeline],
) -> None:
    with pytest.raises(
        ValueError, match=r"^ImagePipeline 'Stack/Web': recipe does not match the pattern: got 'W' for the name in "
    ):
        pipeline(recipe=f"{ARN}:image-recipe/W")


def test_all_problems_are_in_one_error(pipeline: Callable[..., ImagePipeline]) -> None:
    with pytest.raises(ValueError, match=r".") as error:
        pipeline(recipe=5, description="", image_tests_timeout=cdk.Duration.minutes(5), tags={"aws:a": "1"}, schedule=3)
    head, *problems = str(error.value).split("\n- ")
    assert head == "ImagePipeline 'Stack/Web': 5 problems:"
    assert sorted(problem.split()[0] for problem in problems) == [
        "description", "image_tests_timeout", "recipe", "schedule", "tags['aws:a']",
    ]  # fmt: skip


def test_props_are_validated_by_the_pipeline_that_is_made_of_them(stack: cdk.Stack, minimal: dict[str, Any]) -> None:
    props = ImagePipelineProps(**minimal, description="")
    with pytest.raises(ValueError, match=r"^ImagePipeline 'Stack/Web': description is too small: got 0 characters"):
        ImagePipeline.from_props(stack, "Web", props)


def test_refused_pipeline_leaves_nothing_in_the_stack(stack: cdk.Stack, pipeline: Callable[..., ImagePipeline]) -> None:
    with pytest.raises(ValueError, match="description"):
        pipeline(description="")
    assert stack.node.children == []


def test_misspelt_missing_and_wrong_props_are_one_error_of_both_kinds(stack: cdk.Stack) -> None:
    untyped: Any = ImagePipeline
    with pytest.raises(TypeError) as error:
        untyped(stack, "Web", recipe=f"{ARN}:image-recipe/web/1.0.0", descripton="x", status="ON")
    assert isinstance(error.value, ValueError)
    assert str(error.value) == "\n- ".join(
        [
            "ImagePipeline 'Stack/Web': 3 problems:",
            "infrastructure_configuration is missing",
            "descripton is not a prop: did you mean description?",
            "status is not an allowed value: got 'ON', allowed are DISABLED, ENABLED",
        ]
    )


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("image_recipe_arn", "recipe"),
        ("imageRecipeArn", "recipe"),
        ("container_recipe_arn", "recipe"),
        ("infrastructure_configuration_arn", "infrastructure_configuration"),
        ("name", "image_pipeline_name"),
        ("desc", "description"),
        ("infra", "infrastructure_configuration"),
        ("tag", "tags"),
        ("recipe_tpye", "recipe_type"),
        ("timeout_minutes", "image_tests_timeout"),
        ("image_tests_configuration", "image_tests_enabled or image_tests_timeout"),
        ("logging_configuration", "image_log_group or image_pipeline_log_group"),
        ("timezone", "schedule=ImagePipelineSchedule(timezone=...)"),
        ("on_failure", "workflows=[WorkflowConfiguration(on_failure=...)]"),
    ],
)
def test_name_of_the_api_or_an_abbreviation_is_told_what_the_prop_is(
    pipeline: Callable[..., ImagePipeline], name: str, meant: str
) -> None:
    with pytest.raises(TypeError) as error:
        pipeline(**{name: "x"})
    assert str(error.value) == f"ImagePipeline 'Stack/Web': {name} is not a prop: did you mean {meant}?"


def test_prop_that_is_like_none_is_a_type_error_that_lists_all(pipeline: Callable[..., ImagePipeline]) -> None:
    with pytest.raises(TypeError, match=r"^ImagePipeline 'Stack/Web': qqq is not a prop: allowed are recipe, infrastr"):
        pipeline(qqq=1)


@pytest.mark.parametrize(
    "empty",
    [
        {"tags": {}},
        {"image_tags": {}},
        {"workflows": []},
        {"image_scanning_ecr_tags": []},
        {"image_scanning_types": []},
    ],
)
def test_empty_map_or_list_says_as_much_as_none(
    pipeline: Callable[..., ImagePipeline], properties: Callable[[], dict[str, Any]], empty: dict[str, Any]
) -> None:
    pipeline(**empty)
    assert properties().keys() == {"Name", "ImageRecipeArn", "InfrastructureConfigurationArn"}


@pytest.mark.parametrize(
    ("value", "texts"),
    [
        (WorkflowParameterValue.from_string("a"), ["a"]),
        (WorkflowParameterValue.from_string_list(["a", "b"]), ["a", "b"]),
        (WorkflowParameterValue.from_integer(3), ["3"]),
        (WorkflowParameterValue.from_boolean(value=False), ["false"]),
        (SimpleNamespace(value=["a"]), ["a"]),
        (("a", "b"), ["a", "b"]),
        ("true", ["true"]),
    ],
)
def test_parameter_values_are_lists_of_texts(
    pipeline: Callable[..., ImagePipeline], properties: Callable[[], dict[str, Any]], value: Any, texts: list[str]
) -> None:
    pipeline(workflows=workflow({"aName": value}, "parameters"))
    assert properties()["Workflows"][0]["Parameters"] == [{"Name": "aName", "Value": texts}]
