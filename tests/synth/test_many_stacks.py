"""One provider for many stacks: taken as it is, or by its ServiceToken."""

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_imagebuilder as imagebuilder
from support.apps import new_app

from cdk_imagebuilder_pipeline import ImagePipeline, ImagePipelineProvider, ImagePipelineProviderBase

TOKEN = "arn:aws:lambda:eu-west-1:123456789012:function:images"
STACK_ID = "imagebuilder-pipeline:stack-id"
EU = cdk.Environment(account="123456789012", region="eu-west-1")
Make = Callable[..., ImagePipeline]
Resources = Callable[..., dict[str, Any]]


def imported(stack: cdk.Stack, token: str = TOKEN, **more: Any) -> ImagePipelineProviderBase:
    return ImagePipelineProvider.from_service_token(stack, "Provider", token, **more)


def serving(app: cdk.App, *names: str, env: cdk.Environment | None = None) -> ImagePipelineProvider:
    return ImagePipelineProvider(cdk.Stack(app, "Shared", env=env), "Provider", stack_names=names)


def test_pipeline_of_an_imported_provider_is_the_only_resource_of_its_stack(
    stack: cdk.Stack, pipeline: Make, resources: Resources
) -> None:
    pipeline(provider=imported(stack), image_scanning_enabled=True, execution_role="build")
    ((made),) = resources(stack).values()
    assert made["Type"] == "Custom::ImagePipeline"
    assert made["Properties"]["ServiceToken"] == TOKEN
    assert made["Properties"]["ServiceTimeout"] == 1080


def test_timeout_of_an_imported_provider_that_says_nothing_is_that_of_one_made_with_defaults(stack: cdk.Stack) -> None:
    assert (
        imported(stack).service_timeout.to_seconds()
        == ImagePipelineProvider(stack, "Made").service_timeout.to_seconds()
    )
    other = cdk.Stack(new_app(), "Stack")
    assert imported(other, service_timeout=cdk.Duration.minutes(30)).service_timeout.to_seconds() == 1800


def test_service_token_that_is_known_later_is_taken_as_it_is(
    stack: cdk.Stack, pipeline: Make, resources: Resources
) -> None:
    pipeline(provider=imported(stack, cdk.Fn.import_value("ImagePipelineServiceToken")))
    (made,) = resources(stack, "Custom::ImagePipeline").values()
    assert made["Properties"]["ServiceToken"] == {"Fn::ImportValue": "ImagePipelineServiceToken"}


@pytest.mark.parametrize(
    "token",
    ["images", "arn:aws:sns:eu-west-1:123456789012:images", "arn:aws:lambda:eu-west-1:123456789012:layer:images"],
)
def test_service_token_of_no_function_is_refused(stack: cdk.Stack, token: str) -> None:
    with pytest.raises(
        ValueError, match=r"^ImagePipelineProvider 'Stack/Provider': service_token is not a Lambda functi"
    ):
        imported(stack, token)


@pytest.mark.parametrize("suffix", ["", ":live", ":$LATEST", ":3"])
def test_service_token_may_be_of_an_alias_or_a_version(stack: cdk.Stack, suffix: str) -> None:
    assert imported(stack, f"{TOKEN}{suffix}").service_token == f"{TOKEN}{suffix}"


@pytest.mark.parametrize(
    ("env", "message"),
    [
        (cdk.Environment(region="us-east-1"), "service_token is in another Region: got eu-west-1, allowed is the Region of the stack, us-east-1"),
        (cdk.Environment(account="111122223333"), "service_token is in another account: got 123456789012, allowed is the account of the stack, 111122223333"),
    ],
)  # fmt: skip
def test_imported_provider_of_another_place_is_refused(
    app: cdk.App, pipeline: Make, env: cdk.Environment, message: str
) -> None:
    stack = cdk.Stack(app, "Elsewhere", env=env)
    with pytest.raises(ValueError, match=message):
        pipeline("Web", stack, provider=imported(stack))


@pytest.mark.parametrize("only", [True, False])
def test_imported_provider_says_how_execution_roles_get_their_policies(
    stack: cdk.Stack, pipeline: Make, resources: Resources, only: bool
) -> None:
    pipeline(provider=imported(stack, managed_policies_only=only), image_log_group="web")
    kinds = {resource["Type"] for resource in resources(stack).values()}
    assert {"AWS::IAM::ManagedPolicy", "AWS::IAM::Policy"} & kinds == {f"AWS::IAM::{'Managed' if only else ''}Policy"}


def test_pipelines_of_other_stacks_take_the_function_and_add_nothing_to_its_policy(
    app: cdk.App, minimal: dict[str, Any], resources: Resources
) -> None:
    provider = serving(app, "Team*")
    before = [*provider.policy.documents()]
    stacks = [cdk.Stack(app, f"Team{index}") for index in range(2)]
    for stack in stacks:
        principal: Any = iam.ServicePrincipal("imagebuilder.amazonaws.com")
        role = iam.Role(stack, "Role", assumed_by=principal)
        infrastructure = imagebuilder.CfnInfrastructureConfiguration(
            stack, "Infrastructure", name="web", instance_profile_name="web"
        )
        props: dict[str, Any] = minimal | {"infrastructure_configuration": infrastructure}
        ImagePipeline(stack, "Web", **props, provider=provider, execution_role=role, image_log_group="web")
    app.synth()  # RuntimeError for a circle of stacks
    assert provider.policy.documents() == before
    for stack in stacks:
        assert resources(stack, "AWS::Lambda::Function") == {}
        (made,) = resources(stack, "Custom::ImagePipeline").values()
        assert made["Properties"]["ServiceToken"].keys() == {"Fn::ImportValue"}


def test_policy_of_a_provider_for_many_stacks_names_its_own_stack_and_the_patterns_and_no_others(
    app: cdk.App, resources: Resources
) -> None:
    provider = serving(app, "team-a-*", "team-b")
    stack = cdk.Stack.of(provider)
    (policy,) = resources(stack, "AWS::IAM::Policy").values()
    statements = policy["Properties"]["PolicyDocument"]["Statement"]
    owners = [
        one
        for statement in statements
        for operator, keys in statement.get("Condition", {}).items()
        if operator != "Null"
        for key, one in keys.items()
        if STACK_ID in key
    ]
    pattern = ["arn:", {"Ref": "AWS::Partition"}, ":cloudformation:", {"Ref": "AWS::Region"}, ":", {"Ref": "AWS::AccountId"}]  # fmt: skip
    names = [{"Fn::Join": ["", [*pattern, f":stack/{name}/*"]]} for name in ("team-a-*", "team-b")]
    assert owners == [[{"Ref": "AWS::StackId"}, *names]] * 7
    operators = {operator for statement in statements for operator in statement.get("Condition", {})}
    assert operators == {
        "Null", "StringLike", "StringLikeIfExists", "StringEquals", "ForAllValues:StringNotEquals",
    }  # fmt: skip
    (function,) = resources(stack, "AWS::Lambda::Function").values()
    assert "Environment" not in function["Properties"]


def test_provider_for_many_stacks_may_read_what_their_pipelines_refer_to_and_pass_no_role(app: cdk.App) -> None:
    (document,) = serving(app, "*").policy.documents()
    actions = {action for statement in document["Statement"] for action in statement["Action"]}
    assert {action for action in actions if action.startswith("imagebuilder:Get")} == {
        "imagebuilder:GetContainerRecipe",
        "imagebuilder:GetDistributionConfiguration",
        "imagebuilder:GetImagePipeline",
        "imagebuilder:GetImageRecipe",
        "imagebuilder:GetInfrastructureConfiguration",
        "imagebuilder:GetWorkflow",
    }
    assert "iam:PassRole" not in actions


def test_pipelines_of_its_own_stack_add_to_its_policy(
    app: cdk.App, minimal: dict[str, Any], resources: Resources
) -> None:
    provider = serving(app, "other")
    ImagePipeline(cdk.Stack.of(provider), "Web", **minimal, provider=provider, execution_role="build")
    assert "role/build" in repr(cdk.Stack.of(provider).resolve(provider.policy.documents()))


def test_stack_that_the_provider_does_not_serve_is_refused(app: cdk.App, pipeline: Make) -> None:
    provider = serving(app, "team-a-*", "team-b")
    with pytest.raises(
        ValueError,
        match=r"^ImagePipeline 'team-c/Web': provider 'Shared/Provider' does not serve this stack: got stack name 'team-c', allowed are its stack_names team-a-\*, team-b$",
    ):
        pipeline("Web", cdk.Stack(app, "team-c"), provider=provider)


def test_stack_of_another_region_is_refused(app: cdk.App, pipeline: Make) -> None:
    provider = serving(app, "*", env=EU)
    elsewhere = cdk.Stack(app, "Elsewhere", env=cdk.Environment(account="123456789012", region="us-east-1"))
    with pytest.raises(
        ValueError, match=r"provider 'Shared/Provider' is in another Region: got eu-west-1, allowed is "
    ):
        pipeline("Web", elsewhere, provider=provider)


def test_names_that_are_known_later_are_not_judged(app: cdk.App, pipeline: Make) -> None:
    shared = cdk.Stack(app, "Shared")
    provider = ImagePipelineProvider(shared, "Provider", stack_names=[cdk.Fn.import_value("Names")])
    assert pipeline("Web", cdk.Stack(app, "team-c"), provider=provider).execution_role is None


@pytest.mark.parametrize("name", ["", "1team", "team_a", "a/b", "x" * 129])
def test_name_that_no_stack_has_is_refused(app: cdk.App, name: str) -> None:
    with pytest.raises(ValueError, match=r"stack_names has an invalid stack name: got '.*', allowed is a letter"):
        serving(app, name)
