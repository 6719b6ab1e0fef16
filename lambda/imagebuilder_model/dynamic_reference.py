"""CloudFormation's dynamic references: text that stands for a value which CloudFormation looks up.

They are resolved after every intrinsic function (aws-cdk#14476), so a value that contains one cannot be split or
compared in a template. Secure ones are not resolved in custom resources: "Dynamic references for secure values, such as
ssm-secure and secretsmanager, aren't currently supported in custom resources" (user guide of CloudFormation, dynamic
references; aws-cloudformation/cloudformation-coverage-roadmap#341). The function would get the reference itself.
"""

import re
from typing import Final

DYNAMIC_REFERENCE: Final = re.compile(r"\{\{resolve:ssm:[^}]*\}\}")
"""What CloudFormation replaces before a custom resource gets it."""

SECURE_REFERENCE: Final = re.compile(r"\{\{resolve:(?:ssm-secure|secretsmanager):[^}]*\}\}")
"""What CloudFormation does not replace in custom resources."""


def is_dynamic_reference(text: str) -> bool:
    """Return whether CloudFormation replaces some part of the text."""
    return DYNAMIC_REFERENCE.search(text) is not None


def fault_of_reference(text: str) -> str | None:
    """Return what is wrong with a dynamic reference in a text, None when it is resolved or there is none."""
    secure = SECURE_REFERENCE.search(text)
    if secure is None:
        return None
    allowed = "{{resolve:ssm:<parameter name>}}, or the value by a parameter or an attribute"
    fault = "is a dynamic reference that CloudFormation does not resolve in custom resources"
    return f"{fault}: got {secure[0]!r}, allowed is {allowed}"
