"""The execution role: made where the service refuses to be without one, and what it may do."""

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs

from cdk_imagebuilder_pipeline import ImagePipeline, WorkflowConfiguration

ARN = "arn:aws:imagebuilder:eu-west-1:123456789012"
WORKFLOWS = [WorkflowConfiguration(workflow=f"{ARN}:workflow/test/smoke/1.0.0/1")]
WRITE = ["logs:CreateLogStream", "logs:PutLogEvents"]
Make = Callable[..., ImagePipeline]
Resources = Callable[..., dict[str, Any]]


def made_roles(resources: Resources, stack: cdk.Stack) -> dict[str, Any]:
    return {key: role for key, role in resources(stack, "AWS::IAM::Role").items() if key.startswith("WebExecutionRole")}


def statements_of(resources: Resources, stack: cdk.Stack, role: str) -> list[Any]:
    policies = resources(stack, "AWS::IAM::Policy").values()
    (policy,) = (policy for policy in policies if policy["Properties"]["Roles"] == [{"Ref": role}])
    found: list[Any] = policy["Properties"]["PolicyDocument"]["Statement"]
    return found


@pytest.mark.parametrize(
    "props",
    [
        {},
        {"workflows": []},
        {"image_log_group": "/aws/imagebuilder/web"},
        {"image_pipeline_log_group": "/aws/imagebuilder/pipeline/web"},
        {"workflows": WORKFLOWS, "execution_role": "build"},
        {"image_log_group": "web", "execution_role": "arn:aws:iam::123456789012:role/build"},
        {"image_log_group": "web", "execution_role": cdk.Fn.import_value("Role")},
    ],
)
def test_no_role_is_made_where_none_is_needed_or_one_is_given(
    stack: cdk.Stack, pipeline: Make, resources: Resources, props: dict[str, Any]
) -> None:
    assert pipeline(**props).execution_role is None
    assert made_roles(resources, stack) == {}


@pytest.mark.parametrize(
    "props",
    [
        {"workflows": WORKFLOWS},
        {"image_log_group": "web"},
        {"image_pipeline_log_group": "/aws/imagebuilder-web"},
        {"image_log_group": cdk.Fn.import_value("LogGroup")},
    ],
)
def test_role_is_made_that_image_builder_takes_with_the_policy_of_aws(
    stack: cdk.Stack, pipeline: Make, resources: Resources, properties: Callable[[], Any], props: dict[str, Any]
) -> None:
    made = pipeline(**props).execution_role
    ((logical_id, role),) = made_roles(resources, stack).items()
    assert made is not None
    assert properties()["ExecutionRole"] == {"Fn::GetAtt": [logical_id, "Arn"]} == stack.resolve(made.role_arn)
    (trust,) = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "imagebuilder.amazonaws.com"}
    policy = ["arn:", {"Ref": "AWS::Partition"}, ":iam::aws:policy/EC2ImageBuilderExecutionPolicy"]
    assert role["Properties"]["ManagedPolicyArns"] == [{"Fn::Join": ["", policy]}]


def test_made_role_may_be_passed_by_the_function(stack: cdk.Stack, pipeline: Make, resources: Resources) -> None:
    pipeline(workflows=WORKFLOWS)
    (logical_id,) = made_roles(resources, stack)
    (policy,) = resources(stack, "AWS::IAM::Policy").values()
    (passed,) = (s for s in policy["Properties"]["PolicyDocument"]["Statement"] if s["Action"] == ["iam:PassRole"])
    assert passed["Resource"] == [{"Fn::GetAtt": [logical_id, "Arn"]}]


def test_made_role_without_log_groups_has_no_policy_of_its_own(
    stack: cdk.Stack, pipeline: Make, resources: Resources
) -> None:
    pipeline(workflows=WORKFLOWS)
    assert len(resources(stack, "AWS::IAM::Policy")) == 1


def test_log_groups_of_the_stack_may_be_written_to_by_the_made_role(
    stack: cdk.Stack, pipeline: Make, resources: Resources
) -> None:
    image, own = logs.LogGroup(stack, "Image"), logs.LogGroup(stack, "Own")
    pipeline(image_log_group=image, image_pipeline_log_group=own)
    (logical_id,) = made_roles(resources, stack)
    (statement,) = statements_of(resources, stack, logical_id)
    assert statement["Action"] == WRITE
    assert statement["Resource"] == [stack.resolve(image.log_group_arn), stack.resolve(own.log_group_arn)]


def test_log_group_of_the_stack_that_is_named_as_the_services_own_needs_no_role(
    stack: cdk.Stack, pipeline: Make, resources: Resources
) -> None:
    pipeline(image_log_group=logs.LogGroup(stack, "Image", log_group_name="/aws/imagebuilder/web"))
    assert made_roles(resources, stack) == {}


def arn_ends(statement: dict[str, Any]) -> list[str]:
    of = statement["Resource"]
    return [resource["Fn::Join"][1][-1] for resource in (of if isinstance(of, list) else [of])]


def test_log_group_that_is_given_by_name_may_be_created_by_the_made_role_as_those_of_the_service_are(
    stack: cdk.Stack, pipeline: Make, resources: Resources
) -> None:
    # The three actions of EC2ImageBuilderExecutionPolicy on /aws/imagebuilder/*.
    pipeline(image_log_group="web", image_pipeline_log_group="own")
    (logical_id,) = made_roles(resources, stack)
    write, create = statements_of(resources, stack, logical_id)
    assert (write["Action"], arn_ends(write)) == (WRITE, [":log-group:web:*", ":log-group:own:*"])
    assert create["Action"] == "logs:CreateLogGroup"
    assert arn_ends(create) == [":log-group:web", ":log-group:web:*", ":log-group:own", ":log-group:own:*"]


def test_log_group_by_import_exists_so_the_made_role_may_write_to_it_and_not_create_it(
    stack: cdk.Stack, pipeline: Make, resources: Resources
) -> None:
    pipeline(image_pipeline_log_group=logs.LogGroup.from_log_group_name(stack, "Logs", "own"))
    (logical_id,) = made_roles(resources, stack)
    (statement,) = statements_of(resources, stack, logical_id)
    assert (statement["Action"], arn_ends(statement)) == (WRITE, [":log-group:own:*"])


def made_role(stack: cdk.Stack) -> Any:
    principal: Any = iam.ServicePrincipal("imagebuilder.amazonaws.com")  # pyright does not see an IPrincipal in it
    return iam.Role(stack, "Given", assumed_by=principal)


def lazy_role(stack: cdk.Stack) -> Any:
    principal: Any = iam.ServicePrincipal("imagebuilder.amazonaws.com")
    return iam.LazyRole(stack, "Given", assumed_by=principal)


def imported_role(stack: cdk.Stack) -> Any:
    return iam.Role.from_role_arn(stack, "Given", "arn:aws:iam::123456789012:role/build")


GIVEN = [made_role, lazy_role, imported_role]


@pytest.mark.parametrize("is_of_another_stack", [False, True])
@pytest.mark.parametrize("give", GIVEN)
def test_given_role_may_write_to_log_groups_by_a_policy_of_the_pipelines_stack_for_which_the_pipeline_waits(
    app: cdk.App, stack: cdk.Stack, pipeline: Make, give: Callable[[cdk.Stack], Any], *, is_of_another_stack: bool
) -> None:
    role = give(cdk.Stack(app, "Other") if is_of_another_stack else stack)
    group = logs.LogGroup(stack, "Image", log_group_name="/aws/imagebuilder/web")
    assert pipeline(image_log_group=group, execution_role=role).execution_role is role
    found = app.synth().get_stack_by_name("Stack").template["Resources"]
    (policy,) = (name for name in found if name.startswith("WebExecutionRolePolicy"))
    (statement,) = found[policy]["Properties"]["PolicyDocument"]["Statement"]
    assert (statement["Action"], statement["Resource"]) == (WRITE, {"Fn::GetAtt": ["Image9D742C96", "Arn"]})
    (resource,) = (one for one in found.values() if one["Type"] == "Custom::ImagePipeline")
    assert policy in resource["DependsOn"]


def test_given_role_that_may_start_the_pipeline_itself_makes_no_circle(
    stack: cdk.Stack, pipeline: Make, resources: Resources
) -> None:
    role = made_role(stack)
    pipeline(image_log_group=logs.LogGroup(stack, "Image"), execution_role=role).grant_start_execution(role)
    assert len(resources(stack, "AWS::IAM::Policy")) == 3


def test_given_role_of_which_policies_may_not_be_changed_is_left_as_it_is(
    stack: cdk.Stack, pipeline: Make, resources: Resources
) -> None:
    pipeline(image_log_group=logs.LogGroup(stack, "Image"), execution_role=made_role(stack).without_policy_updates())
    assert len(resources(stack, "AWS::IAM::Policy")) == 1


def test_imported_role_that_may_not_be_changed_is_left_as_it_is(
    stack: cdk.Stack, pipeline: Make, resources: Resources
) -> None:
    role = iam.Role.from_role_arn(stack, "Given", "arn:aws:iam::123456789012:role/build", mutable=False)
    pipeline(image_log_group=logs.LogGroup(stack, "Image"), execution_role=role)
    assert len(resources(stack, "AWS::IAM::Policy")) == 1


def test_pipeline_is_made_after_the_policy_of_its_made_role(
    stack: cdk.Stack, pipeline: Make, resources: Resources
) -> None:
    pipeline(image_log_group=logs.LogGroup(stack, "Image"))
    (resource,) = resources(stack, "Custom::ImagePipeline").values()
    assert any(name.startswith("WebExecutionRoleDefaultPolicy") for name in resource["DependsOn"])
