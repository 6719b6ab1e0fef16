"""Probes that deploy the construct in a stack, change it, and report which assumptions hold."""

from collections.abc import Mapping
from typing import Final

from tools.smoke_aws.probes import Probe
from tools.smoke_aws.stacks import changes, permissions, provider_change, renames, surroundings

STACKS: Final[Mapping[str, Probe]] = {
    "plain": changes.plain,
    "description": changes.description,
    "tags": changes.tags,
    "rename": renames.rename,
    "policy-growth": permissions.policy_growth,
    "workflows-made-role": permissions.workflows_made_role,
    "log-groups": permissions.log_groups,
    "customer-key": surroundings.customer_key,
    "vpc": surroundings.vpc,
    "provider-change": provider_change.provider_change,
}
"""Probes by their names in docs/unverified.md, in the order of execution. The stacks of a probe have its name."""
