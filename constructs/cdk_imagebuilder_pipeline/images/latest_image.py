"""The newest image of a recipe, looked up by the deployment and not built by it."""

from collections.abc import Iterator, Mapping
from typing import Final

import aws_cdk as cdk
from constructs import Construct

from cdk_imagebuilder_pipeline.images.built_image import BuiltImage
from cdk_imagebuilder_pipeline.props.build import of_strings
from cdk_imagebuilder_pipeline.props.recipe import (
    UNKNOWN_NAME,
    AnyRecipe,
    recipe_arn_of,
    recipe_name_in,
    type_of_recipe,
)
from cdk_imagebuilder_pipeline.provider.base import ImagePipelineProviderBase
from cdk_imagebuilder_pipeline.provider.build_grants import IMAGE_TYPE
from cdk_imagebuilder_pipeline.provider.grants import allow_look_up
from cdk_imagebuilder_pipeline.provider.provider import ImagePipelineProvider
from cdk_imagebuilder_pipeline.values.references import Resolver
from cdk_imagebuilder_pipeline.values.tokens import is_unresolved
from cdk_imagebuilder_pipeline.values.trigger import trigger_of
from imagebuilder_model import check, described
from imagebuilder_model.builds import IMAGE

_NEWEST: Final = "x.x.x"
"""The version whose image is the newest of all (user guide, semantic versioning)."""


class LatestImage(BuiltImage):
    """The newest available image of a recipe or of an ARN. Made by `ImagePipeline.latest_image`."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        recipe: AnyRecipe | None,
        image_arn: str | None,
        triggers: Mapping[str, str],
        provider: ImagePipelineProviderBase | None,
    ) -> None:
        """`ImagePipeline.latest_image` describes the arguments. ValueError with every problem of them."""
        owner = f"{type(self).__name__} '{'/'.join(filter(None, (scope.node.path, id)))}'"
        problems = [*_problems(recipe, image_arn, triggers)]
        if problems:
            head = [f"{len(problems)} problems:"] if len(problems) > 1 else []
            raise ValueError(f"{owner}: " + "\n- ".join([*head, *problems]))
        stack = cdk.Stack.of(scope)
        problem = None if provider is None else provider.problem_with(stack)
        if problem is not None:
            raise ValueError(f"{owner}: {problem}")
        provider = provider or ImagePipelineProvider.get_or_create(scope)
        policy = provider.policy_for(stack)
        if image_arn is None:
            resolver = Resolver(stack) if policy is None else policy.resolver
            name = recipe_name_in(resolver, recipe_arn_of(recipe) or "")
            if name is None:
                raise ValueError(f"{owner}: {UNKNOWN_NAME}")
            resource_name = f"{name}/{_NEWEST}"
            image_arn = stack.format_arn(service="imagebuilder", resource="image", resource_name=resource_name)
        super().__init__(scope, id, type_of_recipe(recipe), recipe_arn_of(recipe))
        self._last = cdk.CfnResource(
            self,
            "Resource",
            type=IMAGE_TYPE,
            properties={
                "ServiceToken": provider.service_token,
                "ServiceTimeout": provider.service_timeout.to_seconds(),
                "ImageArn": image_arn,
                "WaitSeconds": 0,
                **({"Trigger": trigger_of({"triggers": dict(triggers)}, stack)} if triggers else {}),
            },
        )
        if policy is not None:
            allow_look_up(policy, stack, image_arn)


def _problems(recipe: object, image_arn: object, triggers: object) -> Iterator[str]:
    if (recipe is None) == (image_arn is None):
        got = "neither" if recipe is None else "both"
        yield f"latest_image needs the recipe or the ARN of the image: got {got}, give recipe or image_arn"
    if recipe is not None and recipe_arn_of(recipe) is None:
        yield f"recipe must be a recipe construct or the ARN of a recipe: got {described(recipe)}"
    if image_arn is not None:
        given = {"imageArn": image_arn}
        yield from map(
            str, check(IMAGE, given, spell={"imageArn": "image_arn"}.__getitem__, is_unresolved=is_unresolved)
        )
    yield from map(str, of_strings("triggers", triggers))
