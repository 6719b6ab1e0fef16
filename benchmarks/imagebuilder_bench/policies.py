"""The policies of a template as IAM would see them."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

INLINE_QUOTA: Final = 10_240
"""Characters of all inline policies of a role (IAM's quota; white space does not count)."""

MANAGED_QUOTA: Final = 6_144
"""Characters of one managed policy (IAM's quota)."""

MANAGED_A_ROLE: Final = 10
"""Managed policies of a role (IAM's default quota)."""

_PSEUDO: Final[Mapping[str, str]] = {
    "AWS::Partition": "aws",
    "AWS::Region": "us-east-1",
    "AWS::AccountId": "123456789012",
    "AWS::StackName": "image-pipelines",
    "AWS::StackId": (
        "arn:aws:cloudformation:us-east-1:123456789012:stack/image-pipelines/6f2d1c3e-0000-4000-8000-000000000000"
    ),
    "AWS::URLSuffix": "amazonaws.com",
}


@dataclass(frozen=True)
class Policies:
    """How many characters a role's own policies and each of its managed ones have."""

    inline: int
    managed: tuple[int, ...]

    @property
    def characters(self) -> int:
        """All of them."""
        return self.inline + sum(self.managed)

    @property
    def fits(self) -> bool:
        """Whether IAM's quotas allow them."""
        small = all(size <= MANAGED_QUOTA for size in self.managed)
        return self.inline <= INLINE_QUOTA and small and len(self.managed) <= MANAGED_A_ROLE


def policies(resources: Mapping[str, Mapping[str, Any]]) -> Policies:
    """Count the policies of a stack whose only roles are those of functions."""
    inline, managed = 0, []
    for resource in resources.values():
        properties = resource.get("Properties", {})
        match resource["Type"]:
            case "AWS::IAM::Policy":
                inline += characters(properties["PolicyDocument"])
            case "AWS::IAM::Role":
                inline += sum(characters(policy["PolicyDocument"]) for policy in properties.get("Policies", ()))
            case "AWS::IAM::ManagedPolicy":
                managed.append(characters(properties["PolicyDocument"]))
            case _:
                pass
    return Policies(inline, tuple(managed))


def characters(document: object) -> int:
    """Return the length of a policy once CloudFormation has put in what it refers to, without white space."""
    return len(json.dumps(_resolved(document), separators=(",", ":"), ensure_ascii=False))


def _resolved(value: object) -> Any:
    match value:
        case {"Ref": str(name), **rest} if not rest:
            return _PSEUDO.get(name, f"image-pipelines-{name}-1A2B3C4D5E6F")
        case {"Fn::GetAtt": [str(name), str(attribute)], **rest} if not rest:
            return f"arn:aws:logs:us-east-1:123456789012:log-group:image-pipelines-{name}-1A2B3C4D5E6F:{attribute}"
        case {"Fn::Join": [str(between), list(parts)], **rest} if not rest:
            return between.join(_texts(parts))
        case dict():
            return {str(_resolved(key)): _resolved(item) for key, item in value.items()}
        case list():
            return [_resolved(item) for item in value]
        case _:
            return value


def _texts(parts: Iterable[object]) -> Iterable[str]:
    return (str(_resolved(part)) for part in parts)
