"""What kind of recipe a pipeline builds from, and the recipe's ARN."""

import re
from enum import StrEnum
from typing import Final, NamedTuple

import aws_cdk as cdk
from aws_cdk.interfaces.aws_imagebuilder import IContainerRecipeRef, IImageRecipeRef

from cdk_imagebuilder_pipeline.tokens import attribute_or_itself, is_unresolved

AnyRecipe = IImageRecipeRef | IContainerRecipeRef | str

_NAME_IN_ARN: Final = re.compile(r":(?:image|container)-recipe/([^/]+)/")


class RecipeType(StrEnum):
    """What a recipe makes."""

    IMAGE = "image"
    """Amazon Machine Images."""

    CONTAINER = "container"
    """Container images."""

    @property
    def member(self) -> str:
        """The member of the API that takes the recipe's ARN."""
        return f"{self}RecipeArn"


class Recipe(NamedTuple):
    """A recipe as the API wants it."""

    type: RecipeType
    arn: object


def resolve_recipe(recipe: object, given_type: object) -> Recipe | str:
    """Return the recipe's type and ARN, or what is wrong with it."""
    known = _from_construct(recipe) or _from_text(recipe)
    if known is not None:
        if given_type is not None and given_type != known.type:
            return f"is of type {known.type.value}: recipe_type says {given_type!s}, remove it"
        return known
    if isinstance(recipe, str) and is_unresolved(recipe):
        if given_type in list(RecipeType):
            return Recipe(RecipeType(str(given_type)), recipe)
        return (
            "is a token that does not tell an image recipe from a container recipe: "
            "give the recipe's construct, or say recipe_type=RecipeType.IMAGE or RecipeType.CONTAINER"
        )
    return f"must be a recipe's construct or the ARN of an image recipe or a container recipe: got {recipe!r}"


def recipe_arn_of(recipe: object) -> str | None:
    """Return the ARN of a recipe of either type, None when the value is no recipe."""
    known = _from_construct(recipe) or _from_text(recipe)
    if known is not None:
        return str(known.arn)
    return recipe if isinstance(recipe, str) and is_unresolved(recipe) else None


def recipe_name_in(arn: str) -> str:
    """Return the name in a recipe's ARN. The ARNs of the images that are built from the recipe have it too."""
    found = _NAME_IN_ARN.search(arn)
    # An ARN that is not known yet is taken apart by CloudFormation.
    return found[1] if found else cdk.Fn.select(1, cdk.Fn.split("/", arn))


def _from_construct(recipe: object) -> Recipe | None:
    for kind in RecipeType:
        # L1 constructs have the reference; the imported resources of the alpha L2 have only the ARN.
        for path in ((f"{kind}_recipe_ref", f"{kind}_recipe_arn"), (f"{kind}_recipe_arn",)):
            arn = attribute_or_itself(recipe, *path)
            if arn is not recipe:
                return Recipe(kind, arn)
    return None


def _from_text(recipe: object) -> Recipe | None:
    if isinstance(recipe, str):
        for kind in RecipeType:
            if f":{kind}-recipe/" in recipe:
                return Recipe(kind, recipe)
    return None
