"""The role's policies against IAM's quotas: how they are divided, and that no stack's role outgrows them."""

import json
import random
import re
from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from support.apps import new_app

from cdk_imagebuilder_pipeline import ImagePipeline, ImagePipelineProvider
from cdk_imagebuilder_pipeline.provider.packing import document, longest, pack

ARN = "arn:aws:imagebuilder:eu-west-1:123456789012"
ROLE = "arn:aws:iam::123456789012:role"
INLINE, MANAGED, MOST_MANAGED = 10_240, 6_144, 10
"""IAM's quotas, by hand and not from the code: characters of inline policies, of a managed one, and how many of those."""
POLICIES = ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")
Resources = Callable[..., dict[str, Any]]

DEPLOYED = {
    "AWS::AccountId": "123456789012",
    "AWS::Partition": "aws-us-gov",
    "AWS::Region": "us-isof-south-1",
    "AWS::StackId": f"arn:aws-us-gov:cloudformation:us-isof-south-1:123456789012:stack/{'S' * 128}/{'u' * 36}",
}
"""The longest that each may be."""


def deployed(value: Any, others: str) -> Any:
    """Return a part of a template as CloudFormation hands it to IAM, what is not known as the text `others`."""
    match value:
        case {"Ref": str(name)}:
            return DEPLOYED.get(name, others)
        case {"Fn::GetAtt": _} | {"Fn::ImportValue": _}:
            return others
        case {"Fn::Join": [separator, parts]}:
            return separator.join(deployed(part, others) for part in parts)
        case dict():
            return {key: deployed(item, others) for key, item in value.items()}
        case list():
            return [deployed(item, others) for item in value]
        case _:
            return value


def sizes(resources: Resources, stack: cdk.Stack, others: str = "x" * 232) -> dict[str, list[int]]:
    """Return the length of each policy of a stack by type, as IAM counts it."""
    found: dict[str, list[int]] = {}
    for policy_type in POLICIES:
        documents = [policy["Properties"]["PolicyDocument"] for policy in resources(stack, policy_type).values()]
        texts = [json.dumps(deployed(policy, others), separators=(",", ":")) for policy in documents]
        found[policy_type] = [len(text) for text in texts]
    return found


def assert_fits(found: dict[str, list[int]]) -> None:
    assert sum(found["AWS::IAM::Policy"]) <= INLINE
    assert all(size <= MANAGED for size in found["AWS::IAM::ManagedPolicy"])
    assert len(found["AWS::IAM::ManagedPolicy"]) <= MOST_MANAGED


def actions(resources: Resources, stack: cdk.Stack) -> dict[str, list[Any]]:
    """Return the resources of each action, of all policies together."""
    found: dict[str, list[Any]] = {}
    for policy_type in POLICIES:
        for policy in resources(stack, policy_type).values():
            for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
                of = statement["Resource"]
                for action in statement["Action"]:
                    found.setdefault(action, []).extend(of if isinstance(of, list) else [of])
    return found


@pytest.mark.parametrize("seed", range(5))
def test_every_resource_is_in_some_policy_and_every_policy_fits(seed: int) -> None:
    source = random.Random(seed)
    statements: list[dict[str, Any]] = [
        {
            "Effect": "Allow",
            "Action": [f"a:{index}"],
            "Resource": [f"r{index}-{n}-" + "x" * source.randrange(200) for n in range(source.randrange(1, 60))],
            **({"Condition": {"StringEquals": {"key": "value"}}} if index % 2 else {}),
        }
        for index in range(12)
    ]
    packed = pack(statements, len)
    lengths = [len(json.dumps(document(policy), separators=(",", ":"))) for policy in packed]
    assert lengths[0] <= INLINE
    assert max(lengths[1:]) <= MANAGED
    for statement in statements:
        parts = [part for policy in packed for part in policy if part["Action"] == statement["Action"]]
        assert [resource for part in parts for resource in part["Resource"]] == statement["Resource"]
        assert all(part.get("Condition") == statement.get("Condition") for part in parts)


def test_full_policies_leave_less_room_than_the_next_resource_takes() -> None:
    packed = pack([{"Effect": "Allow", "Action": ["a:b"], "Resource": ["r" * 97] * 300}], len)
    lengths = [len(json.dumps(document(policy), separators=(",", ":"))) for policy in packed]
    assert all(limit - 110 <= length for length, limit in zip(lengths[:-1], (INLINE, *[MANAGED] * 9), strict=False))


@pytest.mark.parametrize(
    ("value", "length"),
    [
        ("abc", 3),
        ({"Ref": "AWS::AccountId"}, 12),
        ({"Ref": "Parameter"}, 99),
        ({"Fn::GetAtt": ["Role", "Arn"]}, 99),
        ({"Fn::Join": ["-", ["ab", {"Ref": "AWS::AccountId"}, "c"]]}, 17),
        ({"Fn::Join": ["", {"Ref": "List"}]}, 99),
    ],
)
def test_longest_text_of_a_value(value: Any, length: int) -> None:
    assert longest(value, 99) == length


def test_twenty_pipelines_with_everything_of_their_own_are_allowed_by_exact_arns(
    stack: cdk.Stack, resources: Resources
) -> None:
    name = "n" * 126
    for index in range(10, 30):
        ImagePipeline(
            stack,
            f"P{index}",
            recipe=f"{ARN}:image-recipe/{name}{index}/1.0.0",
            infrastructure_configuration=f"{ARN}:infrastructure-configuration/{name}{index}",
            distribution_configuration=f"{ARN}:distribution-configuration/{name}{index}",
            execution_role=f"{ROLE}/{'r' * 62}{index}",
        )
    found = actions(resources, stack)
    assert f"{ARN}:image-recipe/{name}29/1.0.0" in found["imagebuilder:GetImageRecipe"]
    assert len(found["imagebuilder:GetDistributionConfiguration"]) == 20
    assert len(found["iam:PassRole"]) == 20
    assert_fits(sizes(resources, stack))


def test_arns_that_are_tokens_are_counted_at_their_longest(stack: cdk.Stack, resources: Resources) -> None:
    provider = ImagePipelineProvider(stack, "Provider")
    for index in range(95):
        provider.policy.allow_read("image-recipe", cdk.Fn.import_value(f"Recipe{index}"))
    assert_fits(sizes(resources, stack))
    assert len(actions(resources, stack)["imagebuilder:GetImageRecipe"]) == 95


def test_more_reads_than_four_policies_hold_become_one_for_each_kind(stack: cdk.Stack, resources: Resources) -> None:
    provider = ImagePipelineProvider(stack, "Provider")
    for index in range(400):
        provider.policy.allow_read("image-recipe", f"{ARN}:image-recipe/recipe{index}/1.0.0")
    provider.policy.allow_read("workflow", f"{ARN}:workflow/test/smoke/1.0.0/1")
    found = actions(resources, stack)
    everywhere = ["arn:", {"Ref": "AWS::Partition"}, ":imagebuilder:", {"Ref": "AWS::Region"}]
    assert found["imagebuilder:GetImageRecipe"] == [{"Fn::Join": ["", [*everywhere, ":*:image-recipe/*"]]}]
    assert found["imagebuilder:GetWorkflow"] == [{"Fn::Join": ["", [*everywhere, ":*:workflow/*"]]}]
    assert resources(stack, "AWS::IAM::ManagedPolicy") == {}


def test_function_waits_for_every_policy_and_every_policy_is_of_the_role(
    stack: cdk.Stack, resources: Resources
) -> None:
    provider = ImagePipelineProvider(stack, "Provider")
    for index in range(200):
        provider.policy.allow_pass(f"{ROLE}/execution-role-of-a-pipeline-{index}")
    managed = resources(stack, "AWS::IAM::ManagedPolicy")
    (function,) = resources(stack, "AWS::Lambda::Function").values()
    (role,) = resources(stack, "AWS::IAM::Role")
    assert managed
    assert set(managed) <= set(function["DependsOn"])
    assert [policy["Properties"]["Roles"] for policy in managed.values()] == [[{"Ref": role}]] * len(managed)


def test_490_pipelines_that_share_a_role_synthesise_and_fit() -> None:
    app = new_app()
    stack = cdk.Stack(app, "Stack")
    for index in range(490):
        ImagePipeline(
            stack,
            f"P{index}",
            recipe=f"{ARN}:image-recipe/recipe{index}/1.0.0",
            infrastructure_configuration=f"{ARN}:infrastructure-configuration/infrastructure{index}",
            distribution_configuration=f"{ARN}:distribution-configuration/distribution{index}",
            execution_role=f"{ROLE}/build",
        )
    template = app.synth().get_stack_by_name("Stack").template["Resources"]
    assert len(template) == 497

    def find(_: cdk.Stack, kind: str) -> dict[str, Any]:
        return {key: value for key, value in template.items() if value["Type"] == kind}

    found = sizes(find, stack)
    assert_fits(found)
    assert found["AWS::IAM::Policy"][0] < 5_400
    assert found["AWS::IAM::ManagedPolicy"] == []


def test_489_pipelines_with_an_execution_role_each_synthesise_and_fit() -> None:
    app = new_app()
    stack = cdk.Stack(app, "Stack")
    for index in range(489):
        ImagePipeline(
            stack,
            f"P{index}",
            recipe=f"{ARN}:image-recipe/recipe{index}/1.0.0",
            infrastructure_configuration=f"{ARN}:infrastructure-configuration/web",
            execution_role=f"{ROLE}/image-builder-{index:03}",
        )
    template = app.synth().get_stack_by_name("Stack").template["Resources"]

    def find(_: cdk.Stack, kind: str) -> dict[str, Any]:
        return {key: value for key, value in template.items() if value["Type"] == kind}

    found = sizes(find, stack)
    assert_fits(found)
    assert len(actions(find, stack)["iam:PassRole"]) == 489
    # They are only read, so one pattern stands for them where exact ARNs would take more policies.
    roles = {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":iam::", {"Ref": "AWS::AccountId"}, ":role/*"]]}
    assert actions(find, stack)["iam:GetRole"] == [roles]
    assert len(template) <= 500


def test_roles_that_do_not_fit_are_refused_with_the_ways_out(stack: cdk.Stack) -> None:
    provider = ImagePipelineProvider(stack, "Provider")

    def allow(roles: int) -> None:
        for index in range(roles):
            provider.policy.allow_pass(f"{ROLE}/{'path/' * 60}{index}")

    with pytest.raises(
        ValueError,
        match=r"^ImagePipelineProvider 'Stack/Provider': its role needs 11 managed policies, IAM allows 10 .*: "
        r"use a second ImagePipelineProvider for new pipelines, or allow a path of roles at once",
    ):
        allow(1000)


def test_policy_of_a_network_is_counted_among_the_inline_policies(stack: cdk.Stack, resources: Resources) -> None:
    vpc: Any = ec2.Vpc.from_vpc_attributes(
        stack, "Vpc", vpc_id="vpc-1", availability_zones=["a"], private_subnet_ids=["subnet-1"]
    )
    provider = ImagePipelineProvider(stack, "Provider", vpc=vpc)
    for index in range(400):
        provider.policy.allow_pass(f"{ROLE}/execution-role-of-a-pipeline-{index:03}")
    found = sizes(resources, stack)
    assert_fits(found)
    assert len(found["AWS::IAM::Policy"]) == 2
    assert sum(found["AWS::IAM::Policy"]) > INLINE - 400


def test_roles_that_are_tokens_are_counted_at_their_longest(stack: cdk.Stack, resources: Resources) -> None:
    provider = ImagePipelineProvider(stack, "Provider")
    for index in range(490):
        provider.policy.allow_pass(cdk.Fn.import_value(f"Role{index}"))
    assert_fits(sizes(resources, stack, "arn:aws-us-gov:iam::123456789012:role/" + "r" * 64))


def test_path_of_roles_stands_for_the_roles_in_it(stack: cdk.Stack, resources: Resources) -> None:
    provider = ImagePipelineProvider(stack, "Provider")
    provider.policy.allow_pass(f"{ROLE}/images/a")
    provider.policy.allow_pass(f"{ROLE}/images/*")
    provider.policy.allow_pass(f"{ROLE}/images/b")
    provider.policy.allow_pass(f"{ROLE}/other")
    token = cdk.Fn.import_value("Role")
    provider.policy.allow_pass(token)
    assert actions(resources, stack)["iam:PassRole"] == [
        f"{ROLE}/images/*",
        f"{ROLE}/other",
        {"Fn::ImportValue": "Role"},
    ]


def test_policies_that_are_no_longer_needed_are_gone(stack: cdk.Stack, resources: Resources) -> None:
    provider = ImagePipelineProvider(stack, "Provider")
    for index in range(200):
        provider.policy.allow_read("image-recipe", f"{ARN}:image-recipe/recipe{index}/1.0.0")
    assert len(provider.node.find_child("MorePolicies").node.children) > 0
    for index in range(200, 400):
        provider.policy.allow_read("image-recipe", f"{ARN}:image-recipe/recipe{index}/1.0.0")
    assert resources(stack, "AWS::IAM::ManagedPolicy") == {}


def test_made_execution_roles_are_passed_by_reference(
    stack: cdk.Stack, resources: Resources, minimal: dict[str, Any]
) -> None:
    role = iam.Role.from_role_name(stack, "Role", "build")
    ImagePipeline(stack, "Given", **minimal, execution_role=role)
    ImagePipeline(stack, "Made", **minimal, image_log_group="web")
    passed = actions(resources, stack)["iam:PassRole"]
    assert len(passed) == 2
    assert re.match(r"MadeExecutionRole", passed[1]["Fn::GetAtt"][0])
