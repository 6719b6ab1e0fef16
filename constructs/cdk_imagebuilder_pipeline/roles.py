"""Roles that the app has, and policies on them."""

from typing import Any, Final

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

AnyRole = iam.IRole | iam.Role
"""Role beside IRole: jsii names some of their parameters differently, so pyright does not see that one is the other."""

_PROBE_ID: Final = "Probe"


def policy_name(construct: Construct, name: str) -> str:
    """Return a name for an inline policy of a role that other stacks may put policies on too.

    A name that two stacks use is one policy, which each of them overwrites. A stack's id ends in a UUID.
    """
    uuid = cdk.Fn.select(2, cdk.Fn.split("/", cdk.Aws.STACK_ID))
    return f"{name}-{construct.node.addr[:10]}-{uuid}"


def may_be_changed(scope: Construct, role: AnyRole) -> bool:
    """Return whether policies can be attached to a role: one that may not be changed ignores them silently."""
    probe = iam.Policy(scope, _PROBE_ID)
    role.attach_inline_policy(probe)
    resource: Any = probe.node.default_child
    attached = cdk.Stack.of(scope).resolve(resource.roles)
    scope.node.try_remove_child(_PROBE_ID)
    return bool(attached)
