"""Facts about stacks and scopes that stay the same, asked once: each question to the CDK is a round trip to Node.js."""

from typing import Final, NamedTuple
from weakref import WeakKeyDictionary

import aws_cdk as cdk
from constructs import Construct, Node


class StackFacts(NamedTuple):
    """The environment of a stack and its place in the app."""

    account: str
    region: str
    node: Node
    nested_in: cdk.Stack | None
    """The outermost stack that it is nested in, of the same account and Region; None if it is not nested."""

    tag_managers: tuple[cdk.TagManager, ...]
    """Those of the outermost stack first, the own one last."""


class Place(NamedTuple):
    """The stack of a scope, and the path of the scope in the app."""

    stack: cdk.Stack
    path: str


_FACTS: Final[WeakKeyDictionary[cdk.Stack, StackFacts]] = WeakKeyDictionary()
_PLACES: Final[WeakKeyDictionary[Construct, Place]] = WeakKeyDictionary()


def facts_of(stack: cdk.Stack) -> StackFacts:
    """Return the facts of a stack."""
    found = _FACTS.get(stack)
    if found is None:
        found = _FACTS[stack] = _facts(stack)
    return found


def place_of(scope: Construct) -> Place:
    """Return the place of a scope."""
    found = _PLACES.get(scope)
    if found is None:
        if isinstance(scope, cdk.Stack):
            stack, node = scope, facts_of(scope).node
        else:
            stack, node = cdk.Stack.of(scope), scope.node
        found = _PLACES[scope] = Place(stack, node.path)
    return found


def _facts(stack: cdk.Stack) -> StackFacts:
    parent = stack.nested_stack_parent
    above = None if parent is None else facts_of(parent)
    return StackFacts(
        account=stack.account,
        region=stack.region,
        node=stack.node,
        nested_in=parent if above is None else above.nested_in or parent,
        tag_managers=(stack.tags,) if above is None else (*above.tag_managers, stack.tags),
    )
