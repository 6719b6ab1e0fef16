"""The function's role: its own, a given one, one that somebody else makes; with inline policies or without."""

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
from cdk_nag import HIPAASecurityChecks, NIST80053R5Checks

from cdk_imagebuilder_pipeline import ImagePipeline, ImagePipelineProvider

ARN = "arn:aws:imagebuilder:eu-west-1:123456789012"
INLINE, MANAGED = "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"
Make = Callable[..., ImagePipeline]
Resources = Callable[..., dict[str, Any]]


def lambda_role(scope: cdk.Stack, **properties: Any) -> Any:
    principal: Any = iam.ServicePrincipal("lambda.amazonaws.com")
    return iam.Role(scope, "Given", assumed_by=principal, **properties)


def imported(scope: cdk.Stack, **options: Any) -> Any:
    return iam.Role.from_role_arn(scope, "Given", "arn:aws:iam::123456789012:role/paths/given", **options)


def actions_of(policies: dict[str, Any]) -> set[str]:
    statements = [one for policy in policies.values() for one in policy["Properties"]["PolicyDocument"]["Statement"]]
    return {action for one in statements for action in one["Action"]}


@pytest.mark.parametrize("give", [lambda_role, imported])
@pytest.mark.parametrize("is_of_another_stack", [False, True])
def test_given_role_gets_the_policy_in_the_stack_of_the_function(
    app: cdk.App, stack: cdk.Stack, pipeline: Make, give: Callable[[cdk.Stack], Any], *, is_of_another_stack: bool
) -> None:
    role = give(cdk.Stack(app, "Other") if is_of_another_stack else stack)
    provider = ImagePipelineProvider.of(stack, role=role)
    pipeline()
    found = app.synth().get_stack_by_name("Stack").template["Resources"]
    policies = {name: one for name, one in found.items() if one["Type"] == INLINE}
    assert "imagebuilder:CreateImagePipeline" in actions_of(policies)
    assert provider.role is role
    (function,) = (one for one in found.values() if one["Type"] == "AWS::Lambda::Function")
    assert (
        function["Properties"]["Role"] == stack.resolve(role.role_arn)
        or "Fn::ImportValue" in function["Properties"]["Role"]
    )
    assert set(policies) <= set(function["DependsOn"])


def test_role_that_may_not_be_changed_is_left_to_its_owner_who_is_told_what_to_allow(
    stack: cdk.Stack, pipeline: Make, resources: Resources
) -> None:
    provider = ImagePipelineProvider.of(stack, role=imported(stack, mutable=False))
    pipeline()
    assert resources(stack, INLINE) == resources(stack, MANAGED) == {}
    (said,) = (one.data for one in provider.node.metadata if one.type == "aws:cdk:warning")
    assert said.startswith("role is immutable, so no policies are attached to it")
    (document,) = provider.policy.documents()
    (create,) = (one for one in document["Statement"] if "imagebuilder:CreateImagePipeline" in one["Action"])
    # The stack's id is not known to somebody who allows it in advance.
    assert "AWS::StackId" not in repr(stack.resolve(create))
    assert create["Condition"].keys() == {"StringLike"}


def test_documents_for_a_role_of_somebody_else_have_what_a_network_needs(stack: cdk.Stack) -> None:
    provider = ImagePipelineProvider.of(stack, role=imported(stack, mutable=False), vpc=network(stack))
    actions = {
        action for document in provider.policy.documents() for one in document["Statement"] for action in one["Action"]
    }
    assert {"ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface"} <= actions


def network(stack: cdk.Stack) -> Any:
    return ec2.Vpc.from_vpc_attributes(
        stack, "Vpc", vpc_id="vpc-0123456789abcdef0", availability_zones=["a"], private_subnet_ids=["subnet-1"]
    )


def test_boundary_beside_a_given_role_is_an_error(stack: cdk.Stack) -> None:
    boundary: Any = iam.ManagedPolicy.from_managed_policy_name(stack, "Boundary", "boundary")
    with pytest.raises(
        ValueError, match="permissions_boundary applies only to a role that the provider creates: got role too"
    ):
        ImagePipelineProvider(stack, "Provider", role=lambda_role(stack), permissions_boundary=boundary)


def test_managed_policies_only_leave_no_inline_policy_and_allow_the_same(
    app: cdk.App, stack: cdk.Stack, pipeline: Make, resources: Resources
) -> None:
    other = cdk.Stack(app, "Other")
    for one, options in ((stack, {"managed_policies_only": True}), (other, {})):
        given: Any = options | {"vpc": network(one)}
        ImagePipelineProvider.of(one, **given)
        pipeline(scope=one)
    assert resources(stack, INLINE) == {}
    assert actions_of(resources(stack, MANAGED)) == actions_of(resources(other, INLINE))


def test_managed_policies_are_each_no_longer_than_iam_takes(stack: cdk.Stack, resources: Resources) -> None:
    provider = ImagePipelineProvider.of(stack, managed_policies_only=True)
    for index in range(100):
        provider.policy.allow_read("image-recipe", f"{ARN}:image-recipe/recipe{index:03}/1.0.0")
    policies = resources(stack, MANAGED)
    assert len(policies) > 1
    for one in policies.values():
        assert (
            len(json.dumps(one["Properties"]["PolicyDocument"], separators=(",", ":"))) <= 6144 + 2000
        )  # with functions


def test_name_and_concurrency_are_those_of_the_function(stack: cdk.Stack, resources: Resources) -> None:
    ImagePipelineProvider.of(stack, function_name="pipelines", reserved_concurrent_executions=5)
    (function,) = resources(stack, "AWS::Lambda::Function").values()
    assert function["Properties"]["FunctionName"] == "pipelines"
    assert function["Properties"]["ReservedConcurrentExecutions"] == 5


@pytest.mark.parametrize("count", [0, -1])
def test_function_that_could_handle_no_event_is_refused(stack: cdk.Stack, count: int) -> None:
    with pytest.raises(
        ValueError, match=f"reserved_concurrent_executions is too small: got {count}, allowed at least 1"
    ):
        ImagePipelineProvider(stack, "Provider", reserved_concurrent_executions=count)


@pytest.mark.parametrize("precreated", [None, {"Stack/Custom::ImagePipelineProvider/Role": "made-by-the-team"}])
@pytest.mark.parametrize("is_synthesis_prevented", [True, False])
def test_customized_roles_are_reported_with_every_right_and_nothing_of_them_is_in_the_template(
    tmp_path: Path, minimal: dict[str, Any], *, precreated: dict[str, str] | None, is_synthesis_prevented: bool
) -> None:
    app = cdk.App(outdir=str(tmp_path))
    iam.Role.customize_roles(app, prevent_synthesis=is_synthesis_prevented, use_precreated_roles=precreated)
    stack = cdk.Stack(app, "Stack")
    ImagePipelineProvider.of(stack, vpc=network(stack))
    ImagePipeline(stack, "Web", **minimal, image_log_group="web")
    with contextlib.suppress(RuntimeError):  # raised for roles that nobody has made yet
        app.synth()
    report = json.loads((tmp_path / "iam-policy-report.json").read_text())
    roles = {role["roleConstructPath"]: role for role in report["roles"]}
    function = roles["Stack/Custom::ImagePipelineProvider/Role"]["identityPolicyStatements"]
    actions = {
        action for one in function for action in ([one["Action"]] if isinstance(one["Action"], str) else one["Action"])
    }
    assert actions >= {
        "imagebuilder:CreateImagePipeline",
        "imagebuilder:GetImageRecipe",
        "iam:PassRole",
        "logs:PutLogEvents",
        "sqs:SendMessage",
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
    }
    execution = roles["Stack/Web/ExecutionRole"]["identityPolicyStatements"]
    assert {"logs:CreateLogGroup", "logs:PutLogEvents"} <= {
        action for one in execution for action in as_list(one["Action"])
    }
    template = tmp_path / "Stack.template.json"
    if is_synthesis_prevented and template.exists():
        kinds = {one["Type"] for one in json.loads(template.read_text())["Resources"].values()}
        assert not {INLINE, MANAGED, "AWS::IAM::Role"} & kinds


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


LEFT_TO_THE_USER: dict[str, str] = {}


@pytest.mark.parametrize("pack", [NIST80053R5Checks, HIPAASecurityChecks])
def test_packs_that_forbid_inline_policies_find_nothing_with_the_options_for_them(tmp_path: Path, pack: Any) -> None:
    app = cdk.App(outdir=str(tmp_path))
    cdk.Validations.of(app).add_plugins(pack(app))
    stack = cdk.Stack(app, "Stack", env=cdk.Environment(account="123456789012", region="eu-west-1"))
    key: Any = kms.Key(stack, "Key", enable_key_rotation=True)
    ImagePipelineProvider.of(
        stack,
        managed_policies_only=True,
        reserved_concurrent_executions=5,
        encryption_key=key,
        vpc=network(stack),
    )
    ImagePipeline(
        stack,
        "Web",
        recipe=f"{ARN}:image-recipe/web/1.0.0",
        infrastructure_configuration=f"{ARN}:infrastructure-configuration/web",
        image_log_group="web",
    ).build_on_deploy(removal_policy=cdk.RemovalPolicy.DESTROY)
    with contextlib.suppress(RuntimeError):
        app.synth()
    report = json.loads((tmp_path / "validation-report.json").read_text(encoding="utf-8"))
    found = {
        f"{violation['ruleName']} at {resource.get('constructPath')}"
        for plugin in report["pluginReports"]
        for violation in plugin["violations"]
        for resource in violation["violatingConstructs"]
        if violation["ruleName"] not in LEFT_TO_THE_USER
    }
    assert found == set()


def test_policies_of_two_stacks_on_one_role_have_names_of_their_own(app: cdk.App, pipeline: Make) -> None:
    arn = "arn:aws:iam::123456789012:role/shared"
    for name in ("One", "Two"):
        stack = cdk.Stack(app, name)
        function: Any = iam.Role.from_role_arn(stack, "Function", arn)
        execution: Any = iam.Role.from_role_arn(stack, "Execution", arn)
        ImagePipelineProvider.of(stack, role=function, vpc=network(stack))
        pipeline(scope=stack, execution_role=execution, image_log_group="web")
    templates = [app.synth().get_stack_by_name(name).template["Resources"] for name in ("One", "Two")]
    policies = [one for template in templates for one in template.values() if one["Type"] == INLINE]
    names = [json.dumps(one["Properties"]["PolicyName"]) for one in policies]
    assert len(names) == len(set(names)) == 6
    # A stack of the same name may be in another Region, and a role is of every Region.
    assert all('{"Ref": "AWS::StackId"}' in name for name in names)
