"""Property sets that are public and not contested pass: the function's reader, the construct, and the rule for cfn-lint."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Template
from support.author import ROOT
from support.public_pipelines import REFUSED_BY_THE_SERVICE, UNCONTESTED, properties_of, schedule

from cdk_imagebuilder_pipeline import (
    ImagePipeline,
    ImagePipelineSchedule,
    ImagePipelineStatus,
    ScheduleStartCondition,
    WorkflowConfiguration,
    WorkflowOnFailure,
)
from imagebuilder_pipeline_handler.imagebuilder.invalid import PropertiesError
from imagebuilder_pipeline_handler.pipeline.properties import desired

SETS = [pytest.param(properties_of(more), id=name) for name, more in UNCONTESTED.items()]


def test_sets_are_forty_at_least_and_each_is_another() -> None:
    texts = {json.dumps(properties_of(more), sort_keys=True) for more in UNCONTESTED.values()}
    assert len(texts) == len(UNCONTESTED) >= 40


@pytest.mark.parametrize("properties", SETS)
def test_function_takes_the_set(properties: dict[str, Any]) -> None:
    assert desired({"ServiceToken": "arn:x"} | as_cloudformation_sends(properties)).name == properties["Name"]


@pytest.mark.parametrize("properties", SETS)
def test_construct_says_the_same_as_the_set(properties: dict[str, Any]) -> None:
    stack = cdk.Stack(cdk.App(), "Stack")
    ImagePipeline(stack, "Golden", **props_of(properties))
    (made,) = Template.from_stack(stack).find_resources("Custom::ImagePipeline").values()
    assert desired(made["Properties"]).request == desired(properties).request


def test_rule_for_cfn_lint_finds_nothing_in_any_set(tmp_path: Path) -> None:
    done = lint(tmp_path, [properties_of(more) for more in UNCONTESTED.values()])
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize(("expression", "right"), REFUSED_BY_THE_SERVICE.values(), ids=REFUSED_BY_THE_SERVICE)
def test_what_the_service_refuses_is_refused_with_what_to_write(expression: str, right: str) -> None:
    with pytest.raises(PropertiesError, match="has 5 fields") as error:
        desired(properties_of(schedule(expression)))
    assert str(error.value).endswith(f": write {right}")
    assert desired(properties_of(schedule(right))).request["schedule"] == {"scheduleExpression": right}


def as_cloudformation_sends(value: Any) -> Any:
    """Return properties as they reach a function: every scalar is a text."""
    match value:
        case dict():
            return {name: as_cloudformation_sends(item) for name, item in value.items()}
        case list():
            return [as_cloudformation_sends(item) for item in value]
        case bool():
            return str(value).lower()
        case _:
            return str(value)


def props_of(properties: dict[str, Any]) -> dict[str, Any]:
    """Write a property set in Python."""
    tests = properties.get("ImageTestsConfiguration", {})
    scanning = properties.get("ImageScanningConfiguration", {})
    ecr = scanning.get("EcrConfiguration", {})
    logs = properties.get("LoggingConfiguration", {})
    minutes = tests.get("TimeoutMinutes")
    return {
        "image_pipeline_name": properties["Name"],
        "recipe": properties.get("ImageRecipeArn") or properties["ContainerRecipeArn"],
        "infrastructure_configuration": properties["InfrastructureConfigurationArn"],
        "distribution_configuration": properties.get("DistributionConfigurationArn"),
        "description": properties.get("Description"),
        "execution_role": properties.get("ExecutionRole"),
        "status": ImagePipelineStatus(properties["Status"]) if "Status" in properties else None,
        "schedule": schedule_of(properties["Schedule"]) if "Schedule" in properties else None,
        "workflows": [workflow_of(workflow) for workflow in properties.get("Workflows", ())],
        "image_tests_enabled": truth(tests.get("ImageTestsEnabled")),
        "image_tests_timeout": None if minutes is None else cdk.Duration.minutes(minutes),
        "image_scanning_enabled": truth(scanning.get("ImageScanningEnabled")),
        "image_scanning_ecr_repository": ecr.get("RepositoryName"),
        "image_scanning_ecr_tags": ecr.get("ContainerTags"),
        "enhanced_image_metadata_enabled": truth(properties.get("EnhancedImageMetadataEnabled")),
        "image_log_group": logs.get("ImageLogGroupName"),
        "image_pipeline_log_group": logs.get("PipelineLogGroupName"),
        "tags": properties.get("Tags"),
        "image_tags": properties.get("ImageTags"),
    }


def schedule_of(properties: dict[str, Any]) -> ImagePipelineSchedule:
    condition = properties.get("PipelineExecutionStartCondition")
    return ImagePipelineSchedule(
        expression=properties["ScheduleExpression"],
        timezone=properties.get("Timezone"),
        start_condition=None if condition is None else ScheduleStartCondition(condition),
        auto_disable_failure_count=properties.get("AutoDisablePolicy", {}).get("FailureCount"),
    )


def workflow_of(properties: dict[str, Any]) -> WorkflowConfiguration:
    on_failure = properties.get("OnFailure")
    return WorkflowConfiguration(
        workflow=properties["WorkflowArn"],
        parameters={each["Name"]: each["Value"] for each in properties.get("Parameters", ())},
        parallel_group=properties.get("ParallelGroup"),
        on_failure=None if on_failure is None else WorkflowOnFailure(on_failure.upper()),
    )


def truth(value: object) -> bool | None:
    return None if value is None else str(value).lower() == "true"


def lint(folder: Path, sets: list[dict[str, Any]]) -> subprocess.CompletedProcess[str]:
    """Look at one template with a pipeline for each set, as the documentation calls cfn-lint."""
    token = {"Fn::ImportValue": "ImagePipelineServiceToken"}
    resources = {
        f"Pipeline{index}": {"Type": "Custom::ImagePipeline", "Properties": {"ServiceToken": token} | properties}
        for index, properties in enumerate(sets)
    }
    (folder / "template.json").write_text(json.dumps({"Resources": resources}))
    program = Path(sys.executable).parent / "cfn-lint"
    rules = ROOT / "cloudformation" / "rules"
    command = [str(program), "--region", "us-west-2", "--append-rules", str(rules), "--", str(folder / "template.json")]
    return subprocess.run(command, capture_output=True, text=True, check=False)
