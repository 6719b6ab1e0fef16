"""The whole template of the minimal and of the full pipeline, compared with a file."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk.assertions import Template
from support.apps import new_app

from cdk_imagebuilder_pipeline import (
    ImagePipeline,
    ImagePipelineOnDelete,
    ImagePipelineProps,
    ImagePipelineSchedule,
    ImagePipelineStatus,
    ImageScanningType,
    MaximumSeverityLabel,
    ScanResultCondition,
    ScheduleStartCondition,
    WorkflowConfiguration,
    WorkflowOnFailure,
    WorkflowParameterValue,
)
from imagebuilder_model import Shape, load_model

HERE = Path(__file__).parent
ARN = "arn:aws:imagebuilder:eu-west-1:123456789012"
SHARED = [
    "AWS::IAM::Policy",
    "AWS::IAM::Role",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Lambda::Function",
    "AWS::Logs::LogGroup",
    "AWS::SQS::Queue",
    "AWS::SQS::QueuePolicy",
]


def full_props(stack: cdk.Stack) -> ImagePipelineProps:
    return ImagePipelineProps(
        recipe=f"{ARN}:container-recipe/web/1.x.x",
        infrastructure_configuration=f"{ARN}:infrastructure-configuration/web",
        image_pipeline_name="Web Server_1",
        description="Web servers",
        distribution_configuration=f"{ARN}:distribution-configuration/web",
        execution_role=iam.Role.from_role_arn(stack, "ExecutionRole", "arn:aws:iam::123456789012:role/build"),
        status=ImagePipelineStatus.DISABLED,
        schedule=ImagePipelineSchedule(
            expression=events.Schedule.cron(minute="0", hour="8", week_day="MON"),
            timezone=cdk.TimeZone.EUROPE_BERLIN,
            start_condition=ScheduleStartCondition.EXPRESSION_MATCH_ONLY,
            auto_disable_failure_count=3,
        ),
        workflows=[
            WorkflowConfiguration(workflow="arn:aws:imagebuilder:eu-west-1:aws:workflow/build/build-container/x.x.x"),
            WorkflowConfiguration(
                workflow=f"{ARN}:workflow/test/smoke/1.0.0",
                parameters={
                    "fast": WorkflowParameterValue.from_boolean(value=True),
                    "kinds": ["a", "b"],
                    "url": "https://example.org",
                },
                parallel_group="tests",
                on_failure=WorkflowOnFailure.CONTINUE,
            ),
        ],
        image_tests_enabled=True,
        image_tests_timeout=cdk.Duration.hours(2),
        image_scanning_enabled=True,
        image_scanning_ecr_repository=ecr.Repository.from_repository_name(stack, "Repository", "scans"),
        image_scanning_ecr_tags=["latest"],
        enhanced_image_metadata_enabled=False,
        image_log_group=logs.LogGroup.from_log_group_name(stack, "ImageLogs", "/aws/imagebuilder/web"),
        image_pipeline_log_group="/aws/imagebuilder/pipeline/web",
        tags={"team": "web", "lowerKey": "1"},
        image_tags={"os": "linux"},
        adopt_existing=True,
        on_delete=ImagePipelineOnDelete.DISABLE,
    )


def template_of(stack: cdk.Stack) -> dict[str, Any]:
    """Return the resources, with the hash of the code, which changes with the code, taken out."""
    resources: dict[str, Any] = Template.from_stack(stack).to_json()["Resources"]
    for resource in resources.values():
        if resource["Type"] == "AWS::Lambda::Function":
            resource["Properties"]["Code"]["S3Key"] = "<hash>.zip"
    return resources


def expected(name: str) -> dict[str, Any]:
    template: dict[str, Any] = json.loads((HERE / f"{name}.template.json").read_text(encoding="utf-8"))
    return template


def test_minimal_pipeline_renders_exactly_this_template(
    stack: cdk.Stack, pipeline: Callable[..., ImagePipeline]
) -> None:
    pipeline()
    assert template_of(stack) == expected("minimal")


def test_full_pipeline_renders_exactly_this_template(stack: cdk.Stack) -> None:
    ImagePipeline.from_props(stack, "Web", full_props(stack))
    assert template_of(stack) == expected("full")


@pytest.mark.parametrize("name", ["minimal", "full"])
def test_template_has_one_resource_for_the_pipeline_and_seven_that_all_share(name: str) -> None:
    types = sorted(resource["Type"] for resource in expected(name).values())
    assert types == [*SHARED, "Custom::ImagePipeline"]


def paths(shape: Shape, prefix: str = "") -> set[str]:
    """Return the dotted path of every leaf of a shape, spelt as in a template."""
    shapes = load_model().shapes
    if shape.type == "list" and shape.element:
        return paths(shapes[shape.element], prefix)
    if shape.type != "structure":
        return {prefix}
    return {
        path
        for name, member in shape.members.items()
        for path in paths(shapes[member.shape], f"{prefix}.{name[0].upper()}{name[1:]}".lstrip("."))
    }


def rendered(value: object, maps: set[str], prefix: str = "") -> set[str]:
    if isinstance(value, list):
        return {path for item in value for path in rendered(item, maps, prefix)}
    if not isinstance(value, dict) or prefix in maps:
        return {prefix}
    return {path for name, item in value.items() for path in rendered(item, maps, f"{prefix}.{name}".lstrip("."))}


def test_minimal_full_and_scanned_pipeline_render_every_member_of_the_model_and_no_other(
    stack: cdk.Stack, pipeline: Callable[..., ImagePipeline]
) -> None:
    members = paths(load_model().input_of("CreateImagePipeline")) - {"ClientToken", "DryRun"}
    # The condition of a scan is for image recipes, and the full pipeline has a container recipe.
    pipeline(
        image_scanning_enabled=True,
        image_scanning_types=[ImageScanningType.ON_DEMAND_AMI_CVE],
        scan_result_condition=ScanResultCondition(
            maximum_severity_label=MaximumSeverityLabel.HIGH, fix_available=False
        ),
    )
    (scanned,) = Template.from_stack(stack).find_resources("Custom::ImagePipeline").values()
    found = rendered(scanned["Properties"], {"Tags", "ImageTags"})
    for name in ("minimal", "full"):
        (resource,) = (r for r in expected(name).values() if r["Type"] == "Custom::ImagePipeline")
        found |= rendered(resource["Properties"], {"Tags", "ImageTags"})
    assert found == members | {"ServiceToken.Fn::GetAtt", "ServiceTimeout", "AdoptExisting", "OnDelete"}


def test_from_props_renders_what_keywords_do(minimal: dict[str, Any]) -> None:
    by_props = cdk.Stack(new_app(), "Stack")
    by_keywords = cdk.Stack(new_app(), "Stack")
    ImagePipeline.from_props(by_props, "Web", ImagePipelineProps(**minimal))
    ImagePipeline(by_keywords, "Web", **minimal)
    assert template_of(by_props) == template_of(by_keywords)


def test_scope_and_id_may_be_keywords_at_run_time(stack: cdk.Stack, minimal: dict[str, Any]) -> None:
    make: Any = ImagePipeline
    assert make(scope=stack, id="Web", **minimal).node.path == "Stack/Web"
