"""Every policy against the Service Authorization Reference, and against what CloudFormation's own handler is allowed.

Both are data of packages: policy-sentry's and cfn-lint's.
"""

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk.assertions import Template
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER
from policy_sentry.querying.actions import get_action_data, get_actions_for_service
from support.apps import new_app
from tools.provider_template import provider_template

from cdk_imagebuilder_pipeline import ImagePipeline, ImagePipelineProvider, WorkflowConfiguration

ARN = "arn:aws:imagebuilder:us-east-1:123456789012"
Statement = Mapping[str, Any]

ON_ANY = {"ec2:AssignPrivateIpAddresses", "ec2:DeleteNetworkInterface", "ec2:UnassignPrivateIpAddresses"}
"""What is allowed on any resource although it takes some: Lambda's own check at CreateFunction (network.py)."""

MORE_OF_CLOUDFORMATION = {
    "imagebuilder:ListImagePipelines": "CloudFormation lists resources for its resource scans; a custom resource is not in them",
}
"""What CloudFormation's handler of the native resource is allowed and our function is not, with the reason."""

ARNS = {
    "AWS::IAM::Role": "arn:aws:iam::123456789012:role/x",
    "AWS::Lambda::Function": "arn:aws:lambda:us-east-1:123456789012:function:x",
    "AWS::StepFunctions::StateMachine": "arn:aws:states:us-east-1:123456789012:stateMachine:x",
    "AWS::KMS::Key": "arn:aws:kms:us-east-1:123456789012:key/x",
    "AWS::Logs::LogGroup": "arn:aws:logs:us-east-1:123456789012:log-group:x:*",
    "AWS::SQS::Queue": "arn:aws:sqs:us-east-1:123456789012:x",
    "Custom::ImagePipeline": f"{ARN}:image-pipeline/x",
}
"""The ARN that a reference to a resource is after its deployment."""

KNOWN = {"AWS::Partition": "aws", "AWS::Region": "us-east-1", "AWS::AccountId": "123456789012"}


def everything(stack: cdk.Stack) -> None:
    """Fill a stack with all that puts a statement into a policy."""
    principal: Any = iam.AccountRootPrincipal()  # pyright does not see an IPrincipal in it
    operator: Any = iam.Role(stack, "Operator", assumed_by=principal)
    key: Any = kms.Key(stack, "Key")
    vpc: Any = ec2.Vpc.from_vpc_attributes(
        stack, "Vpc", vpc_id="vpc-1", availability_zones=["a"], private_subnet_ids=["subnet-1"]
    )
    provider = ImagePipelineProvider.of(stack, encryption_key=key, vpc=vpc)
    provider.policy.allow_decrypt(key.key_arn)
    for kind in ("image", "container"):
        made = ImagePipeline(
            stack,
            kind,
            recipe=f"{ARN}:{kind}-recipe/web/1.x.x",
            infrastructure_configuration=f"{ARN}:infrastructure-configuration/web",
            distribution_configuration=f"{ARN}:distribution-configuration/web",
            workflows=[WorkflowConfiguration(workflow=f"{ARN}:workflow/test/web/1.0.0")],
            image_scanning_enabled=True,
            image_log_group="web",
            image_pipeline_log_group=logs.LogGroup(stack, f"{kind}-logs"),
        )
        made.grant_read(operator)
        made.grant_start_execution(operator)
        made.build_on_deploy(removal_policy=cdk.RemovalPolicy.DESTROY)


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    """Return the resources of a stack with everything."""
    stack = cdk.Stack(new_app(), "Stack")
    everything(stack)
    return dict(Template.from_stack(stack).to_json()["Resources"])


@pytest.fixture(scope="module")
def template_of_the_shared_provider(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return dict(provider_template(tmp_path_factory.mktemp("provider"), "code")["Resources"])


def statements_of(template: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the statements of each policy of a template, and those for CloudWatch Logs of its keys' policies."""
    found: list[Any] = []
    for resource in template.values():
        if resource["Type"] in {"AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"}:
            found += resource["Properties"]["PolicyDocument"]["Statement"]
        if resource["Type"] == "AWS::KMS::Key":
            found += [one for one in resource["Properties"]["KeyPolicy"]["Statement"] if "logs." in repr(one)]
    return [dict(one["Fn::If"][1] if "Fn::If" in one else one) for one in found]


def texts(value: Any, template: Mapping[str, Any]) -> list[str]:
    """Return the resources of a statement as texts."""
    return [text(one, template) for one in (value if isinstance(value, list) else [value])]


def text(value: Any, template: Mapping[str, Any]) -> str:
    match value:
        case str():
            return value
        case {"Ref": "ExecutionRoleArns"}:
            return ARNS["AWS::IAM::Role"]
        case {"Ref": str(name)} if name in KNOWN:
            return KNOWN[name]
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), _]}:
            return ARNS.get(template.get(name, {}).get("Type", ""), "x")
        case {"Fn::Join": ["", list(parts)]}:
            return "".join(text(part, template) for part in parts)
        case {"Fn::Sub": str(pattern)}:
            return re.sub(r"\$\{([^}]+)\}", lambda name: KNOWN.get(name[1], "x"), pattern)
        case _:
            raise AssertionError(value)


def findings(statements: list[dict[str, Any]], template: Mapping[str, Any]) -> list[str]:
    """Return what the reference does not know: actions, resources of an action, condition keys of an action."""
    return [finding for statement in statements for finding in _findings(statement, template)]


def _findings(statement: Statement, template: Mapping[str, Any]) -> Iterator[str]:
    resources = texts(statement["Resource"], template)
    keys = {key for operator in statement.get("Condition", {}).values() for key in operator}
    taken = set[str]()
    for action in actions_of(statement):
        known = rows(action)
        if not known:
            yield f"{action} is no action"
            continue
        own = {resource for resource in resources if any(takes(row["resource_arn_format"], resource) for row in known)}
        taken |= own
        if "*" in resources and action not in ON_ANY and any(row["resource_arn_format"] != "*" for row in known):
            if "Principal" not in statement:  # in a key's policy `*` is the key
                yield f"{action} takes resources, and has *"
        elif not own and resources != ["*"]:
            yield f"{action} takes none of {resources}"
        for key in keys:
            if not any(is_key(pattern, key) for row in known for pattern in row["condition_keys"]):
                yield f"{action} does not know {key}"
    yield from (f"no action takes {resource}" for resource in resources if resource not in taken | {"*"})


def actions_of(statement: Statement) -> Iterator[str]:
    """Yield the actions of a statement, for one with a wildcard each that it stands for."""
    given = statement["Action"]
    for action in [given] if isinstance(given, str) else given:
        if "*" not in action:
            yield action
            continue
        pattern = re.compile(re.escape(action).replace(r"\*", ".*"), re.IGNORECASE)
        matching = [one for one in get_actions_for_service(action.partition(":")[0]) if pattern.fullmatch(one)]
        yield from matching or [action]


def rows(action: str) -> list[Any]:
    """Return the rows of an action's table: one for each type of resource, and one for none."""
    service, _, name = action.partition(":")
    found: Any = get_action_data(service, name)
    return list(found[service]) if found else []


def takes(pattern: str, resource: str) -> bool:
    """Tell whether a resource is of a type: by all that the type's ARN has before the resource's own name."""
    if pattern == "*" or not resource.startswith("arn:"):
        return pattern == resource
    prefix = re.escape(re.sub(r"\$\{(Partition|Region|Account)\}", "\0", pattern).partition("${")[0])
    return re.match(prefix.replace("\0", "[^:]*"), resource) is not None


def is_key(pattern: str, key: str) -> bool:
    return re.fullmatch(re.escape(re.sub(r"\$\{[^}]+\}", "\0", pattern)).replace("\0", ".+"), key) is not None


@pytest.mark.parametrize("name", ["template", "template_of_the_shared_provider"])
def test_reference_knows_every_action_resource_and_condition_key(name: str, request: pytest.FixtureRequest) -> None:
    template = request.getfixturevalue(name)
    statements = statements_of(template)
    assert len(statements) > 10
    assert findings(statements, template) == []


def test_policies_that_are_read_have_every_kind_of_statement(template: dict[str, Any]) -> None:
    statements = statements_of(template)
    services = {action.partition(":")[0] for statement in statements for action in actions_of(statement)}
    assert services == {"ec2", "ecr", "iam", "imagebuilder", "inspector2", "kms", "lambda", "logs", "sqs", "states"}


MUTATIONS = [
    ("imagebuilder:CreateImagePipeline", {"Action": "imagebuilder:MakeImagePipeline"}, "is no action"),
    ("imagebuilder:CreateImagePipeline", {"Resource": f"{ARN}:image-recipe/*"}, "takes none of"),
    ("imagebuilder:GetImageRecipe", {"Resource": [f"{ARN}:image-recipe/a/*", f"{ARN}:workflow/a"]}, "no action takes"),
    ("imagebuilder:CreateImagePipeline", {"Resource": "*"}, "takes resources, and has *"),
    (
        "imagebuilder:UntagResource",
        {"Condition": {"StringEquals": {"aws:RequestTag/team": "web"}}},
        "imagebuilder:UntagResource does not know aws:RequestTag/team",
    ),
    ("iam:PassRole", {"Condition": {"StringEquals": {"iam:AWSServiceName": "x"}}}, "does not know iam:AWSServiceName"),
    ("states:StartExecution", {"Resource": "arn:aws:lambda:us-east-1:123456789012:function:x"}, "takes none of"),
    ("imagebuilder:CancelImageCreation", {"Resource": f"{ARN}:image-pipeline/*"}, "takes none of"),
    (
        "imagebuilder:GetLifecycleExecution",
        {"Condition": {"StringEquals": {"aws:ResourceTag/team": "web"}}},
        "imagebuilder:GetLifecycleExecution does not know aws:ResourceTag/team",
    ),
    ("ecr:DescribeRepositories", {"Resource": "arn:aws:sqs:us-east-1:123456789012:x"}, "takes none of"),
]


@pytest.mark.parametrize(("action", "change", "finding"), MUTATIONS)
def test_policy_that_is_wrong_in_one_place_is_found(
    template: dict[str, Any], action: str, change: dict[str, Any], finding: str
) -> None:
    statements = deepcopy(statements_of(template))
    changed = next(one for one in statements if action in actions_of(one))
    changed.update(change)
    assert any(finding in one for one in findings(statements, template))


def of_the_function(template: dict[str, Any]) -> set[str]:
    """Return the actions that the function of a stack is allowed."""
    of_the_provider = {name: one for name, one in template.items() if name.startswith("CustomImagePipelineProvider")}
    return {action for statement in statements_of(of_the_provider) for action in actions_of(statement)}


@pytest.mark.parametrize(
    "action", ["CreateImagePipeline", "UpdateImagePipeline", "GetWorkflow", "StartImagePipelineExecution"]
)
def test_actions_that_an_action_depends_on_are_allowed(template: dict[str, Any], action: str) -> None:
    dependent = {one for row in rows(f"imagebuilder:{action}") for one in row["dependent_actions"]}
    assert dependent
    assert dependent - of_the_function(template) == set()


def test_what_cloudformation_is_allowed_beyond_the_function_is_explained(template: dict[str, Any]) -> None:
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", "AWS::ImageBuilder::ImagePipeline").schema
    theirs = {action for handler in schema["handlers"].values() for action in handler["permissions"]}
    assert {"imagebuilder:CreateImagePipeline", "iam:GetRole", "iam:PassRole"} <= theirs
    assert theirs - of_the_function(template) == MORE_OF_CLOUDFORMATION.keys()
