"""The template of a provider that the stacks of an account share, made of the construct's own ImagePipelineProvider.

The construct's provider serves one stack: its policy names that stack, and what the stack's pipelines refer to. Here
both become what the template's parameters say. Everything else is the construct's, whatever that has by now.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from tools.readable import readable

from cdk_imagebuilder_pipeline import ImagePipelineProvider

_STACK: Final = "ImagePipelineProvider"
_STACKS: Final = "arn:${AWS::Partition}:cloudformation:${AWS::Region}:${AWS::AccountId}:stack/${StackNames}/*"

_ROLES: Final = "ExecutionRoleArns"

_DESCRIPTION: Final = "Makes the EC2 Image Builder pipelines of every stack that imports its ServiceToken"

_PARAMETERS: Final[dict[str, dict[str, Any]]] = {
    "ExportName": {
        "Type": "String",
        "Default": "ImagePipelineServiceToken",
        "AllowedPattern": "^[A-Za-z0-9:-]{1,255}$",
        "Description": "The name under which other stacks import the ServiceToken",
    },
    "StackNames": {
        "Type": "String",
        "Default": "*",
        "AllowedPattern": r"^[A-Za-z*?][A-Za-z0-9*?-]{0,127}$",
        "Description": "The names of the stacks that are served, for example team-a-* (* and ? as in IAM)",
    },
    _ROLES: {
        "Type": "CommaDelimitedList",
        "Default": "",
        "Description": "The ARNs of the roles that a pipeline may name as its ExecutionRole; a path may end with *",
    },
    "ImageScanning": {
        "Type": "String",
        "Default": "false",
        "AllowedValues": ["true", "false"],
        "Description": "Whether pipelines may scan images, for which the function reads how ECR and Inspector are set",
    },
    "LogRetentionInDays": {
        "Type": "Number",
        "Default": 30,
        "Description": "How long the function's log is kept (a number that CloudWatch Logs has)",
    },
}

_CONDITIONS: Final = {
    "PassesRoles": {"Fn::Not": [{"Fn::Equals": [{"Fn::Join": ["", {"Ref": _ROLES}]}, ""]}]},
    "Scans": {"Fn::Equals": [{"Ref": "ImageScanning"}, "true"]},
}

_ONLY_IF: Final = {"ecr:": "Scans", "inspector2:": "Scans"}
"""Which condition a statement is under, by how its actions begin."""


def provider_template(folder: Path, code: str) -> dict[str, Any]:
    """Return the template, whose function has its code at the path `code`. The folder is for the CDK's output."""
    app = cdk.App(outdir=str(folder), analytics_reporting=False)
    synthesizer = cdk.DefaultStackSynthesizer(generate_bootstrap_version_rule=False)
    stack = cdk.Stack(app, _STACK, synthesizer=synthesizer)
    for name in (_ROLES, "LogRetentionInDays"):
        cdk.CfnParameter(stack, name, type=_PARAMETERS[name]["Type"])  # so that the CDK knows what is referred to
    provider = ImagePipelineProvider(stack, "Provider")
    _allow_what_any_pipeline_may_need(provider, stack)
    _name_plainly(provider)
    _describe(provider)
    resources = app.synth().get_stack_by_name(_STACK).template["Resources"]
    for resource in resources.values():
        resource.pop("Metadata", None)
        if resource["Type"] == "AWS::IAM::Policy":
            document = resource["Properties"]["PolicyDocument"]
            document["Statement"] = [one for statement in document["Statement"] for one in _shared(statement)]
    function = resources["Function"]["Properties"]
    function["Code"] = code
    # It names the one stack that the construct's function serves.
    del function["Environment"]
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": _DESCRIPTION,
        "Parameters": _PARAMETERS,
        "Conditions": _CONDITIONS,
        "Resources": _checked(readable(resources)),
        "Outputs": _outputs(provider),
    }


def _allow_what_any_pipeline_may_need(provider: ImagePipelineProvider, stack: cdk.Stack) -> None:
    provider.policy.allow_any_read()
    provider.policy.allow_scanning(stack.format_arn(service="ecr", resource="repository", resource_name="*"))
    provider.policy.allow_pass(cdk.Fn.ref(_ROLES))


def _name_plainly(provider: ImagePipelineProvider) -> None:
    """Give resources the ids of their constructs. Stacks import the function's ARN, so these ids must never change."""
    for child in provider.node.find_all():
        if isinstance(child, cdk.CfnElement):
            path = child.node.path.removeprefix(f"{provider.node.path}/").split("/")
            child.override_logical_id("".join(part for part in path if part != "Resource"))


def _describe(provider: ImagePipelineProvider) -> None:
    for child in provider.node.find_all():
        match child:
            case lambda_.CfnFunction() | iam.CfnRole():
                child.description = _DESCRIPTION
            case logs.CfnLogGroup():
                child.add_property_override("RetentionInDays", {"Ref": "LogRetentionInDays"})
            case _:
                pass


def _shared(statement: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield what a statement of one stack's function is for a function that many stacks share."""
    condition: dict[str, dict[str, Any]] = {}
    for operator, keys in statement.get("Condition", {}).items():
        for key, value in keys.items():
            if value == {"Ref": "AWS::StackId"}:
                condition.setdefault(operator.replace("Equals", "Like"), {})[key] = {"Fn::Sub": _STACKS}
            else:
                condition.setdefault(operator, {})[key] = value
    yield from _of_roles(statement | {"Condition": condition} if condition else statement)


def _of_roles(statement: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a statement, with the roles that a parameter lists in one of their own: a list cannot be in a list."""
    roles, resources = {"Ref": _ROLES}, statement["Resource"]
    if not isinstance(resources, list) or roles not in resources:
        yield _optional(statement)
        return
    others = [resource for resource in resources if resource != roles]
    if others:
        yield statement | {"Resource": others}
    yield {"Fn::If": ["PassesRoles", statement | {"Resource": roles}, {"Ref": "AWS::NoValue"}]}


def _optional(statement: dict[str, Any]) -> dict[str, Any]:
    """Return a statement under the condition that a parameter sets for it, if one does."""
    for action, name in _ONLY_IF.items():
        if statement["Action"][0].startswith(action):
            return {"Fn::If": [name, statement, {"Ref": "AWS::NoValue"}]}
    return statement


def _outputs(provider: ImagePipelineProvider) -> dict[str, Any]:
    return {
        "ServiceToken": {
            "Description": "What a Custom::ImagePipeline takes as its ServiceToken",
            "Value": {"Fn::GetAtt": ["Function", "Arn"]},
            "Export": {"Name": {"Ref": "ExportName"}},
        },
        "ServiceTimeout": {
            "Description": "The ServiceTimeout, in seconds, that leaves room for every try of the function",
            "Value": str(int(provider.service_timeout.to_seconds())),
        },
        "RoleName": {
            "Description": "The function's role, for a policy of your own beside its policy",
            "Value": {"Ref": "Role"},
        },
    }


def _checked(resources: dict[str, Any]) -> dict[str, Any]:
    """Return the resources. AssertionError when something in the construct is of one stack and was not seen above."""
    text = repr(resources)
    assert "AWS::StackId" not in text, "a resource of the provider is bound to the provider's own stack"  # noqa: S101
    assert text.count(_STACKS) > 1, "no condition of the policy names the owner's stack"  # noqa: S101
    assert "cdk-" not in text, "something of the CDK's bootstrap is left"  # noqa: S101
    return resources
