"""Roles of the app and their policies."""

from typing import Any, Final

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

AnyRole = iam.IRole | iam.Role
"""Includes Role: jsii names some parameters differently, so pyright does not accept Role as IRole."""

_PROBE_ID: Final = "Probe"

_CUSTOMIZED: Final = "@aws-cdk/iam:customizeRoles"
"""The context that `iam.Role.customize_roles` sets: roles are made by somebody who reads a report of what they need."""


def policy_name(construct: Construct, name: str) -> str:
    """Return a unique name for an inline policy of a role that other stacks may also add policies to.

    Two stacks that use one policy name would overwrite each other's policy. The UUID of the stack id prevents this.
    """
    uuid = cdk.Fn.select(2, cdk.Fn.split("/", cdk.Aws.STACK_ID))
    return f"{name}-{construct.node.addr[:10]}-{uuid}"


def is_only_reported(scope: Construct) -> bool:
    """Return whether roles that are made in a scope are reported instead (`iam.Role.customize_roles`)."""
    return scope.node.try_get_context(_CUSTOMIZED) is not None


def may_be_changed(scope: Construct, role: AnyRole) -> bool:
    """Return whether policies can be attached to a role: an immutable role ignores them silently."""
    probe = iam.Policy(scope, _PROBE_ID)
    role.attach_inline_policy(probe)
    resource: Any = probe.node.default_child
    attached = cdk.Stack.of(scope).resolve(resource.roles)
    scope.node.try_remove_child(_PROBE_ID)
    return bool(attached)
