"""What type checkers see of ImagePipeline: each prop, although the class says none itself."""

import inspect
import json
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from cdk_imagebuilder_pipeline import ImagePipeline, ImagePipelineProps

ROOT = Path(__file__).parents[2]
PYRIGHT = ROOT / "node_modules" / ".bin" / "pyright"
SNIPPET = """\
import aws_cdk as cdk
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam
from aws_cdk import aws_imagebuilder as ib
from aws_cdk import aws_logs as logs

from aws_cdk import aws_events as events
from cdk_imagebuilder_pipeline import ImagePipeline, ImagePipelineBase, ImagePipelineProvider, ImagePipelineSchedule


def correct(
    stack: cdk.Stack,
    recipe: ib.CfnImageRecipe,
    infrastructure: ib.CfnInfrastructureConfiguration,
    role: iam.Role,
    group: logs.LogGroup,
    repository: ecr.Repository,
) -> None:
    ImagePipeline(
        stack,
        "Web",
        recipe=recipe,
        infrastructure_configuration=infrastructure,
        execution_role=role,
        image_log_group=group,
        image_scanning_ecr_repository=repository,
        schedule=ImagePipelineSchedule(expression="rate(1 day)"),
    )


def surface(stack: cdk.Stack, role: iam.IRole, made: ImagePipeline, target: events.IRuleTarget) -> None:
    provider = ImagePipelineProvider(stack, "P", timeout=cdk.Duration.minutes(1), memory_size=cdk.Size.mebibytes(512))
    ImagePipeline(stack, "Other", recipe="r", infrastructure_configuration="i", provider=provider)
    imported = ImagePipeline.from_image_pipeline_name(stack, "Imported", "web", recipe="r")
    pipelines: list[ImagePipelineBase] = [made, imported]
    for pipeline in pipelines:
        pipeline.grant(role, "imagebuilder:GetImagePipeline").assert_success()
        pipeline.grant_start_execution(role)
        rule: events.Rule = pipeline.on_image_build_failed("Failed", target=target, description="d")
        rule.add_event_pattern(detail={})
        pipeline.notify_auto_disabled()
    arn: str = made.image_pipeline_arn + made.image_pipeline_name + made.client_token
    print(arn)


def wrong_option(made: ImagePipeline) -> None:
    made.on_event("Rule", descripton="d")


def wrong_timeout(stack: cdk.Stack) -> None:
    ImagePipelineProvider(stack, "P", timeout=60)


def misspelt(stack: cdk.Stack) -> None:
    ImagePipeline(stack, "Web", recipe="r", infrastructure_configuration="i", descripton="d")


def missing(stack: cdk.Stack) -> None:
    ImagePipeline(stack, "Web", recipe="r")


def wrong_type(stack: cdk.Stack) -> None:
    ImagePipeline(stack, "Web", recipe="r", infrastructure_configuration="i", image_tests_timeout=60)


def wrong_enum(stack: cdk.Stack) -> None:
    ImagePipeline(stack, "Web", recipe="r", infrastructure_configuration="i", status="ON")
"""


@pytest.fixture
def snippet(tmp_path: Path) -> str:
    path = tmp_path / "snippet.py"
    path.write_text(SNIPPET, encoding="utf-8")
    return str(path)


@pytest.mark.timeout(900)  # without a cache mypy reads all of the CDK first
def test_mypy_reports_each_wrong_prop_and_no_right_one(snippet: str) -> None:
    command = [sys.executable, "-m", "mypy", "--config-file", "pyproject.toml", "--no-error-summary", snippet]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout
    errors = [line.split("error: ")[1] for line in printed.splitlines() if "error: " in line]
    assert errors == [
        'Unexpected keyword argument "descripton" for "on_event" of "ImagePipelineBase"; did you mean "description"?  [call-arg]',
        'Argument "timeout" to "ImagePipelineProvider" has incompatible type "int"; expected "Duration | None"  [arg-type]',
        'Unexpected keyword argument "descripton" for "ImagePipeline"; did you mean "description"?  [call-arg]',
        'Missing named argument "infrastructure_configuration" for "ImagePipeline"  [call-arg]',
        'Argument "image_tests_timeout" to "ImagePipeline" has incompatible type "int"; expected "Duration | IResolvable | None"  [arg-type]',
        'Argument "status" to "ImagePipeline" has incompatible type "str"; expected "ImagePipelineStatus | IResolvable | None"  [arg-type]',
    ]


@pytest.mark.skipif(not PYRIGHT.exists(), reason="pyright comes with `npm ci`")
def test_pyright_reports_each_wrong_prop_and_no_right_one(snippet: str) -> None:
    # A project of its own: of the clone's, what lies in a hidden folder is left out, and `make` has its temporary one there.
    config = Path(snippet).with_name("pyrightconfig.json")
    config.write_text(json.dumps({"include": [snippet], "exclude": [], "venvPath": str(ROOT), "venv": ".venv"}))
    command = [str(PYRIGHT), "--outputjson", "--project", str(config)]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    errors = [item["message"].splitlines()[0] for item in json.loads(printed.stdout)["generalDiagnostics"]]
    assert errors == [
        'No parameter named "descripton"',
        'Argument of type "Literal[60]" cannot be assigned to parameter "timeout" of type "Duration | None" in function "__init__"',
        'No parameter named "descripton"',
        'Argument missing for parameter "infrastructure_configuration"',
        'Argument of type "Literal[60]" cannot be assigned to parameter "image_tests_timeout" of type "Duration | IResolvable | None"',
        """Argument of type "Literal['ON']" cannot be assigned to parameter "status" of type "ImagePipelineStatus | IResolvable | None\"""",
    ]


def test_signature_at_run_time_names_every_prop() -> None:
    names = list(inspect.signature(ImagePipeline.__init__).parameters)
    assert names == ["self", "scope", "id", *(field.name for field in fields(ImagePipelineProps))]
