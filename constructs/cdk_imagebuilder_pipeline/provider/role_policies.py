"""Creates as many policies as the function's role requires and attaches them to it."""

from collections.abc import Sequence
from typing import Any, Final

import aws_cdk as cdk
import jsii
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct, IConstruct

from cdk_imagebuilder_pipeline.provider.nag import acknowledge_wildcards
from cdk_imagebuilder_pipeline.provider.network import NetworkPolicy
from cdk_imagebuilder_pipeline.provider.packing import MOST_MANAGED
from cdk_imagebuilder_pipeline.provider.policy import HandlerPolicy
from cdk_imagebuilder_pipeline.provider.roles import AnyRole, is_only_reported, may_be_changed, policy_name

_WARNING: Final = "cdk-imagebuilder-pipeline:role-not-changed"


class RolePolicies:
    """Attaches policies to a role, reports them to `iam.Role.customize_roles`, or leaves them to the role's owner."""

    def __init__(
        self,
        provider: Construct,
        role: AnyRole,
        *,
        is_given: bool,
        managed_only: bool,
        is_in_network: bool,
        stack_names: Sequence[str],
    ) -> None:
        """Create the first policies. Raise ValueError later, when a grant exceeds the number of policies of a role."""
        self._provider = provider
        self._role = role
        self._is_given = is_given
        self._is_reported = not is_given and is_only_reported(provider)
        self._roles: Final = [role.role_name] if self._is_attached() else []
        self._is_inline = not managed_only
        beside = [NetworkPolicy.DOCUMENT] if is_in_network and self._is_inline and self._roles else []
        self.policy: Final = HandlerPolicy(
            cdk.Stack.of(provider),
            self._fit,
            beside,
            is_first_inline=self._is_inline,
            owners=self._owners(stack_names),
        )
        self.attached: Final[list[Construct]] = []
        """Dependencies of the function."""
        if self._roles and self._is_inline:
            self.attached.append(
                iam.CfnPolicy(
                    provider,
                    "Policy",
                    policy_name=self._name("ImagePipelines"),
                    policy_document=cdk.Lazy.any(_Document(self.policy, 0)),
                    roles=self._roles,
                )
            )
        self._more: Final = Construct(provider, "MorePolicies")
        self.attached.append(self._more)
        self._first_managed: Final = 1 if self._is_inline else 0
        self._managed = 0
        self._acknowledged: set[str] = set()

    def role_of_function(self) -> AnyRole:
        """Return the role to pass to the function."""
        if self._is_reported:
            return self._role
        # Import it by ARN so that the CDK adds no policies: the policies here are narrower.
        return iam.Role.from_role_arn(self._provider, "FixedRole", self._role.role_arn, mutable=False)

    def allow_network(self, security_groups: Sequence[ec2.ISecurityGroup]) -> None:
        """Grant the permissions for a function in a VPC."""
        if self._roles:
            self.attached.append(
                NetworkPolicy(
                    self._provider,
                    self._roles,
                    security_groups,
                    inline_name=self._name("Network") if self._is_inline else None,
                )
            )
        else:
            self.policy.allow_itself(*NetworkPolicy.DOCUMENT["Statement"], wildcards=NetworkPolicy.WILDCARDS)

    def report(self, function: Construct) -> None:
        """If roles are customized, report the role's permissions at synth and make the function depend on them."""
        if self._is_reported:
            aspect: Any = _Report(self.policy, self._role, self._provider, function)
            cdk.Aspects.of(self._provider).add(aspect)

    def _name(self, name: str) -> str:
        return policy_name(self._provider, name) if self._is_given else name

    def _owners(self, stack_names: Sequence[str]) -> list[str] | None:
        """Return ARN patterns of the stacks whose pipelines the function manages; None for only its own stack.

        If the owner of the role grants permissions in advance, the stack id is unknown, so its name is used.
        """
        if self._roles and not stack_names:
            return None
        stack = cdk.Stack.of(self._provider)
        own = cdk.Aws.STACK_ID if self._roles else _stacks(stack, stack.stack_name)
        return [own, *(_stacks(stack, name) for name in stack_names)]

    def _is_attached(self) -> bool:
        if self._is_reported:
            return False
        if not self._is_given:
            return True
        is_changed = may_be_changed(self._provider, self._role)
        if not is_changed:
            cdk.Annotations.of(self._provider).add_warning_v2(
                _WARNING,
                "role is immutable, so no policies are attached to it: its owner must allow what "
                "policy.documents() of the provider returns",
            )
        return is_changed

    def _fit(self) -> None:
        """Create as many policies as the role requires and acknowledge their wildcards with reasons."""
        documents = self.policy.documents()
        needed = len(documents) - self._first_managed
        if needed > MOST_MANAGED:
            provider = f"{type(self._provider).__name__} '{self._provider.node.path}'"
            raise ValueError(
                f"{provider}: its role needs {needed} managed policies, IAM allows {MOST_MANAGED} (default quota): the "
                "ARNs of execution roles do not fit: use a second ImagePipelineProvider for new pipelines, or allow a "
                "path of roles at once with provider.policy.allow_pass('arn:aws:iam::111122223333:role/<path>/*')"
            )
        if self._roles:
            self._attach(needed)
        reasons = self.policy.reasons_for_wildcards(documents)
        acknowledge_wildcards(self._provider, {k: v for k, v in reasons.items() if k not in self._acknowledged})
        self._acknowledged |= reasons.keys()

    def _attach(self, needed: int) -> None:
        for index in range(self._managed, needed):
            iam.CfnManagedPolicy(
                self._more,
                f"{index + 1}",
                description="What the image pipelines of the stack need",
                policy_document=cdk.Lazy.any(_Document(self.policy, index + self._first_managed)),
                roles=self._roles,
            )
        for index in range(needed, self._managed):
            self._more.node.try_remove_child(f"{index + 1}")
        self._managed = needed


def _stacks(stack: cdk.Stack, name: str) -> str:
    """Return the ARN pattern of stacks with a name in a stack's account and Region."""
    return stack.format_arn(service="cloudformation", resource="stack", resource_name=f"{name}/*")


@jsii.implements(cdk.IStableAnyProducer)
class _Document:
    def __init__(self, policy: HandlerPolicy, index: int) -> None:
        self._policy = policy
        self._index = index

    def produce(self) -> Any:
        return self._policy.documents()[self._index]


@jsii.implements(cdk.IAspect)
class _Report:
    """Adds all permissions to a customized role, which the CDK only reports."""

    def __init__(self, policy: HandlerPolicy, role: AnyRole, provider: Construct, function: Construct) -> None:
        self._policy = policy
        self._role = role
        self._provider = provider
        self._function = function
        self._is_done = False

    def visit(self, node: IConstruct) -> None:  # noqa: ARG002 (the first visit suffices)
        """Add every statement, before references between stacks are resolved."""
        if self._is_done:
            return
        self._is_done = True
        for document in self._policy.documents():
            for statement in document["Statement"]:
                added = self._role.add_to_principal_policy(iam.PolicyStatement.from_json(statement))
                if added.policy_dependable is not None:
                    self._function.node.add_dependency(added.policy_dependable)
