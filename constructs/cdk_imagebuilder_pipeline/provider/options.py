"""Options of the function behind the pipelines of a stack."""

from collections.abc import Sequence
from typing import TypedDict

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs

from cdk_imagebuilder_pipeline.provider.roles import AnyRole


class ImagePipelineProviderOptions(TypedDict, total=False):
    """Options of `ImagePipelineProvider.of`: the keywords of `ImagePipelineProvider`, where each is described."""

    timeout: cdk.Duration
    """How long one event may take. Default: 5 minutes."""

    memory_size: cdk.Size
    """The function's memory. Default: 256 MiB."""

    runtime: lambda_.Runtime
    """A Python of 3.12 or newer. Default: the newest that the CDK knows in the stack's Region."""

    architecture: lambda_.Architecture
    """The function's architecture. Default: arm64."""

    log_retention: logs.RetentionDays
    """How long the function's log is kept. Default: one month."""

    log_level: lambda_.ApplicationLogLevel
    """The lowest level that is logged. Default: INFO."""

    vpc: ec2.IVpc
    """The function's network. Default: none. With `vpc` alone: its private subnets and a new security group."""

    vpc_subnets: ec2.SubnetSelection
    """The subnets of the network. Default: none; with `vpc` alone its private subnets."""

    security_groups: Sequence[ec2.ISecurityGroup]
    """The function's security groups. Default: none; with `vpc` alone a security group of its own."""

    role: AnyRole
    """The function's role. Default: a role of its own."""

    permissions_boundary: iam.IManagedPolicy
    """The boundary of the function's role. Default: that of the scope, if it has one."""

    managed_policies_only: bool
    """No inline policies. Default: false, one inline policy first."""

    function_name: str
    """The function's name: 1 to 64 characters. Default: made by CloudFormation."""

    reserved_concurrent_executions: int
    """How many events are handled at once, at least 1. Default: what the account has."""

    encryption_key: kms.IKey
    """The key of the log group and the queue. Default: keys of AWS."""

    dead_letter_queue: sqs.IQueue
    """Receives events that failed three times. Default: one of its own, encrypted, kept for 14 days."""

    stack_names: Sequence[str]
    """The names of other stacks that the function serves too, with `*` and `?` as in IAM. Default: none, only its own
    stack."""

    code: lambda_.Code
    """The function's code, for stacks that take no assets. Default: an asset."""
