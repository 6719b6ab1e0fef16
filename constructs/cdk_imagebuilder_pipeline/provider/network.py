"""Permissions of a function in a VPC. Lambda checks them at CreateFunction (terraform-provider-aws#20698)."""

from collections.abc import Sequence
from typing import Any, Final

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from cdk_imagebuilder_pipeline.provider.nag import acknowledge_wildcards
from cdk_imagebuilder_pipeline.provider.packing import Statement, document
from cdk_imagebuilder_pipeline.provider.policy import allow

_REMOVE: Final = (
    "ec2:AssignPrivateIpAddresses",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
)
_ANY: Final = (
    "Lambda refuses to create a function in a network when its role may do this on some network interfaces only: it "
    "checks before there is one (hashicorp/terraform-provider-aws#20698)"
)
_INTERFACES: Final = (
    "Lambda makes the network interfaces of the function, whose ids are not known before; the subnets and security "
    "groups they may be made in are exact"
)


class NetworkPolicy(Construct):
    """A policy to manage network interfaces. It must exist longer than the function's network configuration.

    When `vpc=` is removed, CloudFormation first updates the function and then deletes the removed resources, dependents
    first. Lambda removes the interfaces some minutes after the update, with the function's role. Their security groups
    cannot be deleted before, so security groups depend on this policy (aws-cdk#34400).
    """

    DOCUMENT: Final = document([allow([*_REMOVE], "*")])
    WILDCARDS: Final = {"*": _ANY}

    def __init__(
        self,
        scope: Construct,
        roles: Sequence[str],
        security_groups: Sequence[ec2.ISecurityGroup],
        *,
        inline_name: str | None,
    ) -> None:
        """Create the policy for the named `roles`: inline if `inline_name` is given, else managed."""
        super().__init__(scope, "Network")
        policy: cdk.CfnResource
        if inline_name is not None:
            policy = iam.CfnPolicy(
                self, "Policy", policy_name=inline_name, policy_document=self.DOCUMENT, roles=[*roles]
            )
        else:
            policy = iam.CfnManagedPolicy(
                self,
                "ManagedPolicy",
                description="Network interfaces of the function that makes image pipelines",
                policy_document=self.DOCUMENT,
                roles=[*roles],
            )
        acknowledge_wildcards(self, self.WILDCARDS)
        for group in security_groups:
            # A stack can only depend on another stack as a whole.
            if cdk.Stack.of(group) is cdk.Stack.of(self):
                group.node.add_dependency(policy)


def allow_interfaces(function: lambda_.Function) -> tuple[Statement, dict[str, str]]:
    """Return the statement to create network interfaces, and the reason for its wildcard."""
    stack = cdk.Stack.of(function)
    child: Any = function.node.default_child
    groups = [group.security_group_id for group in function.connections.security_groups]
    interfaces = _arn(stack, "network-interface", "*")
    resources = [
        interfaces,
        *(_arn(stack, "subnet", subnet) for subnet in child.vpc_config.subnet_ids),
        *(_arn(stack, "security-group", group) for group in groups),
    ]
    return allow(["ec2:CreateNetworkInterface"], resources), {interfaces: _INTERFACES}


def _arn(stack: cdk.Stack, resource: str, name: str) -> str:
    return stack.format_arn(service="ec2", resource=resource, resource_name=name)
