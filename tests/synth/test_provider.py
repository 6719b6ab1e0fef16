"""The function that pipelines share, and what its role may do."""

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs

from cdk_imagebuilder_pipeline import ImagePipeline, ImagePipelineProvider, WorkflowConfiguration

ARN = "arn:aws:imagebuilder:eu-west-1:123456789012"
Make = Callable[..., ImagePipeline]
Resources = Callable[..., dict[str, Any]]


@pytest.fixture
def allowed(stack: cdk.Stack, resources: Resources) -> Callable[[], dict[str, Any]]:
    """Return the resources of each statement of the stack's only policy by its actions, joined."""

    def read() -> dict[str, Any]:
        (policy,) = resources(stack, "AWS::IAM::Policy").values()
        statements = policy["Properties"]["PolicyDocument"]["Statement"]
        found = {" ".join(statement["Action"]): plain(statement["Resource"]) for statement in statements}
        # Tags are put on and taken off under two conditions each.
        twice = ["imagebuilder:TagResource", "imagebuilder:UntagResource"]
        assert len(found) == len(statements) - len(twice), "two statements allow the same actions"
        assert set(twice) <= found.keys()
        return found

    return read


def plain(value: Any) -> Any:
    """Return an ARN as one text, with intrinsic functions as `<name>`."""
    match value:
        case str():
            return value
        case list():
            return [plain(item) for item in value]
        case {"Ref": name}:
            return f"<{name}>"
        case {"Fn::GetAtt": [name, attribute]}:
            return f"<{name}.{attribute}>"
        case {"Fn::Join": [separator, parts]}:
            return str(separator).join(plain(part) for part in parts)
        case _:
            raise AssertionError(value)


def test_pipelines_of_a_stack_share_one_function(stack: cdk.Stack, pipeline: Make, resources: Resources) -> None:
    pipeline("A")
    pipeline("B")
    types = sorted(resource["Type"] for resource in resources(stack).values())
    assert types == [
        "AWS::IAM::Policy", "AWS::IAM::Role", "AWS::Lambda::EventInvokeConfig", "AWS::Lambda::Function", "AWS::Logs::LogGroup",
        "AWS::SQS::Queue", "AWS::SQS::QueuePolicy", "Custom::ImagePipeline", "Custom::ImagePipeline",
    ]  # fmt: skip


def test_get_or_create_returns_the_same_provider_for_every_scope_of_a_stack(stack: cdk.Stack, pipeline: Make) -> None:
    made = pipeline()
    assert ImagePipelineProvider.get_or_create(made) is ImagePipelineProvider.get_or_create(stack)


def test_stacks_have_providers_of_their_own(app: cdk.App, minimal: dict[str, Any], resources: Resources) -> None:
    stacks = [cdk.Stack(app, "A"), cdk.Stack(app, "B")]
    for stack in stacks:
        ImagePipeline(stack, "Web", **minimal)
    assert [len(resources(stack, "AWS::Lambda::Function")) for stack in stacks] == [1, 1]


def test_nested_stack_has_a_provider_of_its_own(stack: cdk.Stack, pipeline: Make, resources: Resources) -> None:
    nested = cdk.NestedStack(stack, "Nested")
    pipeline("Web", nested)
    assert len(resources(nested, "AWS::Lambda::Function")) == 1
    assert resources(stack, "AWS::Lambda::Function") == {}


def test_given_provider_is_used_and_no_other_made(stack: cdk.Stack, pipeline: Make, resources: Resources) -> None:
    provider = ImagePipelineProvider(stack, "Mine", timeout=cdk.Duration.minutes(1))
    pipeline(provider=provider)
    (function,) = resources(stack, "AWS::Lambda::Function")
    (resource,) = resources(stack, "Custom::ImagePipeline").values()
    assert stack.resolve(provider.function.function_name) == {"Ref": function}
    assert stack.resolve(provider.service_token) == {"Fn::GetAtt": [function, "Arn"]}
    assert resource["Properties"]["ServiceToken"] == {"Fn::GetAtt": [function, "Arn"]}
    assert resource["Properties"]["ServiceTimeout"] == 3 * 60 + 180


def test_provider_of_another_stack_is_refused(app: cdk.App, pipeline: Make) -> None:
    other = ImagePipelineProvider(cdk.Stack(app, "Other"), "Mine")
    with pytest.raises(
        ValueError,
        match=r"^ImagePipeline 'Stack/Web': provider 'Other/Mine' belongs to another stack, .*: use a provider of this stack, omit provider, or add this ",
    ):
        pipeline(provider=other)


def test_longest_timeout_keeps_the_service_timeout_within_an_hour(stack: cdk.Stack) -> None:
    provider = ImagePipelineProvider(stack, "Mine", timeout=cdk.Duration.minutes(15))
    assert provider.service_timeout.to_seconds() == 2880


def test_log_retention_is_that_of_the_log_group(stack: cdk.Stack, resources: Resources) -> None:
    ImagePipelineProvider(stack, "Mine", log_retention=logs.RetentionDays.ONE_YEAR)
    (group,) = resources(stack, "AWS::Logs::LogGroup").values()
    assert group["Properties"]["RetentionInDays"] == 365


def test_pipeline_waits_for_the_function_and_the_function_for_the_policy(
    stack: cdk.Stack, pipeline: Make, resources: Resources
) -> None:
    pipeline()
    (policy,) = resources(stack, "AWS::IAM::Policy")
    (function,) = resources(stack, "AWS::Lambda::Function").values()
    assert policy in function["DependsOn"]


def test_needs_of_all_pipelines_are_one_statement_an_action_each_arn_once(
    pipeline: Make, allowed: Callable[[], dict[str, Any]]
) -> None:
    pipeline(
        "A", recipe=f"{ARN}:image-recipe/a/1.0.0", distribution_configuration=f"{ARN}:distribution-configuration/a"
    )
    pipeline("B", recipe=f"{ARN}:image-recipe/b/1.x.x")
    pipeline("C", recipe=f"{ARN}:container-recipe/c/1.0.0")
    found = allowed()
    assert found["imagebuilder:GetImageRecipe"] == [f"{ARN}:image-recipe/a/1.0.0", f"{ARN}:image-recipe/b/1.*.*"]
    assert found["imagebuilder:GetContainerRecipe"] == [f"{ARN}:container-recipe/c/1.0.0"]
    assert found["imagebuilder:GetInfrastructureConfiguration"] == [f"{ARN}:infrastructure-configuration/web"]
    assert found["imagebuilder:GetDistributionConfiguration"] == [f"{ARN}:distribution-configuration/a"]


def test_x_in_a_name_is_no_version(pipeline: Make, allowed: Callable[[], dict[str, Any]]) -> None:
    pipeline(
        recipe=f"{ARN}:image-recipe/x-x/x.x.1",
        infrastructure_configuration=f"{ARN}:infrastructure-configuration/x",
    )
    found = allowed()
    assert found["imagebuilder:GetImageRecipe"] == [f"{ARN}:image-recipe/x-x/*.*.1"]
    assert found["imagebuilder:GetInfrastructureConfiguration"] == [f"{ARN}:infrastructure-configuration/x"]


@pytest.mark.parametrize(
    ("arn", "resources_of_it"),
    [
        ("test/smoke/1.0.0/2", ["test/smoke/1.0.0/2"]),
        ("test/smoke/1.0.0", ["test/smoke/1.0.0", "test/smoke/1.0.0/*"]),
        ("test/smoke/x.x.x", ["test/smoke/*.*.*"]),
        ("test/smoke/x.x.0", ["test/smoke/*.*.0", "test/smoke/*.*.0/*"]),
    ],
)
def test_workflow_is_read_in_every_version_that_its_arn_leaves_open(
    pipeline: Make, allowed: Callable[[], dict[str, Any]], arn: str, resources_of_it: list[str]
) -> None:
    pipeline(workflows=[WorkflowConfiguration(workflow=f"{ARN}:workflow/{arn}")])
    assert allowed()["imagebuilder:GetWorkflow"] == [f"{ARN}:workflow/{resource}" for resource in resources_of_it]


def test_arn_of_a_configuration_that_is_a_token_is_allowed_as_it_is(
    pipeline: Make, allowed: Callable[[], dict[str, Any]]
) -> None:
    pipeline(infrastructure_configuration=cdk.Fn.ref("Infrastructure"))
    assert allowed()["imagebuilder:GetInfrastructureConfiguration"] == ["<Infrastructure>"]


@pytest.mark.parametrize(
    ("role", "passed"),
    [
        ("arn:aws:iam::123456789012:role/path/build", "arn:aws:iam::123456789012:role/path/build"),
        ("build", "arn:<AWS::Partition>:iam::<AWS::AccountId>:role/build"),
        ("service-role/build", "arn:<AWS::Partition>:iam::<AWS::AccountId>:role/service-role/build"),
    ],
)
def test_execution_role_alone_may_be_passed(
    pipeline: Make, allowed: Callable[[], dict[str, Any]], role: str, passed: str
) -> None:
    pipeline(execution_role=role)
    assert allowed()["iam:PassRole"] == [passed]


SERVICE_ROLE = (
    "arn:<AWS::Partition>:iam::<AWS::AccountId>:role/"
    "aws-service-role/imagebuilder.amazonaws.com/AWSServiceRoleForImageBuilder"
)


def test_roles_that_image_builder_looks_at_as_its_caller_are_read(
    pipeline: Make, allowed: Callable[[], dict[str, Any]]
) -> None:
    pipeline("A")
    pipeline("B", execution_role="build")
    assert allowed()["iam:GetRole"] == [SERVICE_ROLE, "arn:<AWS::Partition>:iam::<AWS::AccountId>:role/build"]


def test_key_of_an_encrypted_workflow_is_one_that_may_be_decrypted_with(
    stack: cdk.Stack, pipeline: Make, allowed: Callable[[], dict[str, Any]]
) -> None:
    pipeline()
    key = "arn:aws:kms:eu-west-1:123456789012:key/1"
    for _ in range(2):
        ImagePipelineProvider.of(stack).policy.allow_decrypt(key)
    assert allowed()["kms:Decrypt"] == [key]


def test_no_role_may_be_passed_without_an_execution_role(pipeline: Make, allowed: Callable[[], dict[str, Any]]) -> None:
    pipeline()
    assert "iam:PassRole" not in allowed()


ECR_READS = "ecr:BatchGetRepositoryScanningConfiguration ecr:DescribeRepositories"
CONTAINER_RECIPE = {"recipe": f"{ARN}:container-recipe/web/1.0.0"}
REPOSITORY = "arn:<AWS::Partition>:ecr:<AWS::Region>:<AWS::AccountId>:repository"


@pytest.mark.parametrize(
    ("props", "repositories", "inspector"),
    [
        ({}, None, None),
        (CONTAINER_RECIPE | {"image_scanning_enabled": False, "image_scanning_ecr_repository": "scans"}, None, None),
        (CONTAINER_RECIPE | {"image_scanning_ecr_repository": "scans"}, None, None),
        ({"image_scanning_enabled": True}, None, "*"),
        (
            CONTAINER_RECIPE | {"image_scanning_enabled": True, "image_scanning_ecr_repository": "scans"},
            [f"{REPOSITORY}/scans"],
            "*",
        ),
        (
            CONTAINER_RECIPE | {"image_scanning_enabled": True},
            [f"{REPOSITORY}/image-builder-image-scanning-repository"],
            "*",
        ),
    ],
)
def test_scanning_is_read_only_where_it_is_on(
    pipeline: Make,
    allowed: Callable[[], dict[str, Any]],
    props: dict[str, Any],
    repositories: list[str] | None,
    inspector: str | None,
) -> None:
    pipeline(**props)
    found = allowed()
    assert found.get(ECR_READS) == repositories
    assert found.get("inspector2:BatchGetAccountStatus") == inspector


def test_scanning_that_a_token_decides_is_allowed_for(pipeline: Make, allowed: Callable[[], dict[str, Any]]) -> None:
    pipeline(image_scanning_enabled=cdk.Fn.condition_if("C", value_if_true=True, value_if_false=False))
    assert "inspector2:BatchGetAccountStatus" in allowed()


def test_execution_role_of_the_stack_is_passed_by_reference(
    stack: cdk.Stack, pipeline: Make, allowed: Callable[[], dict[str, Any]]
) -> None:
    principal: Any = iam.AccountRootPrincipal()  # pyright does not see an IPrincipal in it
    role = iam.Role(stack, "Build", assumed_by=principal)
    pipeline(execution_role=role)
    child = role.node.default_child
    assert isinstance(child, iam.CfnRole)
    (passed,) = allowed()["iam:PassRole"]
    assert passed == f"<{stack.get_logical_id(child)}.Arn>"
