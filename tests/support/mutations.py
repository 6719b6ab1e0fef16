"""Policies that allow less than one, and policies that allow more."""

from collections.abc import Container, Iterator
from copy import deepcopy

from support.guarded import Policy


def grants(policy: Policy, but: Container[int] = ()) -> Iterator[tuple[str, list[str], Policy]]:
    """Yield each statement and each action of one: what it is, the actions that it allows, and the policy without.

    Statements with an index in `but` stay as they are.
    """
    for index, statement in enumerate(policy["Statement"]):
        if index in but:
            continue
        less = deepcopy(policy)
        del less["Statement"][index]
        yield f"statement {index}", statement["Action"], less
        for action in statement["Action"] if len(statement["Action"]) > 1 else ():
            less = deepcopy(policy)
            less["Statement"][index]["Action"].remove(action)
            yield f"{action} in statement {index}", [action], less


def conditions(policy: Policy, but: Container[int] = ()) -> Iterator[tuple[str, Policy]]:
    """Yield each condition key of each statement: what it is, and the policy without. `but` as for grants."""
    for index, statement in enumerate(policy["Statement"]):
        if index in but:
            continue
        for operator, keys in statement.get("Condition", {}).items():
            for key in keys:
                less = deepcopy(policy)
                del less["Statement"][index]["Condition"][operator][key]
                yield f"{operator} {key} in statement {index}", less
