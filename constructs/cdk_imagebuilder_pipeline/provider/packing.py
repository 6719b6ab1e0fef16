"""What fits a role: IAM counts the characters of its policies."""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

INLINE: Final = 10_240
"""How many characters the inline policies of a role have together, white space not counted (quota of IAM)."""

MANAGED: Final = 6_144
"""How many characters a managed policy has, white space not counted (quota of IAM)."""

MOST_MANAGED: Final = 10
"""How many managed policies a role takes (default quota of IAM)."""

Statement = dict[str, Any]
Measure = Callable[[str], int]

_VERSION: Final = "2012-10-17"
_FRAME: Final = len(json.dumps({"Version": _VERSION, "Statement": []}, separators=(",", ":")))

_LONGEST_OF_PSEUDO_PARAMETERS: Final[Mapping[str, int]] = {
    "AWS::AccountId": 12,
    "AWS::Partition": len("aws-us-gov"),
    "AWS::Region": len("us-isof-south-1"),
    "AWS::StackId": len("arn:aws-us-gov:cloudformation:us-isof-south-1:123456789012:stack//") + 128 + 36,
}


def pack(
    statements: Iterable[Statement],
    measure: Measure,
    beside: Iterable[Mapping[str, Any]] = (),
    *,
    is_first_inline: bool = True,
) -> list[list[Statement]]:
    """Distribute statements to policies: the first is inline, unless that is not wanted, each other a managed policy.

    A statement whose resources are a list is divided where a policy ends. `measure` says how long a text may be.
    `beside` are the documents of the role's other inline policies.
    """
    policies: list[list[Statement]] = [[]]
    room = MANAGED - _FRAME
    if is_first_inline:
        room = INLINE - _FRAME - sum(len(json.dumps(other, separators=(",", ":"))) for other in beside)
    for statement in statements:
        resources = statement["Resource"]
        divisible = isinstance(resources, list)
        frame = _cost(statement | {"Resource": ""}, measure)
        begun: Statement | None = None
        for resource in resources if divisible else [resources]:
            cost = _cost(resource, measure)
            if cost + (0 if begun else frame) > room:
                policies.append([])
                room, begun = MANAGED - _FRAME, None
            if begun is None:
                begun = statement | {"Resource": [resource] if divisible else resource}
                policies[-1].append(begun)
                room -= frame
            else:
                begun["Resource"].append(resource)
            room -= cost
    return policies


def document(statements: list[Statement]) -> dict[str, Any]:
    """Return a policy document."""
    return {"Version": _VERSION, "Statement": statements}


def longest(value: object, unknown: int) -> int:
    """Return how long a text may be that CloudFormation makes of a value; `unknown` for what cannot be foreseen."""
    match value:
        case str():
            return len(value)
        case {"Ref": str(name)}:
            return _LONGEST_OF_PSEUDO_PARAMETERS.get(name, unknown)
        case {"Fn::Join": [str(separator), list(parts)]}:
            return sum(longest(part, unknown) for part in parts) + len(separator) * max(0, len(parts) - 1)
        case _:
            return unknown


def _cost(value: object, measure: Measure) -> int:
    """Return how many characters a value is in a document, with the comma behind it."""
    match value:
        case str():
            return measure(value) + len('"",')
        case list():
            return sum(_cost(item, measure) for item in value) + len("[],")
        case dict():
            return sum(len(f'"{key}":') + _cost(item, measure) for key, item in value.items()) + len("{},")
        case _:
            return len(json.dumps(value)) + len(",")
