"""The type of a recipe, and its ARN."""

from enum import StrEnum
from typing import Final, NamedTuple

import aws_cdk as cdk
from aws_cdk.interfaces.aws_imagebuilder import IContainerRecipeRef, IImageRecipeRef

from cdk_imagebuilder_pipeline.values.references import Resolver, reference_in, slashes_in
from cdk_imagebuilder_pipeline.values.tokens import as_text, attribute_or_itself, is_look_up, is_unresolved
from imagebuilder_model import described

AnyRecipe = IImageRecipeRef | IContainerRecipeRef | cdk.IResolvable | str

_BEFORE_VERSION: Final = 2
"""How many slashes of a recipe's ARN stand before its version."""

_LOOKED_UP: Final = "looked-up-later"
"""The name in an ARN that a look-up of the CDK will return. The template with it is never deployed."""


UNKNOWN_NAME: Final = (
    "recipe is a dynamic reference, and the recipe's name, by which its images are found, cannot be taken out of it: "
    "write the name in the ARN, as arn:aws:imagebuilder:eu-west-1:111122223333:image-recipe/golden/{{resolve:ssm:/v}}, "
    "or use ssm.StringParameter.value_for_string_parameter, which makes a parameter of the template"
)


class RecipeType(StrEnum):
    """The type of images that a recipe makes."""

    IMAGE = "image"
    """Amazon Machine Images."""

    CONTAINER = "container"
    """Container images."""

    @property
    def member(self) -> str:
        """The member of the API that takes the recipe's ARN."""
        return f"{self}RecipeArn"


_TYPE_OF_RESOURCE: Final = {
    "AWS::ImageBuilder::ImageRecipe": RecipeType.IMAGE,
    "AWS::ImageBuilder::ContainerRecipe": RecipeType.CONTAINER,
}


class Recipe(NamedTuple):
    """A recipe as the API has it."""

    type: RecipeType
    arn: object


def resolve_recipe(recipe: object, given_type: object) -> Recipe | str:
    """Return the recipe's type and ARN, or its problem."""
    recipe = as_text(recipe)
    known = _from_construct(recipe) or _from_text(recipe)
    if known is not None:
        if given_type is not None and given_type != known.type:
            return f"is of type {known.type.value}: recipe_type says {given_type!s}, remove it"
        return known
    if isinstance(recipe, str) and is_unresolved(recipe):
        if given_type in list(RecipeType):
            return Recipe(RecipeType(str(given_type)), recipe)
        # A look-up that has not been made yet: the app is run again with its result, and then that is judged.
        known = Recipe(RecipeType.IMAGE, recipe) if is_look_up(recipe) else _from_reference(recipe)
        return known or (
            "may turn out to be an image recipe or a container recipe: "
            "give the recipe's construct, or say recipe_type=RecipeType.IMAGE or RecipeType.CONTAINER"
        )
    return f"must be a recipe's construct or the ARN of an image recipe or a container recipe: got {described(recipe)}"


def recipe_arn_of(recipe: object) -> str | None:
    """Return the ARN of a recipe of either type; None when the value is not a recipe."""
    recipe = as_text(recipe)
    known = _from_construct(recipe) or _from_text(recipe)
    if known is not None:
        return str(known.arn)
    return recipe if isinstance(recipe, str) and is_unresolved(recipe) else None


def recipe_name_in(resolver: Resolver, arn: str) -> str | None:
    """Return the name in a recipe's ARN, None when nothing can find it: CloudFormation splits no dynamic reference.

    The ARNs of the images that are built from the recipe have the name too.
    """
    slashes = slashes_in(arn)
    if len(slashes) >= _BEFORE_VERSION:
        return arn[slashes[0] + 1 : slashes[1]]
    if is_look_up(arn):
        return _LOOKED_UP
    if resolver.has_dynamic_reference(arn):
        return None
    return cdk.Fn.select(1, cdk.Fn.split("/", arn))


def _from_construct(recipe: object) -> Recipe | None:
    for kind in RecipeType:
        # L1 constructs have the reference; the imported resources of the alpha L2 have only the ARN.
        for path in ((f"{kind}_recipe_ref", f"{kind}_recipe_arn"), (f"{kind}_recipe_arn",)):
            arn = attribute_or_itself(recipe, *path)
            if arn is not recipe:
                return Recipe(kind, arn)
    return None


def _from_reference(recipe: str) -> Recipe | None:
    reference = reference_in(recipe)
    kind = _TYPE_OF_RESOURCE.get(reference.resource_type or "") if reference is not None else None
    return None if kind is None else Recipe(kind, recipe)


def _from_text(recipe: object) -> Recipe | None:
    if isinstance(recipe, str):
        for kind in RecipeType:
            if f":{kind}-recipe/" in recipe:
                return Recipe(kind, recipe)
    return None
