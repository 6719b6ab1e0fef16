"""The schemas: what the service model generates, and the errors that cfn-lint and editors make of it."""

import importlib
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.author import ROOT

from imagebuilder_model import check

REGISTRY = "schema/custom-imagepipeline.json"
EDITOR = "editor/template.schema.json"
ARN = "arn:aws:imagebuilder:eu-west-1:111122223333:"
CFN_LINT = str(Path(sys.executable).parent / "cfn-lint")
LINT = (CFN_LINT, "--region", "eu-west-1", "--append-rules", str(ROOT / "cloudformation" / "rules"))

GOOD: dict[str, Any] = {
    "ServiceToken": {"Fn::ImportValue": "ImagePipelineServiceToken"},
    "ServiceTimeout": 1080,
    "AdoptExisting": "true",
    "Name": {"Ref": "Name"},
    "Description": "weekly",
    "ImageRecipeArn": {"Fn::If": ["IsImage", f"{ARN}image-recipe/web/1.0.0", {"Ref": "AWS::NoValue"}]},
    "ContainerRecipeArn": {"Fn::If": ["IsImage", {"Ref": "AWS::NoValue"}, f"{ARN}container-recipe/web/1.0.x"]},
    "InfrastructureConfigurationArn": {
        "Fn::Sub": "arn:${AWS::Partition}:imagebuilder:${AWS::Region}:${AWS::AccountId}:infrastructure-configuration/web"
    },
    "ImageTestsConfiguration": {"ImageTestsEnabled": True, "TimeoutMinutes": "60"},
    "EnhancedImageMetadataEnabled": "false",
    "Schedule": {
        "ScheduleExpression": "rate(7 days)",
        "Timezone": "Europe/London",
        "AutoDisablePolicy": {"FailureCount": 3},
    },
    "ImageScanningConfiguration": {
        "ImageScanningEnabled": "true",
        "ImageScanningTypes": ["on_demand_ami_cve"],
        "ScanResultCondition": {"MaximumSeverityLabel": "Low", "FixAvailable": False},
    },
    "Status": "ENABLED",
    "Tags": {"team": "web", "cost": 7},
    "ImageTags": {},
    "ExecutionRole": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/builder"},
    "Workflows": [
        {
            "WorkflowArn": "arn:aws:imagebuilder:eu-west-1:aws:workflow/test/image/x.x.x",
            "Parameters": [{"Name": "wait", "Value": ["true"]}],
            "ParallelGroup": "tests",
            "OnFailure": "Abort",
        }
    ],
    "LoggingConfiguration": {"ImageLogGroupName": {"Ref": "Name"}},
}


def template(**changes: Any) -> dict[str, Any]:
    """Return a template with a good pipeline, changed; None leaves a property out."""
    properties = {name: value for name, value in (GOOD | changes).items() if value is not None}
    return {
        "Parameters": {"Name": {"Type": "String"}},
        "Conditions": {"IsImage": {"Fn::Equals": [{"Ref": "Name"}, "image"]}},
        "Resources": {"Pipeline": {"Type": "Custom::ImagePipeline", "Properties": properties}},
    }


def lint(folder: Path, *templates: dict[str, Any]) -> list[list[str]]:
    """Return the errors that cfn-lint finds in each template, as it is called in the documentation."""
    files = [folder / f"{index}.json" for index in range(len(templates))]
    for file, content in zip(files, templates, strict=True):
        file.write_text(json.dumps(content))
    command = [*LINT, "--format", "json", "--", *map(str, files)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode in {0, 2}, done.stderr
    found: dict[str, list[str]] = {str(file): [] for file in files}
    for match in json.loads(done.stdout):
        found[match["Filename"]].append(f"{match['Rule']['Id']} {match['Message']}")
    return [found[str(file)] for file in files]


def test_committed_schemas_are_what_the_model_generates() -> None:
    script = (
        "import json; from tools import pipeline_schema as made; "
        "schemas = {str(one.file): made.to_text(made.registry_schema(one)) for one in made.RESOURCES}; "
        "print(json.dumps(schemas | {str(made.EDITOR): made.to_text(made.editor_schema())}))"
    )
    environment = {"PYTHONPATH": f"{ROOT / 'lambda'}:{ROOT}"}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    for path, generated in json.loads(done.stdout).items():
        assert generated == (ROOT / path).read_text(encoding="utf-8"), "run `python -m tools.pipeline_schema`"


def test_good_template_has_no_finding(tmp_path: Path) -> None:
    assert lint(tmp_path, template(), template(Status={"Ref": "Name"})) == [[], []]


def test_each_mistake_is_found_by_cfn_lint(tmp_path: Path) -> None:
    mistakes: list[tuple[dict[str, Any], str]] = [
        ({"Nmae": "x"}, "Additional properties are not allowed ('Nmae' was unexpected"),
        ({"Arn": "x"}, "Additional properties are not allowed ('Arn' was unexpected"),
        ({"ClientToken": "x"}, "Additional properties are not allowed ('ClientToken' was unexpected"),
        ({"DryRun": True}, "Additional properties are not allowed ('DryRun' was unexpected"),
        ({"Name": None}, "'Name' is a required property"),
        ({"Name": "ab"}, "'ab' does not match"),
        ({"InfrastructureConfigurationArn": None}, "'InfrastructureConfigurationArn' is a required property"),
        ({"InfrastructureConfigurationArn": f"{ARN}image-recipe/web/1.0.0"}, "does not match"),
        ({"ImageRecipeArn": f"{ARN}image-recipe/web/1.0.0"}, "Only one of ['ImageRecipeArn', 'ContainerRecipeArn']"),
        ({"Status": "ON"}, "'on' is not one of ['disabled', 'enabled']"),
        ({"EnhancedImageMetadataEnabled": "ture"}, "'ture' is not of type 'boolean'"),
        ({"ImageTestsConfiguration": {"TimeoutMinutes": "59"}}, "'59' is less than the minimum of 60"),
        ({"ImageTestsConfiguration": {"TimeoutMinutes": 1441}}, "1441 is greater than the maximum of 1440"),
        ({"Schedule": {"ScheduleExpression": "cron(0 6 * * ?)"}}, "'cron(0 6 * * ?)' does not match"),
        ({"Schedule": {"ScheduleExpression": "weekly"}}, "'weekly' does not match"),
        ({"Schedule": {"AutoDisablePolicy": {}}}, "'FailureCount' is a required property"),
        (
            {"ImageScanningConfiguration": {"ImageScanningTypes": ["AMI"]}},
            "'ami' is not one of ['test_instance_cve', 'on",
        ),
        (
            {"ImageScanningConfiguration": {"ImageScanningTypes": ["TEST_INSTANCE_CVE"] * 2}},
            "expected maximum item count: 1",
        ),
        ({"ImageScanningConfiguration": {"ScanResultCondition": {}}}, "'MaximumSeverityLabel' is a required property"),
        ({"Tags": {"aws:x": "y"}}, "'aws:x' does not match"),
        ({"Tags": {"imagebuilder-pipeline:stack-id": "y"}}, "'imagebuilder-pipeline:stack-id' should not be valid"),
        ({"Tags": {f"t{index}": "x" for index in range(49)}}, "has more than 48 properties"),
        ({"Description": "x" * 1025}, "1024"),
        ({"ExecutionRole": None}, "'ExecutionRole' is a dependency of 'Workflows'"),
        ({"ServiceTimeout": 3601}, "3601 is greater than the maximum of 3600"),
    ]
    found = lint(tmp_path, *(template(**change) for change, _ in mistakes))
    for (change, message), errors in zip(mistakes, found, strict=True):
        assert len(set(errors)) == 1, (change, errors)
        assert errors[0].startswith("E9601"), (change, errors)
        assert message in errors[0], (change, errors)


BUILD: dict[str, Any] = {
    "ServiceToken": {"Fn::ImportValue": "ImagePipelineServiceToken"},
    "ServiceTimeout": 3600,
    "PipelineArn": {"Ref": "Pipeline"},
    "Trigger": {"Fn::GetAtt": ["Pipeline", "WhatIsBuilt"]},
    "WaitSeconds": "600",
    "TimeoutSeconds": 7200,
    "IsLast": "false",
    "WatcherArn": {"Fn::ImportValue": "ImagePipelineWatcher"},
    "ImageTags": {"team": "web"},
    "OnDelete": "delete",
    "LifecycleRoleArn": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/lifecycle"},
}
IMAGE: dict[str, Any] = {
    "ServiceToken": {"Fn::ImportValue": "ImagePipelineServiceToken"},
    "ImageArn": {"Ref": "Build"},
    "WatcherArn": {"Fn::ImportValue": "ImagePipelineWatcher"},
}


def of_a_build(build: dict[str, Any], image: dict[str, Any]) -> dict[str, Any]:
    """Return a template with a build and an image, changed."""
    made = template()
    made["Resources"] |= {
        "Build": {"Type": "Custom::ImagePipelineBuild", "Properties": BUILD | build},
        "Image": {"Type": "Custom::ImagePipelineImage", "Properties": IMAGE | image},
    }
    return made


def test_builds_and_images_are_checked_by_their_own_schemas(tmp_path: Path) -> None:
    right, *wrong = lint(
        tmp_path,
        of_a_build({}, {}),
        of_a_build({"Triger": "1"}, {}),
        of_a_build({"WaitSeconds": 3301}, {}),
        of_a_build({"OnDelete": "KEEP"}, {}),
        of_a_build({"ImageId": "ami-1"}, {}),
        of_a_build({}, {"ImageArn": f"{ARN}image/web"}),
        of_a_build({}, {"PipelineArn": f"{ARN}image-pipeline/web"}),
    )
    assert right == []
    messages = (
        "E9602 Additional properties are not allowed ('Triger' was unexpected",
        "E9602 3301 is greater than the maximum of 3300",
        "E9602 'keep' is not one of ['retain', 'delete']",
        "E9602 Additional properties are not allowed ('ImageId' was unexpected",
        f"E9603 '{ARN}image/web' does not match",
        "E9603 Additional properties are not allowed ('PipelineArn' was unexpected",
    )
    for errors, message in zip(wrong, messages, strict=True):
        assert [error[: len(message)] for error in set(errors)] == [message], errors
    assert edited(of_a_build({}, {})) == []
    assert "'Triger' was unexpected" in edited(of_a_build({"Triger": "1"}, {}))[0]


LATER: dict[str, Any] = {
    "Name": "{{resolve:ssm:/golden/name}}",
    "Description": "built {{resolve:ssm:/golden/when}}",
    "ImageRecipeArn": "{{resolve:ssm:/golden/recipe}}",
    "ContainerRecipeArn": None,
    "InfrastructureConfigurationArn": f"{ARN}infrastructure-configuration/{{{{resolve:ssm:/golden/infrastructure}}}}",
    "ImageTestsConfiguration": {"ImageTestsEnabled": "{{resolve:ssm:/a}}", "TimeoutMinutes": "{{resolve:ssm:/b}}"},
    "Schedule": {
        "ScheduleExpression": "{{resolve:ssm:/c}}",
        "AutoDisablePolicy": {"FailureCount": "{{resolve:ssm:/d}}"},
    },
    "Status": "{{resolve:ssm:/e}}",
    "Tags": {"team": "{{resolve:ssm:/f}}", "kind": {"Fn::If": ["IsImage", "a", "b"]}},
}
SECURE = ("{{resolve:secretsmanager:golden:SecretString:name}}", "{{resolve:ssm-secure:/golden}}")


def test_dynamic_references_have_no_finding_in_any_place(tmp_path: Path) -> None:
    assert lint(tmp_path, template(**LATER)) == [[]]
    assert edited(template(**LATER)) == []


def test_secure_references_are_found_because_cloudformation_does_not_resolve_them_here(tmp_path: Path) -> None:
    for found, secure in zip(lint(tmp_path, *(template(Description=one) for one in SECURE)), SECURE, strict=True):
        assert f"E9601 '{secure}' is not resolved by CloudFormation in custom resources: use ssm" in found


def test_cfn_lint_alone_does_not_look_at_custom_resources(tmp_path: Path) -> None:
    # The reason for the rule: when this fails, `--registry-schemas` may be enough.
    (tmp_path / "bad.json").write_text(json.dumps(template(Nmae="x")))
    schema = ROOT / "cloudformation" / "schema"
    subprocess.run([CFN_LINT, "--registry-schemas", schema, "--", tmp_path / "bad.json"], check=True)


def test_examples_and_the_provider_have_no_finding(dist: Path) -> None:
    files = [*(ROOT / "cloudformation").rglob("*.yaml"), dist / "provider.yaml"]
    # W3002: the code's path is for `package`. W3005: the CDK names a dependency that a reference makes anyway.
    ignored = "W3002,W3005"
    command = [*LINT, "--ignore-checks", ignored, "--", *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    "expression",
    [
        "cron(0 6 ? * SUN *)",
        "cron(0 0 * * SUN *)",
        "rate(7 days)",
        "rate(1 day)",
        "cron( 0 6 ? * 1 * )",
        "cron(0 6 * * ?)",
        "rate(7 weeks)",
        "rate(x days)",
        "weekly",
        "",
        "cron()",
        "rate(30 seconds)",
    ],
)
def test_form_of_a_schedule_is_refused_by_the_schema_only_where_the_function_refuses_it(expression: str) -> None:
    schema = json.loads((ROOT / "cloudformation" / REGISTRY).read_text())
    pattern = schema["definitions"]["Schedule"]["properties"]["ScheduleExpression"]["pattern"]
    request = {
        "name": "web",
        "imageRecipeArn": f"{ARN}image-recipe/web/1.0.0",
        "infrastructureConfigurationArn": f"{ARN}infrastructure-configuration/web",
        "schedule": {"scheduleExpression": expression},
    }
    assert (re.search(pattern, expression) is None) == bool(check("CreateImagePipeline", request))


def edited(template: dict[str, Any]) -> list[str]:
    """Return what a validator of plain JSON schemas, as editors have one, says of a template."""
    schema = json.loads((ROOT / "cloudformation" / EDITOR).read_text())
    validator = importlib.import_module("cfnlint.jsonschema").StandardValidator(schema=schema)
    return [error.message for error in validator.iter_errors(template)]


def test_editor_takes_functions_in_long_form_and_in_short_form_which_it_sees_as_texts() -> None:
    assert edited(template()) == []
    short = template(Status="Status", ImageRecipeArn="Recipe", ImageTestsConfiguration={"TimeoutMinutes": "Minutes"})
    assert edited(short) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"Nmae": "x"}, "'Nmae' was unexpected"),
        ({"Schedule": {"Expression": "x"}}, "'Expression' was unexpected"),
        ({"Name": None}, "'Name' is a required property"),
        ({"ServiceToken": None}, "'ServiceToken' is a required property"),
        ({"ImageTestsConfiguration": {"TimeoutMinutes": 59}}, "59 is not valid under any of the given schemas"),
        ({"Workflows": {}}, "{} is not of type 'array'"),
        ({"Schedule": "rate(1 day)"}, "'rate(1 day)' is not of type 'object'"),
        ({"ImageRecipeArn": None, "ContainerRecipeArn": None}, "is not valid under any of the given schemas"),
    ],
)
def test_editor_names_what_no_function_could_make_right(change: dict[str, Any], message: str) -> None:
    (found,) = set(edited(template(**change)))
    assert message in found


def test_editor_leaves_other_resources_alone() -> None:
    other = {"Resources": {"Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"Nmae": "x"}}}}
    assert edited(other) == []
