"""The name of a pipeline that was given none."""

from collections.abc import Mapping
from typing import Any, Final

import aws_cdk as cdk
from constructs import Construct

from cdk_imagebuilder_pipeline.recipe import RecipeType

_MOST_CHARACTERS: Final = 128


def generated_name(construct: Construct, request: Mapping[str, Any]) -> str:
    """Return a name made of the construct's path and the type of its recipe.

    A pipeline keeps its type of recipe for life. With the type in the name, a pipeline that is given a recipe of the
    other type is replaced, where the service would refuse to change it.
    """
    kind = next(kind for kind in RecipeType if kind.member in request)
    longest = max(len(kind) for kind in RecipeType)
    unique = cdk.Names.unique_resource_name(
        construct, max_length=_MOST_CHARACTERS - longest - 1, separator="-", allowed_special_characters="_-"
    )
    return f"{unique}-{kind}"
