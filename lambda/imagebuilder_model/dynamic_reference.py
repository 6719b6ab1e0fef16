"""CloudFormation dynamic references: strings that CloudFormation replaces with values from other services.

CloudFormation resolves them after all intrinsic functions (aws-cdk#14476), so a template cannot split or compare a
value that contains one. It does not resolve secure references in custom resources: "Dynamic references for secure
values, such as ssm-secure and secretsmanager, aren't currently supported in custom resources" (CloudFormation user
guide, dynamic references; aws-cloudformation/cloudformation-coverage-roadmap#341). The function would receive the
unresolved reference.
"""

import re
from typing import Final

DYNAMIC_REFERENCE: Final = re.compile(r"\{\{resolve:ssm:[^}]*\}\}")
"""A reference that CloudFormation resolves before it invokes a custom resource."""

SECURE_REFERENCE: Final = re.compile(r"\{\{resolve:(?:ssm-secure|secretsmanager):[^}]*\}\}")
"""A reference that CloudFormation does not resolve in custom resources."""


def is_dynamic_reference(text: str) -> bool:
    """Return whether CloudFormation replaces some part of the text."""
    return DYNAMIC_REFERENCE.search(text) is not None


def fault_of_reference(text: str) -> str | None:
    """Return the problem with a dynamic reference in a string; None if it is resolved or absent."""
    secure = SECURE_REFERENCE.search(text)
    if secure is None:
        return None
    allowed = "{{resolve:ssm:<parameter name>}}, or a value from a parameter or an attribute"
    fault = "is a dynamic reference that CloudFormation does not resolve in custom resources"
    return f"{fault}: got {secure[0]!r}, allowed is {allowed}"
