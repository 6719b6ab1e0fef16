"""What the functions of a provider have in common: code, runtime, network and log settings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from cdk_imagebuilder_pipeline.provider.role_policy import RolePolicy


@dataclass(frozen=True, kw_only=True)
class FunctionSettings:
    """Settings that each function of a provider is made with."""

    code: lambda_.Code
    runtime: lambda_.Runtime
    architecture: lambda_.Architecture
    environment: Mapping[str, str] | None
    log_retention: logs.RetentionDays
    log_level: lambda_.ApplicationLogLevel
    vpc: ec2.IVpc | None
    vpc_subnets: ec2.SubnetSelection | None
    security_groups: Sequence[ec2.ISecurityGroup] | None
    encryption_key: kms.IKey | None
    permissions_boundary: iam.IManagedPolicy | None
    managed_policies_only: bool

    def log_group(self, scope: Construct) -> logs.LogGroup:
        """Make the log group of a function."""
        return logs.LogGroup(
            scope,
            "LogGroup",
            retention=self.log_retention,
            removal_policy=cdk.RemovalPolicy.DESTROY,
            encryption_key=self.encryption_key,
        )

    def function(self, scope: Construct, id: str, **own: Any) -> lambda_.Function:
        """Make a function; `own` are the properties that the others do not share."""
        return lambda_.Function(
            scope,
            id,
            code=self.code,
            runtime=self.runtime,
            architecture=self.architecture,
            environment=self.environment,
            logging_format=lambda_.LoggingFormat.JSON,
            application_log_level_v2=self.log_level,
            vpc=self.vpc,
            vpc_subnets=self.vpc_subnets,
            security_groups=self.security_groups,
            **own,
        )

    def role(self, scope: Construct, id: str, service: str, description: str) -> iam.Role:
        """Make a role that a service may assume."""
        return iam.Role(
            scope,
            id,
            assumed_by=iam.ServicePrincipal(service),  # pyright: ignore[reportArgumentType] (jsii names a parameter otherwise)
            description=description,
            permissions_boundary=self.permissions_boundary,
        )

    def policy(self, scope: Construct, id: str, role: iam.Role) -> RolePolicy:
        """Make the policy of a role, of the kind that the provider's roles may have."""
        return RolePolicy(scope, id, role, managed_only=self.managed_policies_only)
