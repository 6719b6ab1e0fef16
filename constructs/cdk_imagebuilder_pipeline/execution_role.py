"""The role that Image Builder takes to run a pipeline, when the pipeline is given none and cannot be without one."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from cdk_imagebuilder_pipeline.nag import acknowledge_managed_policy, acknowledge_wildcards
from cdk_imagebuilder_pipeline.tokens import is_unresolved

AnyRole = iam.IRole | iam.Role
"""Role beside IRole: jsii names some of their parameters differently, so pyright does not see that one is the other."""

ROLE_ID: Final = "ExecutionRole"
_MANAGED_POLICY: Final = "EC2ImageBuilderExecutionPolicy"
_LOG_GROUPS_OF_THE_SERVICE: Final = "/aws/imagebuilder/"
_WRITE: Final = ("logs:CreateLogStream", "logs:PutLogEvents")
_CREATE: Final = "logs:CreateLogGroup"
_STREAMS: Final = "the streams of one log group, which Image Builder names"


def needs_role(request: Mapping[str, Any], *log_groups: object) -> bool:
    """Tell whether the service refuses a request without an execution role.

    A log group whose name is known only at deployment counts as one that is not the service's own.
    """
    if "executionRole" in request:
        return False
    return "workflows" in request or any(_is_outside(group) for group in log_groups if group is not None)


def make_role(scope: Construct) -> iam.Role:
    """Return a role with the policy that AWS keeps for this purpose, and nothing else yet."""
    managed = iam.ManagedPolicy.from_aws_managed_policy_name(_MANAGED_POLICY)
    role = iam.Role(
        scope,
        ROLE_ID,
        assumed_by=iam.ServicePrincipal("imagebuilder.amazonaws.com"),  # pyright: ignore[reportArgumentType] (jsii names a parameter otherwise)
        description="Image Builder runs the workflows of the pipeline with it",
        managed_policies=[managed],
    )
    reason = "AWS keeps this policy for execution roles, and adds to it what new workflow steps need"
    acknowledge_managed_policy(role, managed.managed_policy_arn, reason)
    return role


def grant_logs(role: AnyRole, *log_groups: object) -> None:
    """Let a role write to log groups: to those made in the app, and to others where the service's policy does not.

    A log group that is only named may not exist yet, so it may be created too. `EC2ImageBuilderExecutionPolicy` allows
    these three actions on the service's own log groups.
    """
    groups = [group for group in log_groups if group is not None and (_is_made(group) or _is_outside(group))]
    named = [name for name in groups if isinstance(name, str)]
    _grant(role, _WRITE, [_arn(role, one, ":*") if isinstance(one, str) else _arn_of(one) for one in groups])
    _grant(role, [_CREATE], [_arn(role, name, end) for name in named for end in ("", ":*")])


def _grant(role: AnyRole, actions: Sequence[str], arns: Sequence[str]) -> None:
    if arns:
        role.add_to_principal_policy(iam.PolicyStatement(actions=[*actions], resources=[*arns]))
    acknowledge_wildcards(role, {arn: _STREAMS for arn in arns if "*" in arn})


def _is_made(group: object) -> bool:
    return isinstance(group, logs.LogGroup | logs.CfnLogGroup)


def _arn_of(group: Any) -> str:
    # Both end in `:*`, the streams. A reference to a log group has the ARN without.
    return str(group.attr_arn if isinstance(group, logs.CfnLogGroup) else group.log_group_arn)


def _arn(role: AnyRole, name: str, end: str) -> str:
    return cdk.Stack.of(role).format_arn(
        service="logs", resource="log-group", resource_name=f"{name}{end}", arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME
    )


def _is_outside(group: object) -> bool:
    name = group if isinstance(group, str) else _name_of(group)
    return is_unresolved(name) or not name.startswith(_LOG_GROUPS_OF_THE_SERVICE)


def _name_of(group: Any) -> str:
    """Return the name that a log group's construct was given, or else what stands for the one that it will have."""
    given = group.log_group_name if isinstance(group, logs.CfnLogGroup) else group.log_group_physical_name()
    return group.log_group_ref.log_group_name if given is None or is_unresolved(given) else str(given)
