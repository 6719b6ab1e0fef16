"""CloudFormation's dynamic references: text that stands for a value which CloudFormation looks up.

They are resolved after every intrinsic function (aws-cdk#14476), so a value that contains one cannot be split or
compared in a template. Secure ones are not resolved in custom resources: "Dynamic references for secure values, such as
ssm-secure and secretsmanager, aren't currently supported in custom resources" (user guide of CloudFormation, dynamic
references; aws-cloudformation/cloudformation-coverage-roadmap#341). The function would get the reference itself.
"""

import re
from typing import Final

DYNAMIC_REFERENCE: Final = re.compile(r"\{\{resolve:([a-z-]+):[^}]*\}\}")
"""A whole dynamic reference; its group is the service that keeps the value."""

_RESOLVED: Final = "ssm"


def is_dynamic_reference(text: str) -> bool:
    """Tell whether CloudFormation replaces some part of the text before a custom resource gets it."""
    return any(service == _RESOLVED for service in DYNAMIC_REFERENCE.findall(text))


def fault_of_reference(text: str) -> str | None:
    """Return what is wrong with a dynamic reference in a text that CloudFormation does not resolve here, or None."""
    for reference in DYNAMIC_REFERENCE.finditer(text):
        if reference[1] != _RESOLVED:
            allowed = f"{{{{resolve:{_RESOLVED}:<parameter name>}}}}, or the value by a parameter or an attribute"
            fault = "is a dynamic reference that CloudFormation does not resolve in custom resources"
            return f"{fault}: got {reference[0]!r}, allowed is {allowed}"
    return None
