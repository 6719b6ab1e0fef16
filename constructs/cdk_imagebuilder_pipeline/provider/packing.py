"""Distributes statements over the policies of a role. IAM limits the characters of policies."""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

INLINE: Final = 10_240
"""Maximum characters of all inline policies of a role together, without white space (IAM quota)."""

MANAGED: Final = 6_144
"""Maximum characters of a managed policy, without white space (IAM quota)."""

MOST_MANAGED: Final = 10
"""Maximum number of managed policies of a role (default IAM quota)."""

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
    """Distribute statements to policies. By default, the first policy is inline; all others are managed.

    A statement with a list of resources is split at the end of a policy. `measure` returns the maximum length of a
    string. `beside` contains the documents of the role's other inline policies.
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
    """Return the maximum length of the string that a value resolves to; `unknown` if it cannot be predicted."""
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
    """Return the number of characters of a value in a document, including the comma after it."""
    match value:
        case str():
            return measure(value) + len('"",')
        case list():
            return sum(_cost(item, measure) for item in value) + len("[],")
        case dict():
            return sum(len(f'"{key}":') + _cost(item, measure) for key, item in value.items()) + len("{},")
        case _:
            return len(json.dumps(value)) + len(",")
