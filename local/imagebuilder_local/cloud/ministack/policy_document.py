"""IAM's rule that each statement of a policy has actions and resources.

An empty list violates it; `Fn::If` with AWS::NoValue can result in one. Import it after ministack's settings are in the
environment. The replaced part of ministack is not a public interface: its version is pinned, and a test checks that it
exists.
"""

import json
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Final

from ministack.core import iam_evaluator

from imagebuilder_local.cloud.ministack.provisioner import refuse

# Messages: aws/aws-cdk#7615 for actions, terraform-aws-modules/terraform-aws-iam#603 for resources
_NEEDED: Final = {
    ("Action", "NotAction"): "Policy statement must contain actions.",
    ("Resource", "NotResource"): "Policy statement must contain resources.",
}


def enforce() -> None:
    """Make ministack's IAM reject statements without actions or resources, for all callers."""
    iam_evaluator.validate_policy_document = _after(_refusal, iam_evaluator.validate_policy_document)
    # CloudFormation writes these two without validation.
    refuse("AWS::IAM::ManagedPolicy", lambda properties: _refusal(properties.get("PolicyDocument")))
    refuse("AWS::IAM::Role", _refusal_of_inline_policies)


def _refusal_of_inline_policies(properties: Mapping[str, Any]) -> str | None:
    refusals = (_refusal(policy.get("PolicyDocument")) for policy in properties.get("Policies") or [])
    return next(filter(None, refusals), None)


def _refusal(document: Any) -> str | None:
    """Return the reason why IAM rejects a statement of the document, None if all are valid."""
    if isinstance(document, str):
        try:
            document = json.loads(document)
        except ValueError:
            return None  # ministack reports the error
    statements = document.get("Statement") if isinstance(document, dict) else None
    for statement in [statements] if isinstance(statements, dict) else statements or []:
        for members, refusal in _NEEDED.items():
            if isinstance(statement, dict) and not any(statement.get(member) for member in members):
                return refusal
    return None


def _after(first: Callable[[Any], str | None], then: Callable[[Any], str | None]) -> Callable[[Any], str | None]:
    @wraps(then)
    def validate(doc: Any) -> str | None:
        return first(doc) or then(doc)

    return validate
