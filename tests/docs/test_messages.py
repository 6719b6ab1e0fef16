"""The page of messages: what it shows is what is said, and there is no message that it does not show.

Examples are provoked and compared word by word. What stands in the code as a text, and is no description of something,
has to be on the page or among the reasons.
"""

import ast
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import assertions
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_imagebuilder as imagebuilder
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_scheduler as scheduler

from cdk_imagebuilder_pipeline import (
    ImagePipeline,
    ImagePipelineProps,
    ImagePipelineProvider,
    ImagePipelineSchedule,
    MaximumSeverityLabel,
    RecipeType,
    ScanResultCondition,
    WorkflowConfiguration,
    WorkflowOnFailure,
    WorkflowParameterValue,
)
from imagebuilder_pipeline_handler.build.properties import build_of
from imagebuilder_pipeline_handler.imagebuilder.invalid import PropertiesError
from imagebuilder_pipeline_handler.pipeline.properties import desired
from imagebuilder_pipeline_handler.runtime.event import InvalidEventError, validated

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "messages.md"
OWN = "arn:aws:imagebuilder:eu-west-1:111122223333:"
RECIPE = f"{OWN}image-recipe/golden/1.0.0"
CONTAINER = f"{OWN}container-recipe/golden/1.0.0"
INFRASTRUCTURE = f"{OWN}infrastructure-configuration/golden"
BUILD = "arn:aws:imagebuilder:eu-west-1:aws:workflow/build/build-image/x.x.x"
URL = "https://cloudformation-custom-resource-response-euwest1.s3.eu-west-1.amazonaws.com/"
PIPELINE = f"{OWN}image-pipeline/golden"
WATCHER = "arn:aws:states:eu-west-1:111122223333:stateMachine:Watcher"
STACK = "arn:aws:cloudformation:eu-west-1:111122223333:stack/Images/6f2d1c3e"


def golden(stack: cdk.Stack, **props: Any) -> Any:
    """Make a pipeline in the way of somebody whose type checker is off."""
    untyped: Any = ImagePipeline
    return untyped(stack, "Golden", **{"recipe": RECIPE, "infrastructure_configuration": INFRASTRUCTURE} | props)


PARIS = scheduler.ScheduleExpression.cron(hour="6", time_zone=cdk.TimeZone.EUROPE_PARIS)


def scheduled(stack: cdk.Stack, expression: Any, **more: Any) -> Any:
    return golden(stack, schedule=ImagePipelineSchedule(expression=expression, **more))


def with_ready_props(stack: cdk.Stack) -> None:
    untyped: Any = ImagePipeline
    untyped(stack, "Golden", ImagePipelineProps(recipe=RECIPE, infrastructure_configuration=INFRASTRUCTURE))


def with_parameters(parameters: Any) -> WorkflowConfiguration:
    return WorkflowConfiguration(workflow=BUILD, parameters=parameters)


def provider(stack: cdk.Stack, **options: Any) -> ImagePipelineProvider:
    return ImagePipelineProvider(stack, "Provider", **options)


def two_of_one_name(stack: cdk.Stack) -> None:
    golden(stack, image_pipeline_name="golden image")
    other: Any = ImagePipeline
    other(
        stack, "Other", recipe=RECIPE, infrastructure_configuration=INFRASTRUCTURE, image_pipeline_name="Golden_Image"
    )


def too_many_roles(stack: cdk.Stack) -> None:
    policy = provider(stack).policy
    for index in range(800):
        policy.allow_pass(f"arn:aws:iam::111122223333:role/{index:064}")


def given_options_late(stack: cdk.Stack) -> None:
    golden(stack)
    ImagePipelineProvider.of(stack, timeout=cdk.Duration.minutes(1))


def with_an_imported_key(stack: cdk.Stack) -> None:
    key: Any = kms.Key.from_key_arn(stack, "Key", "arn:aws:kms:eu-west-1:111122223333:key/6f2d1c3e")
    provider(stack, encryption_key=key)


ROLE = "arn:aws:iam::111122223333:role/pipelines"


def with_a_boundary_too(stack: cdk.Stack) -> None:
    boundary = iam.ManagedPolicy.from_managed_policy_name(stack, "Boundary", "boundary")
    provider(stack, role=iam.Role.from_role_arn(stack, "Role", ROLE), permissions_boundary=boundary)


def shared_with(stack: cdk.Stack, *names: str, **env: str) -> ImagePipelineProvider:
    owner = cdk.Stack(stack.node.root, "Shared", env=cdk.Environment(**env))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    return ImagePipelineProvider(owner, "Provider", stack_names=names)


def elsewhere(stack: cdk.Stack) -> None:
    here: Any = cdk.Stack(stack.node.root, "Here", env=cdk.Environment(region="us-east-1"))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    golden(here, provider=shared_with(stack, "Here", region="eu-west-1"))


def synthesised_with_tags(stack: cdk.Stack) -> None:
    golden(stack, tags={f"key{index}": "" for index in range(49)})


def imported(stack: cdk.Stack) -> Any:
    return ImagePipeline.from_image_pipeline_name(stack, "Imported", "golden")


def built_twice(stack: cdk.Stack) -> None:
    made = golden(stack)
    made.build_on_deploy()
    made.build_on_deploy()


def kept_twice(stack: cdk.Stack) -> None:
    made = golden(stack)
    made.keep_newest(5)
    made.keep_newest(5)


def with_a_launch_template(stack: cdk.Stack) -> None:
    regions = [{"region": "eu-west-1", "launchTemplateConfigurations": [{"launchTemplateId": "lt-1"}]}]
    distribution = imagebuilder.CfnDistributionConfiguration(stack, "All", name="all", distributions=regions)
    made = golden(stack, distribution_configuration=distribution)
    made.build_on_deploy(removal_policy=cdk.RemovalPolicy.DESTROY)


def elsewhere_deployed(stack: cdk.Stack, **options: Any) -> Any:
    function = "arn:aws:lambda:eu-west-1:111122223333:function:images"
    return ImagePipelineProvider.from_service_token(stack, "Provider", function, **options)


SYNTH: list[Callable[[cdk.Stack], object]] = [
    lambda s: golden(s, description="", status="ON"),
    lambda s: golden(s, recipe_tpye=RecipeType.IMAGE),
    lambda s: golden(s, colour="red"),
    lambda s: golden(s, client_token="mine"),
    with_ready_props,
    lambda s: ImagePipeline(s, "Golden", recipe=RECIPE),  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    lambda s: golden(s, description=""),
    lambda s: golden(s, image_tests_timeout=cdk.Duration.days(2)),
    lambda s: golden(s, status="ON"),
    lambda s: golden(s, image_pipeline_name="golden/image"),
    lambda s: golden(s, description=7),
    lambda s: golden(s, image_tests_enabled="yes"),
    lambda s: golden(s, image_tags={"aws:team": "web"}),
    lambda s: golden(s, recipe=cdk.Fn.import_value("Recipe")),
    lambda s: golden(s, description="{{resolve:secretsmanager:golden}}"),
    lambda s: golden(s, recipe="{{resolve:ssm:/r}}", recipe_type=RecipeType.IMAGE).on_image_build_failed("Failed"),
    lambda s: ImagePipeline.from_image_pipeline_arn(s, "Imported", "{{resolve:ssm:/p}}").image_pipeline_name,
    lambda s: scheduled(s, PARIS, timezone="Europe/London"),
    lambda s: golden(s, recipe_type=RecipeType.CONTAINER),
    lambda s: golden(s, recipe="golden"),
    lambda s: golden(s, schedule="rate(7 days)"),
    lambda s: golden(s, workflows=[with_parameters([{"name": "instanceType", "value": ["t3.small"]}])]),
    lambda s: golden(s, image_tests_timeout=cdk.Duration.seconds(90)),
    lambda s: scheduled(s, "every sunday"),
    lambda s: scheduled(s, "cron(0 6 * * 0)"),
    lambda s: scheduled(s, "cron(0 6 ? * SUNDAY *)"),
    lambda s: scheduled(s, "rate(2 weeks)"),
    lambda s: golden(s, image_scanning_enabled=True, image_tests_enabled=False),
    lambda s: golden(s, workflows=[WorkflowConfiguration(workflow=BUILD.replace("x.x.x", "1.0.0"))]),
    lambda s: golden(s, recipe=CONTAINER, image_scanning_types=["ON_DEMAND_AMI_CVE"]),
    lambda s: golden(s, scan_result_condition=ScanResultCondition(maximum_severity_label=MaximumSeverityLabel.LOW)),
    synthesised_with_tags,
    lambda s: golden(s, tags={"imagebuilder-pipeline:stack-id": "mine"}),
    two_of_one_name,
    lambda s: golden(s, provider=ImagePipelineProvider(cdk.Stack(s.node.root, "Shared"), "Provider")),  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    lambda s: golden(s, provider=shared_with(s, "team-a-*", "team-b")),
    elsewhere,
    lambda s: ImagePipelineProvider.from_service_token(s, "Provider", "images"),
    lambda s: ImagePipeline.from_image_pipeline_arn(s, "Imported", RECIPE),
    lambda s: ImagePipeline.from_image_pipeline_name(s, "Imported", "golden", recipe="golden"),
    lambda s: imported(s).on_image_build_failed("Failed"),
    lambda s: imported(s).on_cve_detected("Critical", event_pattern=events.EventPattern(source=["aws.ec2"])),
    lambda s: imported(s).build_on_deploy(),
    built_twice,
    kept_twice,
    lambda s: golden(s).keep_newest("5"),
    lambda s: golden(s).keep_newest(0),
    lambda s: golden(s).build_on_deploy(timeout=55),
    lambda s: golden(s).build_on_deploy(timeout=cdk.Duration.hours(24)),
    lambda s: golden(s).build_on_deploy(timeout=cdk.Duration.minutes(cdk.Token.as_number({"Ref": "Minutes"}))),
    lambda s: golden(s).build_on_deploy(wait="yes"),
    lambda s: golden(s).build_on_deploy(triggers={1: "2026-11"}),
    lambda s: golden(s).build_on_deploy(image_tags={f"key{index}": "" for index in range(47)}),
    lambda s: golden(s).build_on_deploy(removal_policy=cdk.RemovalPolicy.SNAPSHOT),
    with_a_launch_template,
    lambda s: golden(s, provider=elsewhere_deployed(s)).build_on_deploy(),
    lambda s: golden(s, provider=elsewhere_deployed(s)).build_on_deploy(removal_policy=cdk.RemovalPolicy.DESTROY),
    lambda s: golden(s, recipe=CONTAINER).build_on_deploy().image_id,
    lambda s: golden(s).build_on_deploy(wait=False).image_id,
    lambda s: golden(s).build_on_deploy().image_id_in(cdk.Aws.REGION),
    lambda s: ImagePipeline.latest_image(s, "Newest"),
    lambda s: elsewhere_deployed(s, watcher_arn="images"),
    lambda s: provider(s, timeout=30),
    lambda s: provider(s, timeout=cdk.Duration.seconds(10)),
    lambda s: provider(s, memory_size=cdk.Size.mebibytes(64)),
    lambda s: provider(s, runtime=lambda_.Runtime.PYTHON_3_10),
    with_a_boundary_too,
    lambda s: provider(s, reserved_concurrent_executions=0),
    lambda s: provider(s, stack_names=["team_a"]),
    lambda s: provider(cdk.Stack(s, "Plain", synthesizer=cdk.BootstraplessSynthesizer())),
    too_many_roles,
    given_options_late,
    lambda _: WorkflowParameterValue.from_integer(1.5),
    lambda _: WorkflowParameterValue.from_boolean("true"),  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
]

WARNINGS: list[Callable[[cdk.Stack], object]] = [
    lambda s: scheduled(s, "cron(0 6 * * SUN *)"),
    lambda s: scheduled(s, "cron(0 6 L-3 * ? *)"),
    lambda s: scheduled(s, "rate(1 days)"),
    lambda s: scheduled(s, "rate(7  days)"),
    with_an_imported_key,
    lambda s: provider(s, role=iam.Role.from_role_arn(s, "Role", ROLE, mutable=False)),
    lambda s: golden(s, recipe=RECIPE.replace("eu-west-1", "us-east-1")),
    lambda s: golden(s, infrastructure_configuration=INFRASTRUCTURE.replace("111122223333", "444455556666")),
    lambda s: golden(s).on_cve_detected("Critical"),
    lambda s: scheduled(s, "rate(7 days)", timezone="Europe/Londno"),
    lambda s: golden(s, image_tests_timeout=cdk.Duration.hours(2)),
    lambda s: golden(s, image_scanning_ecr_tags=["scanned"]),
    lambda s: golden(s, workflows=[WorkflowConfiguration(workflow=BUILD, parallel_group="tests")]),
    lambda s: golden(s, workflows=[WorkflowConfiguration(workflow=BUILD, on_failure=WorkflowOnFailure.ABORT)]),
]

PROPERTIES: list[dict[str, Any]] = [
    {"Describtion": "weekly"},
    {"ImageRecipeArn": None},
    {"ContainerRecipeArn": CONTAINER},
    {"Workflows": [{"WorkflowArn": BUILD}]},
    {"LoggingConfiguration": {"ImageLogGroupName": "images"}},
    {"description": "weekly", "Description": "daily"},
    {"ClientToken": "mine"},
    {"AdoptExisting": "perhaps"},
    {"Tags": {f"key{index}": "" for index in range(49)}},
    {"Workflows": [{"WorkflowArn": BUILD, "Parameters": [{"Name": "key", "Value": "x"}]}], "ExecutionRole": "builder"},
]

BUILDS: list[dict[str, Any]] = [{"OnDelete": "DELETE"}, {"WatcherArn": None}]

EVENTS: list[Any] = [
    [],
    {"StackId": ""},
    {"LogicalResourceId": "x" * 4000},
    {"LogicalResourceId": "\ud800"},
    {"ResponseURL": "ftp://example.com/"},
    {"ResponseURL": "https://[example.com/"},
    {"ResponseURL": "https://example.com/"},
    {"StackId": "Images"},
    {"StackId": STACK.replace("111122223333", "222233334444")},
    {"environment": {"CUSTOM_RESOURCE_STACK_ID": STACK.replace("Images", "Others")}},
    {"context": None},
    {"ResponseURL": f"{URL}?X-Amz-Date=20260101T000000Z&X-Amz-Expires=7200"},
    {"ResponseURL": f"{URL}?X-Amz-Date=20260101T000000Z"},
]


def said_at_synth() -> Iterator[str]:
    for provoke in SYNTH:
        stack = cdk.Stack(cdk.App(), "Images")
        with pytest.raises((ValueError, TypeError)) as caught:
            provoke(stack)
        yield str(caught.value)
    for doubt in WARNINGS:
        stack = cdk.Stack(cdk.App(), "Images", env=cdk.Environment(account="111122223333", region="eu-west-1"))
        doubt(stack)
        (warning,) = assertions.Annotations.from_stack(stack).find_warning("*", assertions.Match.any_value())
        yield str(warning.entry.data)


def said_of_properties() -> Iterator[str]:
    good = {"Name": "golden", "ImageRecipeArn": RECIPE, "InfrastructureConfigurationArn": INFRASTRUCTURE}
    for change in PROPERTIES:
        given = {name: value for name, value in (good | change).items() if value is not None}
        with pytest.raises(PropertiesError) as caught:
            desired(given)
        (problem,) = caught.value.parts
        yield problem
    build = {"PipelineArn": PIPELINE, "Trigger": "1", "WatcherArn": WATCHER}
    for change in BUILDS:
        with pytest.raises(PropertiesError) as caught:
            build_of({name: value for name, value in (build | change).items() if value is not None})
        (problem,) = caught.value.parts
        yield problem


def said_of_events() -> Iterator[str]:
    class Context:
        invoked_function_arn = "arn:aws:lambda:eu-west-1:111122223333:function:Images"

    good = {"StackId": STACK, "RequestId": "1", "LogicalResourceId": "Golden", "ResponseURL": URL}
    for change in EVENTS:
        event = good | change if isinstance(change, dict) else change
        context = None if "context" in event else Context()
        environment: dict[str, str] = change.get("environment", {}) if isinstance(change, dict) else {}
        with pytest.MonkeyPatch.context() as patch:
            for name, value in environment.items():
                patch.setenv(name, value)
            with pytest.raises(InvalidEventError) as caught:
                validated(event, context, datetime.now(UTC))
        yield str(caught.value)


def sections(title: str) -> list[tuple[str, str]]:
    """Return heading and example of each message of a part of the page."""
    (part,) = re.findall(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    return re.findall(r"^### ([^\n]+)\n\n```\n(.*?)\n```$", part, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(
    ("title", "said"),
    [
        ("When an app is synthesised", said_at_synth),
        ("When the function reads the properties", said_of_properties),
        ("When the function is invoked by something else", said_of_events),
    ],
)
def test_examples_are_what_is_said(title: str, said: Callable[[], Iterator[str]]) -> None:
    examples = [example for _, example in sections(title)]
    assert examples == list(said())


NO_MESSAGES = {
    # Names of events, of resources and of settings; reasons for a linter; what is printed when all is well.
    "lambda/imagebuilder_model/events.py": r"EC2 Image Builder .*",
    "constructs/cdk_imagebuilder_pipeline/execution_role.py": r".*",
    "constructs/cdk_imagebuilder_pipeline/images/lifecycle.py": r"Image Builder deletes old images.*",
    "constructs/cdk_imagebuilder_pipeline/provider/lifecycle_role.py": r".*",
    "constructs/cdk_imagebuilder_pipeline/provider/build_grants.py": r".*",
    "constructs/cdk_imagebuilder_pipeline/provider/builds.py": r".*",
    "constructs/cdk_imagebuilder_pipeline/provider/grants.py": r"it is made of .*|the newest image is .*",
    "constructs/cdk_imagebuilder_pipeline/provider/waiting.py": r".*",
    "constructs/cdk_imagebuilder_pipeline/provider/network.py": r"Lambda .*|Network interfaces .*",
    "constructs/cdk_imagebuilder_pipeline/provider/policy.py": r".*",
    "constructs/cdk_imagebuilder_pipeline/provider/provider.py": (
        r"The function that .*|Makes the .*|the newest .*|pipelines of other stacks are not known here; .*"
    ),
    "constructs/cdk_imagebuilder_pipeline/provider/role_policies.py": r"What the .*",
    "lambda/imagebuilder_model/schedule.py": r"day of .*",
    "lambda/imagebuilder_model/words.py": r".*",  # parts of one message
    "local/imagebuilder_local/__main__.py": r".*",
    "local/imagebuilder_local/cloud/process.py": r"%\(asctime\)s.*|SSL shutdown timed out",
    "local/imagebuilder_local/cloud/state.py": r"State \| None",
    "local/imagebuilder_local/deploy.py": r"(?!.*(must be|not installed|own log)).*",
    # Patterns for the output of the CDK CLI and for reasons.
    "local/imagebuilder_local/failure.py": r" \\\(.*",
    "local/imagebuilder_local/output.py": r"(?!.*(is not bootstrapped|printed nothing|command of the app)).*",
    "local/imagebuilder_local/page/server.py": r"default-src .*|Only the page itself starts builds, .*|The body must be a JSON .*",
    # Words of the page.
    "local/imagebuilder_local/page/deployments.py": r".*",
    "local/imagebuilder_local/page/schedule_words.py": r".*",
    # The text of --help, and a part of a message.
    "local/imagebuilder_local/drift/command.py": r"Compare the .*|exit code: .*|name or id .*|a stack in AWS, .*",
    "local/imagebuilder_local/drift/comparison.py": r"another resource of a stack",
    "local/imagebuilder_local/emulator/server.py": r"%s .*|no operation %d",
}
"""Texts that look like messages and are none, by file."""


def texts_in_the_code() -> Iterator[tuple[str, str]]:
    """Yield file and text of everything in the code that may be a message: three words or more, and no docstring."""
    for package in (
        "constructs/cdk_imagebuilder_pipeline",
        "lambda/imagebuilder_model",
        "lambda/imagebuilder_pipeline_handler",
        "local/imagebuilder_local",
    ):
        for file in sorted((ROOT / package).rglob("*.py")):
            name = file.relative_to(ROOT).as_posix()
            yield from ((name, text) for text in texts(ast.parse(file.read_text(encoding="utf-8"))))


def texts(tree: ast.AST) -> Iterator[str]:
    nodes = list(ast.walk(tree))
    docstrings = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    parts = {id(part) for node in nodes if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in nodes:
        text = "" if id(node) in docstrings | parts else written(node)
        if sum(re.search("[a-z]{2}", word) is not None for word in text.split()) > 2:
            yield text


def written(node: ast.AST) -> str:
    """Return a text of the code, with `…` for what is put into it."""
    match node:
        case ast.JoinedStr():
            return "".join(written(part) or "…" for part in node.values)
        case ast.Constant(value=str(text)):
            return text
        case _:
            return ""


def test_every_message_in_the_code_is_on_the_page_or_among_the_reasons() -> None:
    pages = " ".join((PAGE.read_text() + (ROOT / "docs" / "reasons.md").read_text()).split())
    missing = []
    for file, text in texts_in_the_code():
        if any(
            file.startswith(known) and re.fullmatch(pattern, text, re.DOTALL) for known, pattern in NO_MESSAGES.items()
        ):
            continue
        parts = [re.escape(" ".join(part.split())) for part in re.split(r"…|%[sd]", text)]
        if not re.search(".{0,400}?".join(part for part in parts if part), pages):
            missing.append(f"{file}: {text}")
    assert not missing, "\n".join(missing)
