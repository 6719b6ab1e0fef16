"""Default execution role, created when a pipeline requires one and none is given."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct, IDependable

from cdk_imagebuilder_pipeline.props.image_pipeline_props import ImagePipelineProps
from cdk_imagebuilder_pipeline.provider.nag import acknowledge_managed_policy, acknowledge_wildcards
from cdk_imagebuilder_pipeline.provider.roles import AnyRole, may_be_changed, policy_name
from cdk_imagebuilder_pipeline.values.tokens import as_text, is_unresolved

ROLE_ID: Final = "ExecutionRole"
_POLICY_ID: Final = "ExecutionRolePolicy"
_MANAGED_POLICY_ID: Final = "ExecutionRoleManagedPolicy"
_MANAGED_POLICY: Final = "EC2ImageBuilderExecutionPolicy"
_LOG_GROUPS_OF_THE_SERVICE: Final = "/aws/imagebuilder/"
_WRITE: Final = ("logs:CreateLogStream", "logs:PutLogEvents")
_CREATE: Final = "logs:CreateLogGroup"
_STREAMS: Final = "the streams of one log group, which Image Builder names"


def role_of(
    pipeline: Construct, props: ImagePipelineProps, request: Mapping[str, Any], *, managed_only: bool
) -> tuple[AnyRole | None, IDependable | None]:
    """Return the role of a pipeline, given or created, and the policy that the pipeline added to it."""
    log_groups = (as_text(props.image_log_group), as_text(props.image_pipeline_log_group))
    given: Any = props.execution_role
    # L1 roles and role references do not accept policies, so their owner manages the permissions.
    if hasattr(given, "attach_inline_policy"):
        role: AnyRole = given
        return role, grant_logs(pipeline, role, *log_groups, in_role=False, managed_only=managed_only)
    if needs_role(request, *log_groups):
        role = make_role(pipeline)
        return role, grant_logs(pipeline, role, *log_groups, in_role=True, managed_only=managed_only)
    return None, None


def needs_role(request: Mapping[str, Any], *log_groups: object) -> bool:
    """Return whether the service refuses a request without an execution role.

    A log group whose name is known only at deployment is treated as one outside `/aws/imagebuilder/`.
    """
    if "executionRole" in request:
        return False
    return "workflows" in request or any(_is_outside(group) for group in log_groups if group is not None)


def make_role(scope: Construct) -> iam.Role:
    """Create a role with only the AWS managed policy for execution roles."""
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


def grant_logs(
    pipeline: Construct, role: AnyRole, *log_groups: object, in_role: bool, managed_only: bool
) -> IDependable | None:
    """Grant a role write access to log groups of the app and to log groups that the AWS managed policy does not cover.

    `in_role` states that the pipeline owns the role, so the permissions can be added to the role's own policy. Return
    the dependency for the pipeline, or None if nothing is granted. A log group given by name may not exist yet, so the
    role can also create it. `EC2ImageBuilderExecutionPolicy` allows these three actions on log groups of the service.
    """
    groups = [group for group in log_groups if group is not None and (_is_made(group) or _is_outside(group))]
    named = [name for name in groups if isinstance(name, str)]
    written = [_arn(pipeline, one, ":*") if isinstance(one, str) else _arn_of(one) for one in groups]
    created = [_arn(pipeline, name, end) for name in named for end in ("", ":*")]
    allowed = [([*_WRITE], written), ([_CREATE], created)]
    statements = [iam.PolicyStatement(actions=actions, resources=arns) for actions, arns in allowed if arns]
    if not statements:
        return None
    if in_role and not managed_only:
        acknowledge_wildcards(role, _reasons([*written, *created]))
        return [role.add_to_principal_policy(statement) for statement in statements][-1].policy_dependable
    # The role may belong to another stack, which must not depend on this one, or its own policy may refer to the
    # pipeline.
    policy: iam.Policy | iam.ManagedPolicy
    if not managed_only:
        name = policy_name(pipeline, "ImageLogs")
        policy = iam.Policy(pipeline, _POLICY_ID, policy_name=name, statements=statements)
        role.attach_inline_policy(policy)
    elif may_be_changed(pipeline, role):
        policy = iam.ManagedPolicy(pipeline, _MANAGED_POLICY_ID, statements=statements, roles=[role])  # pyright: ignore[reportArgumentType] (jsii names a parameter otherwise)
    else:
        return None
    acknowledge_wildcards(policy, _reasons([*written, *created]))
    return policy


def _reasons(arns: Sequence[str]) -> dict[str, str]:
    return {arn: _STREAMS for arn in arns if "*" in arn}


def _is_made(group: object) -> bool:
    return isinstance(group, logs.LogGroup | logs.CfnLogGroup)


def _arn_of(group: Any) -> str:
    if isinstance(group, logs.CfnLogGroup):
        return group.attr_arn
    # The ARN of an L2 ends in `:*` (its streams); the ARN of a reference does not.
    return str(getattr(group, "log_group_arn", None) or f"{group.log_group_ref.log_group_arn}:*")


def _arn(scope: Construct, name: str, end: str) -> str:
    return cdk.Stack.of(scope).format_arn(
        service="logs", resource="log-group", resource_name=f"{name}{end}", arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME
    )


def _is_outside(group: object) -> bool:
    name = group if isinstance(group, str) else _name_of(group)
    return is_unresolved(name) or not name.startswith(_LOG_GROUPS_OF_THE_SERVICE)


def _name_of(group: Any) -> str:
    """Return the given name of a log group, or else the token for its generated name."""
    if isinstance(group, logs.CfnLogGroup):
        return (
            group.ref if group.log_group_name is None or is_unresolved(group.log_group_name) else group.log_group_name
        )
    physical_name = getattr(group, "log_group_physical_name", None)
    if physical_name is None:
        return str(group.log_group_ref.log_group_name)
    given = physical_name()
    return str(group.log_group_name if is_unresolved(given) else given)
