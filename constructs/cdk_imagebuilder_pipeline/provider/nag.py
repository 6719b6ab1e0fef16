"""Acknowledges unavoidable cdk-nag findings, each one separately and with a reason."""

import json
import re
from collections.abc import Mapping

import aws_cdk as cdk
from constructs import IConstruct


def acknowledge_wildcards(construct: IConstruct, reasons: Mapping[str, str]) -> None:
    """Acknowledge `AwsSolutions-IAM5` only for the given resources of the policies under a construct."""
    _acknowledge(construct, {f"AwsSolutions-IAM5[Resource::{_flat(construct, k)}]": v for k, v in reasons.items()})


def acknowledge_managed_policy(construct: IConstruct, arn: str, reason: str) -> None:
    """Acknowledge `AwsSolutions-IAM4` for one AWS managed policy of a role."""
    _acknowledge(construct, {f"AwsSolutions-IAM4[Policy::{_flat(construct, arn)}]": reason})


def acknowledge_runtime(construct: IConstruct, reason: str) -> None:
    """Acknowledge `AwsSolutions-L1`: the function's runtime is not the newest one that the CDK defines."""
    _acknowledge(construct, {"AwsSolutions-L1": reason})


def acknowledge_rules(construct: IConstruct, reasons: Mapping[str, str]) -> None:
    """Acknowledge rules, each with its reason, for all that is under a construct."""
    _acknowledge(construct, reasons)


def _acknowledge(construct: IConstruct, reasons: Mapping[str, str]) -> None:
    # Older CDK versions cannot acknowledge findings, and cdk-nag 3, which reads acknowledgments, does not support them.
    if reasons and hasattr(cdk, "Validations"):
        cdk.Validations.of(construct).acknowledge(
            *(cdk.Acknowledgment(id=f"{_pack(rule)}::{rule}", reason=reason) for rule, reason in reasons.items())
        )


def _pack(rule: str) -> str:
    return rule.partition("-")[0]


def _flat(construct: IConstruct, text: str) -> str:
    """Return a string as cdk-nag writes it in a finding's id, with `<name>` for values known only at deployment."""
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
