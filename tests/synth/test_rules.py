"""The rules across props: each told with the construct's path, none for a token, warnings where nothing is certain."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_events as events
from aws_cdk import aws_imagebuilder as imagebuilder
from aws_cdk.assertions import Annotations, Match
from support.apps import new_app

from cdk_imagebuilder_pipeline import (
    ImagePipeline,
    ImagePipelineProps,
    ImagePipelineSchedule,
    ImageScanningType,
    MaximumSeverityLabel,
    ScanResultCondition,
    WorkflowConfiguration,
    WorkflowOnFailure,
    WorkflowParameterValue,
    rules,
)
from cdk_imagebuilder_pipeline.request import convert

ARN = "arn:aws:imagebuilder:eu-west-1:123456789012"
BUILD = f"{ARN}:workflow/build/own/1.0.0"
TEST = f"{ARN}:workflow/test/smoke/1.0.0"
IN_ANY_PARTITION = f"arn:{cdk.Aws.PARTITION}:imagebuilder:{cdk.Aws.REGION}:{cdk.Aws.ACCOUNT_ID}:workflow"
CONTAINER = {"recipe": f"{ARN}:container-recipe/web/1.0.0"}
ON_DEMAND = {"image_scanning_types": [ImageScanningType.ON_DEMAND_AMI_CVE]}
INSTANCE = {"image_scanning_types": [ImageScanningType.TEST_INSTANCE_CVE]}
LOW = ScanResultCondition(maximum_severity_label=MaximumSeverityLabel.LOW)
TEXT = cdk.Fn.ref("Text")
TEXTS = cdk.Fn.split(",", TEXT)
BOOLEAN = cdk.Fn.condition_if("Condition", value_if_true=True, value_if_false=False)

Make = Callable[..., ImagePipeline]


def schedule(expression: Any, **members: Any) -> dict[str, Any]:
    return {"schedule": ImagePipelineSchedule(expression=expression, **members)}


def workflow(arn: Any, **members: Any) -> dict[str, Any]:
    return {"workflows": [WorkflowConfiguration(workflow=arn, **members)]}


def own_workflow(scope: cdk.Stack, kind: str) -> imagebuilder.CfnWorkflow:
    return imagebuilder.CfnWorkflow(scope, "Workflow", name="own", type=kind, version="1.0.0", data="{}")


@pytest.mark.parametrize(
    ("props", "problem"),
    [
        (schedule("cron(0 0 * * 0)"), "schedule.expression has 5 fields: got 'cron(0 0 * * 0)', allowed are 6, cron(<minute> <hour> <day of month> <month> <day of week> <year>): write cron(0 0 ? * SUN *)"),
        (schedule("rate(30 seconds)"), "schedule.expression is not a rate: got 'rate(30 seconds)', allowed is rate(<whole number> <minutes, hours or days>) of at least 1"),
        (schedule(events.Schedule.expression("cron(0 24 * * ? *)")), "schedule.expression has an invalid hour: got '24', allowed are 0 to 23 with , - * /"),
        (schedule(events.Schedule.cron(minute="61")), "schedule.expression has an invalid minute: got '61', allowed are 0 to 59 with , - * /"),
        (schedule(7), "schedule.expression must be a string: got 7"),
        (schedule("rate(1 day)", auto_disable_failure_count=2.5), "schedule.auto_disable_failure_count must be a whole number: got 2.5"),
        (schedule("rate(1 day)", auto_disable_failure_count=True), "schedule.auto_disable_failure_count must be a whole number: got true"),
        ({"image_tests_timeout": cdk.Duration.minutes(60.5)}, "image_tests_timeout must be whole minutes: got 1 hour 30 seconds"),
        ({"image_tests_enabled": False, "image_scanning_enabled": True}, "image_scanning_enabled requires image tests: got true while image_tests_enabled is false, enable tests or disable scanning"),
        (workflow("arn:aws:imagebuilder:eu-west-1:aws:workflow/test/test-image/1.0.1/1"), "workflows[0].workflow must have version x.x.x, because AWS manages the workflow: got '1.0.1/1', write arn:aws:imagebuilder:eu-west-1:aws:workflow/test/test-image/x.x.x"),
        (CONTAINER | ON_DEMAND, "image_scanning_types applies to image recipes only: got ON_DEMAND_AMI_CVE with recipe, remove it: container images are scanned in their repository"),
        ({"scan_result_condition": LOW}, "scan_result_condition requires a scan of the AMI itself: set image_scanning_types to ON_DEMAND_AMI_CVE, or remove it"),
        (INSTANCE | {"scan_result_condition": LOW}, "scan_result_condition requires a scan of the AMI itself: set image_scanning_types to ON_DEMAND_AMI_CVE, or remove it"),
        (ON_DEMAND | {"scan_result_condition": {"maximum_severity_label": "LOW"}}, "scan_result_condition must be a ScanResultCondition: got a mapping, write ScanResultCondition(maximum_severity_label=...)"),
    ],
)  # fmt: skip
def test_broken_rule_is_one_error_with_the_construct_path_and_the_way_out(
    pipeline: Make, props: dict[str, Any], problem: str
) -> None:
    with pytest.raises(ValueError, match=r".") as error:
        pipeline(**props)
    assert str(error.value) == f"ImagePipeline 'Stack/Web': {problem}"


@pytest.mark.parametrize(
    "props",
    [
        schedule(TEXT),
        schedule(f"cron(0 {TEXT} * * *)"),
        schedule(events.Schedule.expression(TEXT)),
        schedule("rate(1 day)", timezone=TEXT),
        schedule("rate(1 day)", timezone=f"Europe/{TEXT}"),
        schedule("rate(1 day)", timezone=cdk.TimeZone.of(TEXT)),
        schedule("rate(1 day)", auto_disable_failure_count=cdk.Token.as_number({"Ref": "Number"})),
        {"image_tests_enabled": BOOLEAN, "image_scanning_enabled": True},
        {"image_tests_enabled": False, "image_scanning_enabled": BOOLEAN},
        {"image_scanning_ecr_repository": TEXT},
        {"image_scanning_ecr_tags": TEXTS},
        {"image_scanning_ecr_tags": [TEXT]},
        workflow(TEXT, on_failure=WorkflowOnFailure.ABORT, parallel_group="a"),
        workflow(f"{IN_ANY_PARTITION}/{TEXT}/own/1.0.0", on_failure=WorkflowOnFailure.ABORT, parallel_group="a"),
        workflow(BUILD, on_failure=TEXT, parallel_group=TEXT),
        workflow(f"arn:aws:imagebuilder:eu-west-1:aws:workflow/test/test-image/{TEXT}"),
        {"image_scanning_types": TEXTS, "scan_result_condition": LOW},
        {"image_scanning_types": [TEXT], "scan_result_condition": LOW},
        CONTAINER | {"image_scanning_types": TEXTS},
    ],
)
def test_rule_passes_a_token_in_the_place_of_each_member(minimal: dict[str, Any], props: dict[str, Any]) -> None:
    assert convert(ImagePipelineProps(**(minimal | props)))[1] == []


@pytest.mark.parametrize(
    "props",
    [
        schedule(events.Schedule.rate(cdk.Duration.days(7))),
        schedule(events.Schedule.cron(minute="0", hour="8", week_day="MON#1")),
        schedule("rate(1 day)", timezone="UTC", auto_disable_failure_count=1),
        schedule("rate(1 day)", timezone="America/Argentina/ComodRivadavia"),
        schedule("rate(1 day)", timezone=cdk.TimeZone.EUROPE_BERLIN),
        {"image_tests_timeout": cdk.Duration.hours(24)},
        {"image_tests_timeout": cdk.Duration.seconds(3600)},
        {"image_tests_enabled": True, "image_scanning_enabled": True},
        {"image_tests_enabled": False, "image_scanning_enabled": False},
        {"image_scanning_enabled": True},
        CONTAINER | {"image_scanning_ecr_repository": "scans", "image_scanning_ecr_tags": ["latest"]},
        {"image_scanning_ecr_tags": []},
        workflow(TEST, on_failure=WorkflowOnFailure.ABORT, parallel_group="a"),
        workflow(f"{IN_ANY_PARTITION}/test/smoke/1.0.0", on_failure=WorkflowOnFailure.ABORT, parallel_group="a"),
        workflow("arn:aws:imagebuilder:eu-west-1:aws:workflow/build/build-image/x.x.x"),
        ON_DEMAND | {"scan_result_condition": LOW},
        CONTAINER | INSTANCE,
        {"tags": {f"k{i}": "" for i in range(48)}},
        {"image_tags": {f"k{i}": "" for i in range(50)}},
    ],
)
def test_props_at_the_edge_of_a_rule_are_taken(minimal: dict[str, Any], props: dict[str, Any]) -> None:
    assert convert(ImagePipelineProps(**(minimal | props)))[1] == []


def test_broken_rules_are_told_together_each_once(pipeline: Make) -> None:
    with pytest.raises(ValueError, match=r".") as error:
        pipeline(
            image_tests_enabled=False,
            image_scanning_enabled=True,
            scan_result_condition=LOW,
            **schedule("cron(60 24 * * ? *)", timezone="UT"),
            **workflow("arn:aws:imagebuilder:eu-west-1:aws:workflow/test/test-image/1.0.1"),
        )
    head, *problems = str(error.value).split("\n- ")
    assert head == "ImagePipeline 'Stack/Web': 6 problems:"
    assert sorted(problem.split()[0] for problem in problems) == [
        "image_scanning_enabled",
        "scan_result_condition",
        "schedule.expression",
        "schedule.expression",
        "schedule.timezone",
        "workflows[0].workflow",
    ]


@pytest.mark.parametrize("timezone", ["UT", "x" * 101])
def test_time_zone_that_the_model_refuses_is_told_once(pipeline: Make, timezone: str) -> None:
    with pytest.raises(ValueError, match=r"^ImagePipeline 'Stack/Web': schedule.timezone is too [^\n]*$"):
        pipeline(**schedule("rate(1 day)", timezone=timezone))


@pytest.fixture
def no_time_zones(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(rules, "available_timezones", set)
    rules._timezones.cache_clear()
    yield
    rules._timezones.cache_clear()


@pytest.mark.usefixtures("no_time_zones")
def test_machine_that_knows_no_time_zone_warns_of_none(stack: cdk.Stack, pipeline: Make) -> None:
    pipeline(**schedule("rate(1 day)", timezone="Europe/Lodnon"))
    assert warnings(stack) == []


def test_every_time_zone_of_the_cdk_is_known() -> None:
    zones = [zone for name in dir(cdk.TimeZone) if isinstance(zone := getattr(cdk.TimeZone, name), cdk.TimeZone)]
    assert len(zones) > 300
    assert {zone.timezone_name for zone in zones} <= rules._timezones()


REPOSITORIES = "got an image recipe, whose images are not stored in a repository, remove it"
ON_BUILDS = "the API reference says so, but published templates set it on build workflows"


@pytest.mark.parametrize(
    ("props", "warning", "message"),
    [
        (schedule("rate(1 day)", timezone="Europe/Lodnon"), "timezone-unknown", "schedule.timezone is not in the IANA time zone database of this machine: got 'Europe/Lodnon', allowed are names such as Europe/London or UTC: did you mean Europe/London?"),
        (schedule("rate(1 day)", timezone="europe/london"), "timezone-unknown", "schedule.timezone is not in the IANA time zone database of this machine: got 'europe/london', allowed are names such as Europe/London or UTC: did you mean Europe/London?"),
        (schedule("rate(1 day)", timezone=cdk.TimeZone.of("Mars/Base")), "timezone-unknown", "schedule.timezone is not in the IANA time zone database of this machine: got 'Mars/Base', allowed are names such as Europe/London or UTC"),
        ({"image_scanning_ecr_repository": "scans"}, "ecr-of-image-recipe", f"image_scanning_ecr_repository applies to container recipes only: {REPOSITORIES}"),
        ({"image_scanning_ecr_tags": ["latest"]}, "ecr-of-image-recipe", f"image_scanning_ecr_tags applies to container recipes only: {REPOSITORIES}"),
        (workflow(BUILD, on_failure=WorkflowOnFailure.ABORT), "on-failure-of-no-test", f"workflows[0].on_failure is for test workflows: got 'ABORT' for a build workflow: {ON_BUILDS}"),
        (workflow(f"{IN_ANY_PARTITION}/distribution/own/1.0.0", on_failure=WorkflowOnFailure.CONTINUE), "on-failure-of-no-test", f"workflows[0].on_failure is for test workflows: got 'CONTINUE' for a distribution workflow: {ON_BUILDS}"),
        (workflow(BUILD, parallel_group="a"), "parallel-group-of-no-test", "workflows[0].parallel_group is for test workflows: got 'a' for a build workflow: the API reference applies it to test workflows only"),
        ({"image_tests_timeout": cdk.Duration.hours(2)}, "tests-timeout-ignored", "image_tests_timeout has no effect, remove it: EC2 Image Builder ignores it (API reference of ImageTestsConfiguration)"),
        ({"image_tests_timeout": cdk.Duration.minutes(cdk.Token.as_number({"Ref": "Minutes"}))}, "tests-timeout-ignored", "image_tests_timeout has no effect, remove it: EC2 Image Builder ignores it (API reference of ImageTestsConfiguration)"),
    ],
)  # fmt: skip
def test_doubt_is_a_warning_that_is_silent_once_acknowledged(
    stack: cdk.Stack, pipeline: Make, props: dict[str, Any], warning: str, message: str
) -> None:
    pipeline(**props)
    key = f"cdk-imagebuilder-pipeline:{warning}"
    assert warnings(stack) == [("/Stack/Web", f"{message} [ack: {key}]")]
    other = cdk.Stack(new_app(), "Other")
    cdk.Annotations.of(pipeline(scope=other, **props)).acknowledge_warning(key, "it runs")
    assert warnings(other) == []


@pytest.mark.parametrize(
    "props",
    [
        schedule("rate(1 day)", timezone=TEXT),
        {"image_scanning_ecr_repository": TEXT},
        {"image_scanning_ecr_tags": TEXTS},
        {"image_scanning_ecr_tags": [TEXT]},
        CONTAINER | {"image_scanning_ecr_repository": "scans", "image_scanning_ecr_tags": ["latest"]},
        workflow(BUILD, on_failure=TEXT, parallel_group=TEXT),
        workflow(TEST, on_failure=WorkflowOnFailure.ABORT, parallel_group="a"),
        workflow(TEXT, on_failure=WorkflowOnFailure.ABORT, parallel_group="a"),
        {"image_tests_enabled": True},
    ],
)
def test_token_or_documented_value_warns_of_nothing(stack: cdk.Stack, pipeline: Make, props: dict[str, Any]) -> None:
    pipeline(**props)
    assert warnings(stack) == []


def test_repository_that_is_a_construct_warns_for_an_image_recipe_only(stack: cdk.Stack, pipeline: Make) -> None:
    repository = ecr.Repository(stack, "Scans")
    pipeline("Image", image_scanning_ecr_repository=repository)
    pipeline("Container", image_scanning_ecr_repository=repository, **CONTAINER)
    assert [path for path, _ in warnings(stack)] == ["/Stack/Image"]


@pytest.mark.parametrize("member", [{"on_failure": WorkflowOnFailure.ABORT}, {"parallel_group": "a"}])
@pytest.mark.parametrize(("kind", "warned"), [("BUILD", 1), ("TEST", 0), (TEXT, 0)])
def test_type_of_a_workflow_is_read_from_its_construct(
    stack: cdk.Stack, pipeline: Make, member: dict[str, Any], kind: str, warned: int
) -> None:
    pipeline(**workflow(own_workflow(stack, kind), **member))
    assert len(warnings(stack)) == warned


DAYS = "cdk-imagebuilder-pipeline:schedule-days"
UNDOCUMENTED = "cdk-imagebuilder-pipeline:schedule-undocumented"


def warnings(stack: cdk.Stack) -> list[tuple[str, str]]:
    found = Annotations.from_stack(stack).find_warning("*", Match.any_value())
    return [(message.id, str(message.entry.data)) for message in found]


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        (
            "cron(0 0 * * SUN *)",
            "schedule.expression must have ? in exactly one of day of month and day of week: got 'cron(0 0 * * SUN *)', write "
            "cron(0 0 ? * SUN *): the EC2 Image Builder user guide requires it, but its examples omit it "
            f"[ack: {DAYS}]",
        ),
        (
            "rate(1 days)",
            "schedule.expression has a unit that does not match its number: write rate(1 day): no documentation "
            f"states whether EC2 Image Builder accepts it [ack: {UNDOCUMENTED}]",
        ),
    ],
)
def test_contested_schedule_is_a_warning_that_says_how_to_acknowledge_it(
    stack: cdk.Stack, pipeline: Make, properties: Callable[[], dict[str, Any]], expression: str, message: str
) -> None:
    pipeline(**schedule(expression))
    assert warnings(stack) == [("/Stack/Web", message)]
    assert properties()["Schedule"] == {"ScheduleExpression": expression}


@pytest.mark.parametrize(
    ("expression", "warning"), [("cron(0 0 * * SUN *)", DAYS), ("cron(0 0 LW * ? *)", UNDOCUMENTED)]
)
def test_acknowledged_warning_is_silent(stack: cdk.Stack, pipeline: Make, expression: str, warning: str) -> None:
    made = pipeline(**schedule(expression))
    cdk.Annotations.of(made).acknowledge_warning(warning, "it runs")
    assert warnings(stack) == []


@pytest.mark.parametrize(
    "props",
    [
        {},
        schedule("cron(0 0 ? * SUN *)"),
        schedule(TEXT),
        schedule(f"cron(0 {TEXT} * * SUN *)"),
        schedule(events.Schedule.cron()),
    ],
)
def test_documented_or_unresolved_schedule_warns_of_nothing(
    stack: cdk.Stack, pipeline: Make, props: dict[str, Any]
) -> None:
    pipeline(**props)
    assert warnings(stack) == []


@pytest.mark.parametrize("name", ["my pipe", "MY_PIPE", "My-Pipe", "my-pipe"])
def test_name_that_is_the_same_to_the_service_names_both_constructs(pipeline: Make, name: str) -> None:
    pipeline("One", image_pipeline_name="my-pipe")
    with pytest.raises(ValueError, match=r".") as error:
        pipeline("Two", image_pipeline_name=name)
    assert str(error.value) == (
        f"ImagePipeline 'Stack/Two': image_pipeline_name is taken: got {name!r}, which the service keeps as 'my-pipe', "
        "as it does that of 'Stack/One': give one of them another"
    )


def test_name_that_is_another_ones_generated_name_is_refused(
    pipeline: Make, properties: Callable[[], dict[str, Any]]
) -> None:
    pipeline("One")
    with pytest.raises(ValueError, match=r"^ImagePipeline 'Stack/Two': image_pipeline_name is taken: .*'Stack/One'"):
        pipeline("Two", image_pipeline_name=properties()["Name"].upper())


def test_name_in_a_nested_stack_is_that_of_its_parent(stack: cdk.Stack, pipeline: Make) -> None:
    pipeline("One", image_pipeline_name="my-pipe")
    inner = cdk.NestedStack(cdk.NestedStack(stack, "Nested"), "Inner")
    with pytest.raises(ValueError, match=r"^ImagePipeline 'Stack/Nested/Inner/Two': .*'Stack/One'"):
        pipeline("Two", scope=inner, image_pipeline_name="My Pipe")


def test_names_that_are_tokens_may_be_equal(pipeline: Make) -> None:
    for construct_id in ("One", "Two"):
        pipeline(construct_id, image_pipeline_name=TEXT)


def test_names_in_two_stacks_may_be_equal(app: cdk.App, pipeline: Make) -> None:
    for stack_id in ("A", "B"):
        pipeline(scope=cdk.Stack(app, stack_id), image_pipeline_name="my-pipe")


def test_names_in_two_apps_may_be_equal(minimal: dict[str, Any]) -> None:
    for _ in range(2):
        stack = cdk.Stack(new_app(), "Stack")
        ImagePipeline(stack, "Web", **minimal, image_pipeline_name="my-pipe")


def test_name_of_a_pipeline_that_was_taken_out_of_the_stack_is_free(stack: cdk.Stack, pipeline: Make) -> None:
    pipeline("One", image_pipeline_name="my-pipe")
    assert stack.node.try_remove_child("One")
    pipeline("Two", image_pipeline_name="my-pipe")


def test_integer_parameter_that_is_a_token_is_rendered_as_what_it_stands_for(stack: cdk.Stack) -> None:
    number = cdk.Token.as_number({"Ref": "Number"})
    assert stack.resolve(WorkflowParameterValue.from_integer(number).value) == [{"Ref": "Number"}]


@pytest.mark.parametrize("wrong", [1.5, True, "3", None])
def test_integer_parameter_that_is_none_is_a_type_error(wrong: Any) -> None:
    with pytest.raises(TypeError) as error:
        WorkflowParameterValue.from_integer(wrong)
    assert str(error.value) == f"WorkflowParameterValue.from_integer: value must be a whole number: got {wrong!r}"


@pytest.mark.parametrize("wrong", [1, "true", None])
def test_boolean_parameter_that_is_none_is_a_type_error(wrong: Any) -> None:
    with pytest.raises(TypeError) as error:
        WorkflowParameterValue.from_boolean(wrong)
    assert str(error.value) == f"WorkflowParameterValue.from_boolean: value must be true or false: got {wrong!r}"


@pytest.mark.parametrize(
    "props",
    [
        workflow(TEST),
        {"image_log_group": "/my/logs"},
        {"image_pipeline_log_group": "/my/logs"},
        workflow(TEST) | {"execution_role": "builder"},
        {"image_log_group": "/my/logs", "execution_role": TEXT},
    ],
)
def test_what_needs_a_role_reaches_the_function_with_one(
    pipeline: Make, properties: Callable[[], dict[str, Any]], props: dict[str, Any]
) -> None:
    pipeline(**props)
    assert "ExecutionRole" in properties()


@pytest.mark.parametrize("prop", ["image_log_group", "image_pipeline_log_group"])
def test_log_group_of_the_service_needs_no_role(
    pipeline: Make, properties: Callable[[], dict[str, Any]], prop: str
) -> None:
    pipeline(**{prop: "/aws/imagebuilder/web"})
    assert "ExecutionRole" not in properties()


HERE = cdk.Environment(account="123456789012", region="eu-west-1")
THERE = "arn:aws:imagebuilder:us-east-1:210987654321"


def warned(app: cdk.App, env: cdk.Environment | None, minimal: dict[str, Any], props: dict[str, Any]) -> list[str]:
    """Return the ids of warnings of a pipeline in a stack of an environment, with the props that they begin with."""
    made = ImagePipeline(cdk.Stack(app, "Placed", env=env), "Web", **(minimal | props))
    found = [str(one.data) for one in made.node.metadata if one.type == "aws:cdk:warning"]
    return [f"{one.split()[0]} {re.findall('pipeline:([a-z-]+)', one)[0]}" for one in found]


@pytest.mark.parametrize(
    ("props", "expected"),
    [
        ({}, []),
        ({"recipe": f"{THERE}:image-recipe/web/1.0.0"}, ["recipe other-region"]),
        ({"recipe": "arn:aws:imagebuilder:eu-west-1:210987654321:image-recipe/web/1.0.0"}, []),
        (
            {"infrastructure_configuration": f"{THERE}:infrastructure-configuration/web"},
            ["infrastructure_configuration other-region", "infrastructure_configuration other-account"],
        ),
        (
            {
                "distribution_configuration": "arn:aws:imagebuilder:eu-west-1:210987654321:distribution-configuration/web"
            },
            ["distribution_configuration other-account"],
        ),
        ({"execution_role": "arn:aws:iam::210987654321:role/build"}, ["execution_role other-account"]),
        ({"execution_role": "build"}, []),
        (
            {
                "workflows": [WorkflowConfiguration(workflow=f"{THERE}:workflow/test/web/1.0.0")],
                "execution_role": "build",
            },
            ["workflows[0].workflow other-region", "workflows[0].workflow other-account"],
        ),
        (
            {
                "workflows": [
                    WorkflowConfiguration(workflow="arn:aws:imagebuilder:eu-west-1:aws:workflow/test/web/x.x.x")
                ],
                "execution_role": "build",
            },
            [],
        ),
        ({"recipe": f"arn:aws:imagebuilder:{cdk.Aws.REGION}:123456789012:image-recipe/web/1.0.0"}, []),
    ],
)
def test_arn_of_another_region_or_account_is_a_warning_where_both_are_known(
    app: cdk.App, minimal: dict[str, Any], props: dict[str, Any], expected: list[str]
) -> None:
    assert warned(app, HERE, minimal, props) == expected
    assert warned(new_app(), None, minimal, props) == []


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        ("CEST", "CEST is an abbreviation used in Europe/Berlin"),
        ("PDT", "PDT is an abbreviation used in America/Los_Angeles"),
        ("Europe/Lodnon", "did you mean Europe/London?"),
    ],
)
def test_time_zone_that_is_not_known_is_explained_and_never_by_another_zone(
    stack: cdk.Stack, pipeline: Make, zone: str, said: str
) -> None:
    made = pipeline(schedule=ImagePipelineSchedule(expression="rate(1 day)", timezone=zone))
    (found,) = (str(one.data) for one in made.node.metadata if one.type == "aws:cdk:warning")
    assert said in found


def test_time_zone_that_is_like_none_gets_no_suggestion(stack: cdk.Stack, pipeline: Make) -> None:
    made = pipeline(schedule=ImagePipelineSchedule(expression="rate(1 day)", timezone="QQQQ"))
    (found,) = (str(one.data) for one in made.node.metadata if one.type == "aws:cdk:warning")
    assert "allowed are names such as Europe/London or UTC [ack:" in found
