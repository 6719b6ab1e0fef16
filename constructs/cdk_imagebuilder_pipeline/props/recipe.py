"""The type of a recipe, and its ARN."""

from enum import StrEnum
from typing import Final, NamedTuple

import aws_cdk as cdk
from aws_cdk.interfaces.aws_imagebuilder import IContainerRecipeRef, IImageRecipeRef

from cdk_imagebuilder_pipeline.values.described import described
from cdk_imagebuilder_pipeline.values.references import Resolver, know, reference_in, slashes_in
from cdk_imagebuilder_pipeline.values.tokens import as_text, attribute_or_itself, is_look_up, is_unresolved

AnyRecipe = IImageRecipeRef | IContainerRecipeRef | cdk.IResolvable | str

_BEFORE_VERSION: Final = 2
"""Number of slashes before the version in a recipe's ARN."""

_LOOKED_UP: Final = "looked-up-later"
"""Placeholder for the name in an ARN from a pending CDK lookup. Its template is never deployed."""


UNKNOWN_NAME: Final = (
    "recipe is a dynamic reference, so CloudFormation cannot extract the recipe name that identifies its images: write "
    "the name in the ARN, such as arn:aws:imagebuilder:eu-west-1:111122223333:image-recipe/golden/{{resolve:ssm:/v}}, "
    "or use ssm.StringParameter.value_for_string_parameter, which creates a template parameter"
)


class RecipeType(StrEnum):
    """The type of images that a recipe makes."""

    IMAGE = "image"
    """Amazon Machine Images."""

    CONTAINER = "container"
    """Container images."""

    @property
    def member(self) -> str:
        """The API member for the recipe's ARN."""
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
            return f"is of type {known.type.value}: got recipe_type {given_type!s}, remove recipe_type"
        return known
    if isinstance(recipe, str) and is_unresolved(recipe):
        if given_type in list(RecipeType):
            return Recipe(RecipeType(str(given_type)), recipe)
        # The CDK runs the app again with the result of a pending lookup, which is validated then.
        known = Recipe(RecipeType.IMAGE, recipe) if is_look_up(recipe) else _from_reference(recipe)
        return known or (
            "has a type that is known only at deployment: "
            "give the recipe construct, or set recipe_type=RecipeType.IMAGE or RecipeType.CONTAINER"
        )
    return f"must be a recipe construct or the ARN of an image recipe or a container recipe: got {described(recipe)}"


def recipe_arn_of(recipe: object) -> str | None:
    """Return the ARN of a recipe of either type; None when the value is not a recipe."""
    recipe = as_text(recipe)
    known = _from_construct(recipe) or _from_text(recipe)
    if known is not None:
        return str(known.arn)
    return recipe if isinstance(recipe, str) and is_unresolved(recipe) else None


def type_of_recipe(recipe: object) -> RecipeType | None:
    """Return the type of a recipe; None for one that is known only at deployment, and for what is not a recipe."""
    recipe = as_text(recipe)
    known = _from_construct(recipe) or _from_text(recipe)
    if known is None and isinstance(recipe, str):
        known = _from_reference(recipe)
    return None if known is None else known.type


def recipe_name_in(resolver: Resolver, arn: str) -> str | None:
    """Return the name in a recipe's ARN; None for a dynamic reference, which CloudFormation cannot split.

    The ARNs of images built from the recipe also contain this name.
    """
    slashes = slashes_in(arn)
    if len(slashes) >= _BEFORE_VERSION:
        return arn[slashes[0] + 1 : slashes[1]]
    if is_look_up(arn):
        return _LOOKED_UP
    if resolver.has_dynamic_reference(arn):
        return None
    return cdk.Fn.select(1, cdk.Fn.split("/", arn))


def name_of_recipe(recipe: object) -> str | None:
    """Return the name of a recipe of the app as it was given; None for an ARN, which has it in the service's form."""
    attribute = "name" if isinstance(recipe, cdk.CfnResource) else None
    for name in (attribute, *(f"{kind}_recipe_name" for kind in RecipeType)):
        found = None if name is None else getattr(recipe, name, None)
        if isinstance(found, str):
            return found
    return None


def _from_construct(recipe: object) -> Recipe | None:
    for kind in RecipeType:
        # L1 constructs have a reference; imported resources of the alpha L2 have only the ARN.
        for path in ((f"{kind}_recipe_ref", f"{kind}_recipe_arn"), (f"{kind}_recipe_arn",)):
            arn = attribute_or_itself(recipe, *path)
            if arn is not recipe:
                know(arn, recipe)
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
