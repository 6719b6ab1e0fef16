"""What kind of recipe a pipeline builds from, and the recipe's ARN."""

from enum import StrEnum
from typing import NamedTuple

from aws_cdk.interfaces.aws_imagebuilder import IContainerRecipeRef, IImageRecipeRef

from cdk_imagebuilder_pipeline.tokens import attribute_or_itself, is_unresolved

AnyRecipe = IImageRecipeRef | IContainerRecipeRef | str


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
