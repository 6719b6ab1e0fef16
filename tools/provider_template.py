"""Template of a provider that the stacks of an account share, generated from the construct's ImagePipelineProvider.

The construct's provider serves one stack: its policy has that stack and the resources that its pipelines refer to. In
the template, parameters set both. All other parts come from the current construct.
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
from cdk_imagebuilder_pipeline.provider.build_grants import allow_deletion
from imagebuilder_model.ownership import STACK_ID_TAG

_STACK: Final = "ImagePipelineProvider"
_STACKS: Final = "arn:${AWS::Partition}:cloudformation:${AWS::Region}:${AWS::AccountId}:stack/${StackNames}/*"

_ROLES: Final = "ExecutionRoleArns"

_DESCRIPTION: Final = "Creates the EC2 Image Builder pipelines of all stacks that import its ServiceToken"

_OF_WATCHER: Final = "Waits for the images that deployments of these stacks build"

_PARAMETERS: Final[dict[str, dict[str, Any]]] = {
    "ExportName": {
        "Type": "String",
        "Default": "ImagePipelineServiceToken",
        "AllowedPattern": "^[A-Za-z0-9:-]{1,255}$",
        "Description": "The export name of the ServiceToken, for other stacks to import",
    },
    "StackNames": {
        "Type": "String",
        "Default": "*",
        "AllowedPattern": r"^[A-Za-z*?][A-Za-z0-9*?-]{0,127}$",
        "Description": "The names of the stacks that can use the provider, for example team-a-* (* and ? as in IAM)",
    },
    _ROLES: {
        "Type": "CommaDelimitedList",
        "Default": "",
        "Description": "The ARNs of the roles allowed as ExecutionRole or LifecycleRoleArn; a path can end with *",
    },
    "ImageScanning": {
        "Type": "String",
        "Default": "false",
        "AllowedValues": ["true", "false"],
        "Description": "Whether pipelines can scan images, which requires read access to ECR and Inspector settings",
    },
    "LogRetentionInDays": {
        "Type": "Number",
        "Default": 30,
        "Description": "Retention of the function's log in days (a value that CloudWatch Logs supports)",
    },
}

_CONDITIONS: Final = {
    "PassesRoles": {"Fn::Not": [{"Fn::Equals": [{"Fn::Join": ["", {"Ref": _ROLES}]}, ""]}]},
    "Scans": {"Fn::Equals": [{"Ref": "ImageScanning"}, "true"]},
}

_BOTH_OWNERS: Final = {f"aws:{key}/{STACK_ID_TAG}" for key in ("RequestTag", "ResourceTag")}

_ONLY_IF: Final = {"ecr:": "Scans", "inspector2:": "Scans"}
"""Condition of a statement by the prefix of its actions."""


def provider_template(folder: Path, code: str) -> dict[str, Any]:
    """Return the template of a function with its code at the path `code`. The CDK writes its output to the folder."""
    app = cdk.App(outdir=str(folder), analytics_reporting=False)
    synthesizer = cdk.DefaultStackSynthesizer(generate_bootstrap_version_rule=False)
    stack = cdk.Stack(app, _STACK, synthesizer=synthesizer)
    for name in (_ROLES, "LogRetentionInDays"):
        cdk.CfnParameter(stack, name, type=_PARAMETERS[name]["Type"])  # so that the CDK can resolve the references
    provider = ImagePipelineProvider(stack, "Provider")
    watcher_arn = provider.watcher_arn
    _allow_what_any_pipeline_may_need(provider, stack)
    _name_plainly(provider)
    _describe(provider)
    resources = app.synth().get_stack_by_name(_STACK).template["Resources"]
    for resource in resources.values():
        resource.pop("Metadata", None)
        if resource["Type"] in {"AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"}:
            document = resource["Properties"]["PolicyDocument"]
            document["Statement"] = [one for statement in document["Statement"] for one in _shared(statement)]
    for function in resources.values():
        if function["Type"] == "AWS::Lambda::Function":
            function["Properties"]["Code"] = code
            # It has the stack that the construct's function serves.
            del function["Properties"]["Environment"]
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": _DESCRIPTION,
        "Parameters": _PARAMETERS,
        "Conditions": _CONDITIONS,
        "Resources": _checked(readable(resources)),
        "Outputs": _outputs(provider, readable(stack.resolve(watcher_arn))),
    }


def _allow_what_any_pipeline_may_need(provider: ImagePipelineProvider, stack: cdk.Stack) -> None:
    provider.policy.allow_any_read()
    provider.policy.allow_scanning(stack.format_arn(service="ecr", resource="repository", resource_name="*"))
    provider.policy.allow_pass(cdk.Fn.ref(_ROLES))
    allow_deletion(provider.policy, stack, None)


def _name_plainly(provider: ImagePipelineProvider) -> None:
    """Give resources the ids of their constructs. Stacks import the function's ARN, so these ids must not change."""
    for child in provider.node.find_all():
        if isinstance(child, cdk.CfnElement):
            path = child.node.path.removeprefix(f"{provider.node.path}/").split("/")
            child.override_logical_id("".join(part for part in path if part != "Resource"))


def _describe(provider: ImagePipelineProvider) -> None:
    for child in provider.node.find_all():
        match child:
            case lambda_.CfnFunction() | iam.CfnRole():
                child.description = _OF_WATCHER if "/Waiting/" in child.node.path else _DESCRIPTION
            case logs.CfnLogGroup():
                child.add_property_override("RetentionInDays", {"Ref": "LogRetentionInDays"})
            case _:
                pass


def _shared(statement: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Convert a policy statement for one stack into the statements for a function that many stacks share."""
    conditions = statement.get("Condition", {})
    if {one for operator, keys in conditions.items() if operator != "Null" for one in keys} >= _BOTH_OWNERS:
        # Among many stacks, one could give a pipeline to another with it.
        return
    condition: dict[str, dict[str, Any]] = {}
    for operator, keys in statement.get("Condition", {}).items():
        for key, value in keys.items():
            if value == {"Ref": "AWS::StackId"}:
                condition.setdefault(operator.replace("Equals", "Like"), {})[key] = {"Fn::Sub": _STACKS}
            else:
                condition.setdefault(operator, {})[key] = value
    yield from _of_roles(statement | {"Condition": condition} if condition else statement)


def _of_roles(statement: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a statement, and a separate one for the roles of a parameter: a list cannot contain a list."""
    roles, resources = {"Ref": _ROLES}, statement["Resource"]
    if not isinstance(resources, list) or roles not in resources:
        yield _optional(statement)
        return
    others = [resource for resource in resources if resource != roles]
    if others:
        yield statement | {"Resource": others}
    yield {"Fn::If": ["PassesRoles", statement | {"Resource": roles}, {"Ref": "AWS::NoValue"}]}


def _optional(statement: dict[str, Any]) -> dict[str, Any]:
    """Return a statement with the condition of its parameter, if it has one."""
    for action, name in _ONLY_IF.items():
        if statement["Action"][0].startswith(action):
            return {"Fn::If": [name, statement, {"Ref": "AWS::NoValue"}]}
    return statement


def _outputs(provider: ImagePipelineProvider, watcher_arn: Any) -> dict[str, Any]:
    return {
        "ServiceToken": {
            "Description": "The ServiceToken for Custom::ImagePipeline resources",
            "Value": {"Fn::GetAtt": ["Function", "Arn"]},
            "Export": {"Name": {"Ref": "ExportName"}},
        },
        "ServiceTimeout": {
            "Description": "The ServiceTimeout in seconds, long enough for all attempts of the function",
            "Value": str(int(provider.service_timeout.to_seconds())),
        },
        "WatcherArn": {
            "Description": "The WatcherArn for Custom::ImagePipelineBuild and Custom::ImagePipelineImage resources",
            "Value": watcher_arn,
            "Export": {"Name": {"Fn::Sub": "${ExportName}-watcher"}},
        },
        "RoleName": {
            "Description": "The role of the function, to attach additional policies",
            "Value": {"Ref": "Role"},
        },
    }


def _checked(resources: dict[str, Any]) -> dict[str, Any]:
    """Return the resources. AssertionError if a part of the construct is still bound to one stack."""
    text = repr(resources)
    assert "AWS::StackId" not in text, "a resource is bound to the provider's stack"  # noqa: S101
    assert text.count(_STACKS) > 1, "no condition of the policy has the stack names"  # noqa: S101
    assert "cdk-" not in text, "the template refers to the CDK bootstrap"  # noqa: S101
    return resources
