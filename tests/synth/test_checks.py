"""What security teams run over a synthesised stack: cdk-nag and cfn-lint, without a finding."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_imagebuilder as imagebuilder
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from cdk_nag import AwsSolutionsChecks

from cdk_imagebuilder_pipeline import ImagePipeline, ImagePipelineProvider, RecipeType, WorkflowConfiguration

ARN = "arn:aws:imagebuilder:eu-west-1:123456789012"
RUNTIME = "AwsSolutions::AwsSolutions-L1"
CFN_LINT = Path(sys.executable).parent / "cfn-lint"


def minimal(stack: cdk.Stack) -> None:
    for index in range(20):
        ImagePipeline(
            stack,
            f"P{index}",
            recipe=f"{ARN}:image-recipe/r{index}/1.0.0",
            infrastructure_configuration=f"{ARN}:infrastructure-configuration/i{index}",
        )


def full(stack: cdk.Stack) -> None:
    """Twenty pipelines with everything of their own, versions left open, roles made, rules for all events."""
    for index in range(20):
        made = ImagePipeline(
            stack,
            f"P{index}",
            recipe=f"{ARN}:{'container' if index % 2 else 'image'}-recipe/r{index}/1.x.x",
            infrastructure_configuration=f"{ARN}:infrastructure-configuration/i{index}",
            distribution_configuration=f"{ARN}:distribution-configuration/d{index}",
            workflows=[WorkflowConfiguration(workflow=f"{ARN}:workflow/test/w{index}/1.0.0")],
            image_scanning_enabled=True,
            image_log_group=f"web{index}",
            image_pipeline_log_group=logs.LogGroup(stack, f"L{index}"),
        )
        made.on_event("Event")
        if index == 0:
            made.notify_auto_disabled()


def with_references(stack: cdk.Stack) -> None:
    principal: Any = iam.ServicePrincipal("imagebuilder.amazonaws.com")  # pyright does not see an IPrincipal in it
    recipe = imagebuilder.CfnImageRecipe(
        stack, "Recipe", name="web", version="1.0.0", parent_image="ami-0123456789abcdef0"
    )
    infrastructure = imagebuilder.CfnInfrastructureConfiguration(
        stack, "Infrastructure", name="web", instance_profile_name="web"
    )
    ImagePipeline(
        stack,
        "Web",
        recipe=recipe,
        infrastructure_configuration=infrastructure,
        execution_role=iam.Role(stack, "Role", assumed_by=principal),
    ).on_image_build_failed("Failed")


def in_a_network(stack: cdk.Stack) -> None:
    vpc: Any = ec2.Vpc.from_vpc_attributes(
        stack,
        "Vpc",
        vpc_id="vpc-0123456789abcdef0",
        availability_zones=["eu-west-1a", "eu-west-1b"],
        private_subnet_ids=["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
    )
    key: Any = kms.Key(stack, "Key", enable_key_rotation=True)
    provider = ImagePipelineProvider(stack, "Provider", vpc=vpc, encryption_key=key)
    ImagePipeline(
        stack,
        "Web",
        recipe=f"{ARN}:image-recipe/web/1.0.0",
        infrastructure_configuration=f"{ARN}:infrastructure-configuration/web",
        provider=provider,
    ).notify_auto_disabled(encryption_key=key)


def many(stack: cdk.Stack) -> None:
    """So many that reads are no longer exact."""
    provider = ImagePipelineProvider.get_or_create(stack)
    for index in range(500):
        provider.policy.allow_read("image-recipe", f"{ARN}:image-recipe/recipe{index}/1.0.0")


def known_later(stack: cdk.Stack) -> None:
    """References of which parts, or which as a whole, are known only when the stack is deployed."""
    version = cdk.CfnParameter(stack, "Version", default="1.x.x").value_as_string
    recipe = cdk.CfnParameter(stack, "Recipe", default=f"{ARN}:image-recipe/web/1.0.0").value_as_string
    stored = "{{resolve:ssm:/web/recipe}}"
    cdk.CfnCondition(stack, "IsHere", expression=cdk.Fn.condition_equals(cdk.Aws.REGION, recipe))
    recipes: list[Any] = [
        f"{ARN}:image-recipe/web/{version}",
        f"arn:{cdk.Aws.PARTITION}:imagebuilder:{cdk.Aws.REGION}:{cdk.Aws.ACCOUNT_ID}:image-recipe/web/{version}",
        recipe,
        stored,
        cdk.Fn.condition_if("IsHere", recipe, f"{ARN}:image-recipe/web/1.x.x"),
    ]
    for index, one in enumerate(recipes):
        ImagePipeline(
            stack,
            f"P{index}",
            recipe=one,
            recipe_type=None if isinstance(one, str) and ":image-recipe/" in one else RecipeType.IMAGE,
            infrastructure_configuration=f"{ARN}:infrastructure-configuration/web",
            distribution_configuration=cdk.Fn.condition_if(
                "IsHere", f"{ARN}:distribution-configuration/web", cdk.Aws.NO_VALUE
            ),
            workflows=[WorkflowConfiguration(workflow=f"{ARN}:workflow/test/w{index}/{version}")],
            execution_role=cdk.CfnParameter(stack, f"Role{index}", default="web").value_as_string,
        )


def building(stack: cdk.Stack) -> None:
    """Two images that are built on deploy, the second made of the first, in a network."""
    vpc: Any = ec2.Vpc.from_vpc_attributes(
        stack,
        "Vpc",
        vpc_id="vpc-0123456789abcdef0",
        availability_zones=["eu-west-1a"],
        private_subnet_ids=["subnet-0123456789abcdef0"],
    )
    ImagePipelineProvider.of(stack, vpc=vpc, encryption_key=kms.Key(stack, "Key", enable_key_rotation=True))  # pyright: ignore[reportArgumentType] (jsii names a parameter otherwise)
    parent = "ami-0123456789abcdef0"
    for name in ("base", "web"):
        recipe = imagebuilder.CfnImageRecipe(stack, f"{name}-recipe", name=name, version="1.0.0", parent_image=parent)
        made = ImagePipeline(
            stack, name, recipe=recipe, infrastructure_configuration=f"{ARN}:infrastructure-configuration/web"
        )
        build = made.build_on_deploy(timeout=cdk.Duration.hours(2), removal_policy=cdk.RemovalPolicy.DESTROY)
        parent = build.image_id


def looking_up(stack: cdk.Stack) -> None:
    ImagePipeline.latest_image(stack, "Recipe", recipe=f"{ARN}:image-recipe/web/1.0.0")
    ImagePipeline.latest_image(stack, "Image", image_arn=cdk.CfnParameter(stack, "Arn").value_as_string)
    recipe = imagebuilder.CfnImageRecipe(stack, "Child", name="child", version="1.0.0", parent_image="ami-1")
    newest = ImagePipeline.latest_image(stack, "Newest", recipe=recipe)
    other = imagebuilder.CfnImageRecipe(stack, "Other", name="other", version="1", parent_image=newest.image_id)
    ImagePipeline.latest_image(stack, "OfABuild", recipe=other)


CONTENTS = [minimal, full, with_references, in_a_network, many, known_later, building, looking_up]
PLACES = {"anywhere": None, "eu-west-1": cdk.Environment(account="123456789012", region="eu-west-1")}


@pytest.fixture(scope="module")
def all_contents(tmp_path_factory: pytest.TempPathFactory) -> cdk.App:
    """Return an app with a stack of each content in each place, which cdk-nag looks at."""
    app = cdk.App(outdir=str(tmp_path_factory.mktemp("cdk.out")))
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    for fill in CONTENTS:
        for place, env in PLACES.items():
            fill(cdk.Stack(app, stack_name(fill, place), env=env))
    return app


def stack_name(fill: Callable[[cdk.Stack], None], place: str) -> str:
    return f"{fill.__name__.replace('_', '-')}-{place}"


OF_WAITING = {
    "AwsSolutions::AwsSolutions-SF1",
    "AwsSolutions::AwsSolutions-SF2",
    "NIST.800.53.R5::NIST.800.53.R5-LambdaConcurrency",
    "NIST.800.53.R5::NIST.800.53.R5-LambdaDLQ",
    "HIPAA.Security::HIPAA.Security-LambdaConcurrency",
    "HIPAA.Security::HIPAA.Security-LambdaDLQ",
}
"""Acknowledgements for what waits for builds."""


def nag(app: cdk.App) -> list[str]:
    """Return the findings of cdk-nag, each as rule and resource."""
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    return findings(app)


def findings(app: cdk.App) -> list[str]:
    """Synthesise an app and return what cdk-nag reports."""
    with contextlib.suppress(RuntimeError):  # raised when there are findings, and they are in the report
        app.synth()
    report = json.loads(Path(app.outdir, "validation-report.json").read_text(encoding="utf-8"))
    return [
        f"{violation['ruleName']} at {resource.get('constructPath', resource)}"
        for plugin in report["pluginReports"]
        for violation in plugin["violations"]
        for resource in violation["violatingConstructs"]
    ]


def test_cdk_nag_finds_nothing(all_contents: cdk.App) -> None:
    assert findings(all_contents) == []


def test_cdk_nag_finds_what_is_not_ours(app: cdk.App, stack: cdk.Stack) -> None:
    minimal(stack)
    s3.Bucket(stack, "Bucket")
    found = nag(app)
    assert found
    assert all("Stack/Bucket" in finding for finding in found)


CHECKED_BY_THE_CDK = """
import sys
import aws_cdk as cdk
from synth.test_checks import CONTENTS, findings
app, wrong = cdk.App(outdir=sys.argv[1]), cdk.App(outdir=sys.argv[2])
for fill in CONTENTS:
    fill(cdk.Stack(app, fill.__name__.replace("_", "-")))
cdk.CfnResource(cdk.Stack(wrong, "Stack"), "Wrong", type="AWS::SQS::Queue", properties={"DelaySeconds": -1})
print(findings(app))
print(findings(wrong))
"""


def test_cdk_itself_finds_nothing_but_what_is_wrong(tmp_path: Path) -> None:
    # In a process of its own: the others leave this check out, and Node reads the setting when it starts.
    command = [sys.executable, "-c", CHECKED_BY_THE_CDK, str(tmp_path / "app"), str(tmp_path / "wrong")]
    environment = os.environ | {"CDK_VALIDATION": "true", "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    ours, wrong = done.stdout.splitlines()
    assert ours == "[]"
    assert "at Stack/Wrong" in wrong


def acknowledged(stack: cdk.Stack) -> dict[str, str]:
    """Return the ids of acknowledged findings of a stack and the reason for each."""
    return {
        rule: reason
        for construct in stack.node.find_all()
        for entry in construct.node.metadata
        if entry.type == cdk.Validations.ACKNOWLEDGED_RULES_METADATA_KEY
        for rule, reason in entry.data.items()
    }


@pytest.mark.parametrize("fill", CONTENTS, ids=lambda fill: fill.__name__)
def test_each_acknowledgement_is_of_one_resource_of_iam_or_of_the_runtime_with_a_reason(
    all_contents: cdk.App, fill: Callable[[cdk.Stack], None]
) -> None:
    stack: Any = all_contents.node.find_child(stack_name(fill, "anywhere"))
    found = acknowledged(stack)
    assert found
    for rule, reason in found.items():
        assert len(reason) > 20
        if rule == RUNTIME or rule in OF_WAITING:
            continue
        assert rule.startswith(
            ("AwsSolutions::AwsSolutions-IAM5[Resource::", "AwsSolutions::AwsSolutions-IAM4[Policy::")
        )
        assert rule.endswith("]")


def test_minimal_stack_acknowledges_the_runtime_and_one_wildcard(stack: cdk.Stack) -> None:
    minimal(stack)
    pipelines = "arn:<AWS::Partition>:imagebuilder:<AWS::Region>:<AWS::AccountId>:image-pipeline/*"
    assert set(acknowledged(stack)) == {RUNTIME, f"AwsSolutions::AwsSolutions-IAM5[Resource::{pipelines}]"}


def test_runtime_that_is_given_is_left_to_who_gives_it(app: cdk.App, stack: cdk.Stack) -> None:
    ImagePipelineProvider.of(stack, runtime=lambda_.Runtime.PYTHON_3_12)
    (finding,) = nag(app)
    assert "AwsSolutions-L1" in finding


def test_path_of_roles_is_left_to_who_allows_it(app: cdk.App, stack: cdk.Stack) -> None:
    ImagePipelineProvider.get_or_create(stack).policy.allow_pass("arn:aws:iam::123456789012:role/images/*")
    (finding,) = nag(app)
    assert "IAM5" in finding


def test_cfn_lint_finds_nothing(all_contents: cdk.App) -> None:
    assembly = all_contents.synth()
    names = (stack_name(fill, "anywhere") for fill in CONTENTS)
    done = lint(*(assembly.get_stack_by_name(name).template_full_path for name in names))
    assert (done.returncode, done.stdout) == (0, "")


def test_cfn_lint_finds_what_is_wrong(app: cdk.App, stack: cdk.Stack) -> None:
    minimal(stack)
    cdk.CfnResource(stack, "Wrong", type="AWS::SQS::Queue", properties={"DelaySeconds": -1})
    done = lint(app.synth().get_stack_by_name("Stack").template_full_path)
    assert done.returncode != 0
    assert "E3034:-1 is less than the minimum of 0" in done.stdout


def lint(*templates: str) -> subprocess.CompletedProcess[str]:
    assert shutil.which(CFN_LINT), "cfn-lint is not set up: run `make setup`"
    command = [str(CFN_LINT), "--regions", "eu-west-1", "--format", "parseable", *templates]
    return subprocess.run(command, capture_output=True, text=True, check=False)
