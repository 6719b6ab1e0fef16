"""Names of pipelines: generated when none is given, and unique in a stack."""

from collections.abc import Mapping
from typing import Any, Final
from weakref import WeakKeyDictionary

import aws_cdk as cdk
from constructs import Construct

from cdk_imagebuilder_pipeline.props.recipe import RecipeType
from cdk_imagebuilder_pipeline.values.stacks import facts_of
from cdk_imagebuilder_pipeline.values.tokens import is_unresolved
from imagebuilder_model import normalized_name

_MOST_CHARACTERS: Final = 128

_CLAIMED: Final[WeakKeyDictionary[cdk.Stack, dict[str, Construct]]] = WeakKeyDictionary()
"""Claimed names per stack, as the service keeps them; searching the tree for each pipeline is slow."""


def generated_name(construct: Construct, request: Mapping[str, Any]) -> str:
    """Return a name from the construct's path and the type of its recipe.

    The service refuses to change the type of a pipeline's recipe. With the type in the name, such a change replaces
    the pipeline.
    """
    kind = next(kind for kind in RecipeType if kind.member in request)
    longest = max(len(kind) for kind in RecipeType)
    unique = cdk.Names.unique_resource_name(
        construct, max_length=_MOST_CHARACTERS - longest - 1, separator="-", allowed_special_characters="_-"
    )
    return f"{unique}-{kind}"


def claim_name(construct: Construct, stack: cdk.Stack, name: str) -> None:
    """Claim a name for a pipeline. ValueError when the service treats another name of the stack as the same."""
    if is_unresolved(name):
        return
    stack = facts_of(stack).nested_in or stack
    kept = normalized_name(name)
    owner = _CLAIMED.setdefault(stack, {}).setdefault(kept, construct)
    if owner is not construct:
        if _is_in_its_tree(owner):
            raise ValueError(
                f"{type(construct).__name__} '{construct.node.path}': image_pipeline_name is taken: got {name!r}, "
                f"which the service keeps as {kept!r}, as it does that of '{owner.node.path}': give one of them another"
            )
        _CLAIMED[stack][kept] = construct


def _is_in_its_tree(construct: Construct) -> bool:
    scope = construct.node.scope
    return scope is None or scope.node.try_find_child(construct.node.id) is construct
