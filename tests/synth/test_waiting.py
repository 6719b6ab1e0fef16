"""What waits for builds: made once a stack, only when a pipeline builds on deploy, with the options of the provider."""

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from support.evaluation import Deployment

from cdk_imagebuilder_pipeline import ImagePipeline, ImagePipelineOnDelete, ImagePipelineProvider
from imagebuilder_model.ownership import IN_USE_TAG, STACK_ID_TAG, WHAT_IS_BUILT_TAG

Make = Callable[..., ImagePipeline]
Resources = Callable[..., dict[str, Any]]
WAITING = "CustomImagePipelineProviderWaiting"


def one(found: dict[str, Any], part: str) -> Any:
    (name,) = (name for name in found if part in name)
    return found[name]["Properties"]


def network(stack: cdk.Stack) -> Any:
    return ec2.Vpc.from_vpc_attributes(
        stack, "Vpc", vpc_id="vpc-0123456789abcdef0", availability_zones=["a"], private_subnet_ids=["subnet-1"]
    )


def test_builds_of_a_stack_share_what_waits(stack: cdk.Stack, pipeline: Make, resources: Resources) -> None:
    for name in ("A", "B"):
        pipeline(name).build_on_deploy(removal_policy=cdk.RemovalPolicy.DESTROY)
    types = sorted(found["Type"] for found in resources(stack).values() if not found["Type"].startswith("Custom"))
    assert types == [
        "AWS::IAM::Policy", "AWS::IAM::Policy", "AWS::IAM::Policy",
        "AWS::IAM::Role", "AWS::IAM::Role", "AWS::IAM::Role", "AWS::IAM::Role",
        "AWS::Lambda::EventInvokeConfig", "AWS::Lambda::Function", "AWS::Lambda::Function",
        "AWS::Logs::LogGroup", "AWS::Logs::LogGroup", "AWS::SQS::Queue", "AWS::SQS::QueuePolicy",
        "AWS::StepFunctions::StateMachine",
    ]  # fmt: skip


def test_watcher_is_a_function_of_the_same_code_without_a_queue(
    stack: cdk.Stack, pipeline: Make, resources: Resources
) -> None:
    pipeline().build_on_deploy()
    functions = resources(stack, "AWS::Lambda::Function")
    watcher, handler = one(functions, "Watcher"), one(functions, "ProviderFunction")
    assert watcher.pop("Handler") == "imagebuilder_pipeline_handler.watcher.look"
    assert (watcher.pop("Timeout"), watcher["MemorySize"]) == (60, 256)
    assert "DeadLetterConfig" not in watcher
    same = ("Code", "Runtime", "Architectures", "Environment", "MemorySize")
    assert {name: watcher[name] for name in same} == {name: handler[name] for name in same}
    assert watcher["Role"] != handler["Role"]
    assert watcher["LoggingConfig"]["LogGroup"] != handler["LoggingConfig"]["LogGroup"]


def definition(resources: dict[str, Any]) -> dict[str, Any]:
    machine = one(resources, "StateMachine")
    known = Deployment({f"{name}.Arn": f"arn:{name}" for name in resources} | {"AWS::Partition": "aws"})
    found: dict[str, Any] = json.loads(known.value(machine["DefinitionString"]))
    return found


def test_state_machine_looks_every_30_seconds_until_it_is_over(
    stack: cdk.Stack, pipeline: Make, resources: Resources
) -> None:
    pipeline().build_on_deploy()
    machines = resources(stack, "AWS::StepFunctions::StateMachine")
    machine = one(machines, "StateMachine")
    assert machine["StateMachineType"] == "STANDARD"
    assert not {"LoggingConfiguration", "TracingConfiguration"} & machine.keys()
    found = definition(machines)
    assert (found["StartAt"], found["TimeoutSeconds"]) == ("Look", 3600)
    states = found["States"]
    assert states["Look"]["Resource"] == "arn:aws:states:::lambda:invoke"
    assert states["Look"]["Parameters"]["Payload.$"] == "$"
    assert states["Look"]["OutputPath"] == "$.Payload"
    assert states["Look"]["Retry"][0]["ErrorEquals"] == ["States.ALL"]
    assert states["Look"]["Catch"] == [{"ErrorEquals": ["States.ALL"], "ResultPath": None, "Next": "Wait"}]
    assert states["Look"]["Next"] == "IsOver"
    assert states["IsOver"]["Choices"] == [{"Variable": "$.isOver", "BooleanEquals": True, "Next": "Over"}]
    assert states["IsOver"]["Default"] == "Wait"
    assert states["Wait"] == {"Type": "Wait", "Seconds": 30, "Next": "Look"}
    assert states["Over"] == {"Type": "Succeed"}


def statements(found: dict[str, Any], part: str) -> list[Any]:
    return list(one(found, part)["PolicyDocument"]["Statement"])


IMAGES = {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":imagebuilder:", {"Ref": "AWS::Region"}, ":", {"Ref": "AWS::AccountId"}, ":image/*"]]}  # fmt: skip
OURS = {f"aws:ResourceTag/{STACK_ID_TAG}": {"Ref": "AWS::StackId"}}


def test_watcher_sees_and_cancels_images_of_the_stack_and_writes_its_log(
    stack: cdk.Stack, pipeline: Make, resources: Resources
) -> None:
    pipeline().build_on_deploy()
    (group,) = (name for name in resources(stack, "AWS::Logs::LogGroup") if "Waiting" in name)
    assert statements(resources(stack, "AWS::IAM::Policy"), "WaitingPolicy") == [
        {"Effect": "Allow", "Action": "imagebuilder:GetImage", "Resource": IMAGES, "Condition": {"StringEqualsIfExists": OURS}},
        {"Effect": "Allow", "Action": "imagebuilder:CancelImageCreation", "Resource": IMAGES, "Condition": {"StringEquals": OURS}},
        {"Effect": "Allow", "Action": "imagebuilder:UntagResource", "Resource": IMAGES, "Condition": {"StringEquals": OURS, "ForAllValues:StringEquals": {"aws:TagKeys": [WHAT_IS_BUILT_TAG, IN_USE_TAG]}}},
        {"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": {"Fn::GetAtt": [group, "Arn"]}},
    ]  # fmt: skip


def test_state_machine_calls_the_watcher_alone(stack: cdk.Stack, pipeline: Make, resources: Resources) -> None:
    pipeline().build_on_deploy()
    (watcher,) = (name for name in resources(stack, "AWS::Lambda::Function") if "Watcher" in name)
    assert statements(resources(stack, "AWS::IAM::Policy"), "StateMachinePolicy") == [
        {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": {"Fn::GetAtt": [watcher, "Arn"]}}
    ]


def actions(found: dict[str, Any]) -> list[str]:
    each = [one["Action"] for one in statements(found, "ProviderPolicy")]
    return [action for some in each for action in some]


STARTS = {"imagebuilder:StartImagePipelineExecution", "imagebuilder:ListImagePipelineImages", "imagebuilder:GetImage"}
DELETES = {
    "imagebuilder:DeleteImage",
    "imagebuilder:StartResourceStateUpdate",
    "imagebuilder:GetLifecycleExecution",
    "iam:PassRole",
}


def test_function_is_allowed_no_more_than_its_builds_need(app: cdk.App, pipeline: Make, resources: Resources) -> None:
    options: list[dict[str, Any] | None] = [
        None, {"wait": False}, {}, {"wait": False, "removal_policy": cdk.RemovalPolicy.DESTROY}
    ]  # fmt: skip
    stacks = [cdk.Stack(app, f"Stack{number}") for number in range(len(options))]
    for stack, given in zip(stacks, options, strict=True):
        made = pipeline(scope=stack)
        if given is not None:
            made.build_on_deploy(**given)
    none, starts, waits, deletes = (set(actions(resources(one, "AWS::IAM::Policy"))) for one in stacks)
    assert starts - none == STARTS | {"imagebuilder:CancelImageCreation"}
    assert waits - starts == {"states:StartExecution"}
    assert deletes - starts == DELETES


def test_statements_of_the_function_are_as_many_for_many_builds(
    app: cdk.App, stack: cdk.Stack, pipeline: Make, resources: Resources
) -> None:
    other = cdk.Stack(app, "Other")
    for scope, builds in ((stack, 1), (other, 10)):
        for number in range(builds):
            pipeline(f"P{number}", scope).build_on_deploy(removal_policy=cdk.RemovalPolicy.DESTROY)
    one, ten = (statements(resources(scope, "AWS::IAM::Policy"), "ProviderPolicy") for scope in (stack, other))
    assert len(one) == len(ten)


def test_options_of_the_provider_hold_for_what_waits(stack: cdk.Stack, pipeline: Make, resources: Resources) -> None:
    key: Any = kms.Key(stack, "Key")
    boundary: Any = iam.ManagedPolicy.from_managed_policy_name(stack, "Boundary", "boundary")
    ImagePipelineProvider.of(
        stack,
        runtime=lambda_.Runtime.PYTHON_3_12,
        architecture=lambda_.Architecture.X86_64,
        log_retention=logs.RetentionDays.ONE_YEAR,
        log_level=lambda_.ApplicationLogLevel.DEBUG,
        vpc=network(stack),
        permissions_boundary=boundary,
        encryption_key=key,
        managed_policies_only=True,
        code=lambda_.Code.from_bucket(_bucket(stack), "function.zip"),
    )
    pipeline().build_on_deploy(removal_policy=cdk.RemovalPolicy.DESTROY)
    watcher = one(resources(stack, "AWS::Lambda::Function"), "Watcher")
    handler = one(resources(stack, "AWS::Lambda::Function"), "ProviderFunction")
    same = ("Code", "Runtime", "Architectures", "VpcConfig")
    assert {name: watcher[name] for name in same} == {name: handler[name] for name in same}
    assert watcher["LoggingConfig"]["ApplicationLogLevel"] == "DEBUG"
    group = one(resources(stack, "AWS::Logs::LogGroup"), "Waiting")
    assert (group["RetentionInDays"], "KmsKeyId" in group) == (365, True)
    assert all("PermissionsBoundary" in role["Properties"] for role in resources(stack, "AWS::IAM::Role").values())
    assert resources(stack, "AWS::IAM::Policy") == {}


def _bucket(stack: cdk.Stack) -> Any:
    return cdk.aws_s3.Bucket.from_bucket_name(stack, "Bucket", "code")


@pytest.mark.parametrize("is_managed", [False, True])
def test_watcher_in_a_network_is_made_after_the_policies_for_it(
    stack: cdk.Stack, pipeline: Make, resources: Resources, *, is_managed: bool
) -> None:
    ImagePipelineProvider.of(stack, vpc=network(stack), managed_policies_only=is_managed)
    pipeline().build_on_deploy()
    kind = "AWS::IAM::ManagedPolicy" if is_managed else "AWS::IAM::Policy"
    policies = {name: found for name, found in resources(stack, kind).items() if name.startswith(WAITING)}
    (watcher,) = (found for name, found in resources(stack, "AWS::Lambda::Function").items() if "Watcher" in name)
    (network_policy,) = (name for name in policies if "Network" in name)
    (own,) = (name for name in policies if name.startswith(f"{WAITING}Policy"))
    assert own in watcher["DependsOn"]
    assert network_policy in policies[own]["DependsOn"]
    assert "ec2:CreateNetworkInterface" in repr(policies[own])


def test_role_that_is_given_stays_the_functions(stack: cdk.Stack, pipeline: Make, resources: Resources) -> None:
    role: Any = iam.Role.from_role_arn(stack, "Given", "arn:aws:iam::123456789012:role/given")
    ImagePipelineProvider.of(stack, role=role)
    pipeline().build_on_deploy()
    functions = resources(stack, "AWS::Lambda::Function")
    assert one(functions, "ProviderFunction")["Role"] == "arn:aws:iam::123456789012:role/given"
    assert "Fn::GetAtt" in one(functions, "Watcher")["Role"]
    assert len(resources(stack, "AWS::IAM::Role")) == 2


def test_provider_of_many_stacks_sees_images_of_those_stacks(stack: cdk.Stack, resources: Resources) -> None:
    provider = ImagePipelineProvider.of(stack, stack_names=["team-*"])
    assert stack.resolve(provider.watcher_arn) == {
        "Ref": one_name(resources(stack, "AWS::StepFunctions::StateMachine"))
    }
    seen, cancelled, untagged, _ = statements(resources(stack, "AWS::IAM::Policy"), "WaitingPolicy")
    for statement, operator in ((seen, "StringLikeIfExists"), (cancelled, "StringLike"), (untagged, "StringLike")):
        (values,) = statement["Condition"][operator].values()
        assert values[0] == {"Ref": "AWS::StackId"}
        assert "stack/team-*/*" in repr(values[1])
    assert "Environment" not in one(resources(stack, "AWS::Lambda::Function"), "Watcher")


def one_name(found: dict[str, Any]) -> str:
    (name,) = found
    return name


@pytest.mark.parametrize("is_managed", [False, True])
def test_customized_roles_are_reported(tmp_path: Path, minimal: dict[str, Any], *, is_managed: bool) -> None:
    app = cdk.App(outdir=str(tmp_path))
    iam.Role.customize_roles(app)
    stack = cdk.Stack(app, "Stack")
    ImagePipelineProvider.of(stack, vpc=network(stack), managed_policies_only=is_managed)
    ImagePipeline(stack, "Web", **minimal).build_on_deploy(removal_policy=cdk.RemovalPolicy.DESTROY)
    with contextlib.suppress(RuntimeError):  # raised for roles that nobody has made yet
        app.synth()
    report = json.loads((tmp_path / "iam-policy-report.json").read_text())
    roles = {
        role["roleConstructPath"].removeprefix("Stack/Custom::ImagePipelineProvider/"): role for role in report["roles"]
    }
    assert roles.keys() == {"Role", "Waiting/Role", "Waiting/StateMachineRole", "LifecycleRole"}
    watcher = repr(roles["Waiting/Role"])
    for action in ("imagebuilder:GetImage", "logs:PutLogEvents", "ec2:CreateNetworkInterface", "ec2:DescribeSubnets"):
        assert action in watcher
    assert "lambda:InvokeFunction" in repr(roles["Waiting/StateMachineRole"])


def test_pipeline_that_is_not_deleted_while_it_builds_lets_the_function_look(
    stack: cdk.Stack, pipeline: Make, resources: Resources
) -> None:
    pipeline(on_delete=ImagePipelineOnDelete.REFUSE_WHILE_BUILDING)
    found = resources(stack, "Custom::ImagePipeline")
    (made,) = found.values()
    assert made["Properties"]["OnDelete"] == "REFUSE_WHILE_BUILDING"
    assert "imagebuilder:ListImagePipelineImages" in actions(resources(stack, "AWS::IAM::Policy"))
