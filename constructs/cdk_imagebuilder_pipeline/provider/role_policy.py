"""One policy of a role that the provider makes."""

from collections.abc import Mapping
from typing import Final

from aws_cdk import aws_iam as iam
from constructs import Construct

from cdk_imagebuilder_pipeline.provider.nag import acknowledge_wildcards
from cdk_imagebuilder_pipeline.provider.packing import Statement
from cdk_imagebuilder_pipeline.provider.roles import is_only_reported


class RolePolicy:
    """An inline or a managed policy; with `iam.Role.customize_roles` the statements are reported instead."""

    def __init__(self, scope: Construct, id: str, role: iam.Role, *, managed_only: bool) -> None:
        self._scope = scope
        self._role = role
        kind = iam.ManagedPolicy if managed_only else iam.Policy
        # Reported is what a policy has when it is attached, which is at once.
        self._policy: Final = None if is_only_reported(scope) else kind(scope, id, roles=[role])  # pyright: ignore[reportArgumentType] (jsii names a parameter otherwise)

    def allow(self, *statements: Statement, wildcards: Mapping[str, str] | None = None) -> None:
        """Allow something; `wildcards` gives a reason for each resource with a `*` in it."""
        for statement in map(iam.PolicyStatement.from_json, statements):
            if self._policy is None:
                self._role.add_to_principal_policy(statement)
            else:
                self._policy.add_statements(statement)
        acknowledge_wildcards(self._policy or self._scope, wildcards or {})

    def precede(self, dependent: Construct) -> None:
        """Let a construct be deployed after the policy."""
        dependent.node.add_dependency(self._role if self._policy is None else self._policy)

    def follow(self, dependency: Construct) -> None:
        """Deploy the policy after a construct."""
        if self._policy is not None:
            self._policy.node.add_dependency(dependency)
