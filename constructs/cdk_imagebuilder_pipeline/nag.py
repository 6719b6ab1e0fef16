"""Findings of cdk-nag that cannot be avoided, each acknowledged by itself with the reason."""

import json
import re
from collections.abc import Mapping

import aws_cdk as cdk
from constructs import IConstruct


def acknowledge_wildcards(construct: IConstruct, reasons: Mapping[str, str]) -> None:
    """Acknowledge `AwsSolutions-IAM5` for these resources of policies under a construct, and for no others."""
    _acknowledge(construct, {f"AwsSolutions-IAM5[Resource::{_flat(construct, k)}]": v for k, v in reasons.items()})


def acknowledge_managed_policy(construct: IConstruct, arn: str, reason: str) -> None:
    """Acknowledge `AwsSolutions-IAM4` for one policy of AWS on a role."""
    _acknowledge(construct, {f"AwsSolutions-IAM4[Policy::{_flat(construct, arn)}]": reason})


def acknowledge_runtime(construct: IConstruct, reason: str) -> None:
    """Acknowledge `AwsSolutions-L1`: the function's runtime is not the newest that the library has a name for."""
    _acknowledge(construct, {"AwsSolutions-L1": reason})


def _acknowledge(construct: IConstruct, reasons: Mapping[str, str]) -> None:
    # An older CDK has nothing that takes them, and cdk-nag 3, which asks for them, does not run with it.
    if reasons and hasattr(cdk, "Validations"):
        cdk.Validations.of(construct).acknowledge(
            *(cdk.Acknowledgment(id=f"AwsSolutions::{rule}", reason=reason) for rule, reason in reasons.items())
        )


def _flat(construct: IConstruct, text: str) -> str:
    """Return a text as cdk-nag writes it in the id of a finding: `<name>` for what is known only at deployment."""
    return _flat_value(cdk.Stack.of(construct).resolve(text))


def _flat_value(value: object) -> str:
    match value:
        case {"Ref": str(name)}:
            return f"<{name}>"
        case {"Fn::GetAtt": [str(resource), str(attribute)]}:
            return f"<{resource}.{attribute}>"
        case {"Fn::Join": [str(separator), list(parts)]}:
            return separator.join(_flat_value(part) for part in parts)
        case {"Fn::Sub": str(template)}:
            return _flat_value(template)
        case {"Fn::ImportValue": imported}:
            return _flat_value(imported)
        case dict():
            return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        case _:
            return re.sub(r"\$\{([^}]*)\}", r"<\1>", str(value))
