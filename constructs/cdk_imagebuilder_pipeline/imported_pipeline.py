"""Pipelines that are made elsewhere."""

from typing import Final, NoReturn

import aws_cdk as cdk
from constructs import Construct

from cdk_imagebuilder_pipeline.image_pipeline_base import ImagePipelineBase
from cdk_imagebuilder_pipeline.props.recipe import UNKNOWN_NAME, AnyRecipe, recipe_arn_of, recipe_name_in
from cdk_imagebuilder_pipeline.values.references import Resolver, slashes_in
from cdk_imagebuilder_pipeline.values.tokens import is_look_up, is_unresolved
from imagebuilder_model import PIPELINE_ARN_KIND, check, is_pipeline_arn, name_in_arn, normalized_name


def arn_of_name(scope: Construct, id: str, name: str) -> str:
    """Return the ARN of a pipeline of the stack's account and Region. ValueError for a name that none can have."""
    if not is_unresolved(name):
        problems = check("CreateImagePipeline", {"name": name}, spell=lambda member: f"image_pipeline_{member}")
        for problem in problems:
            if problem.path == ("image_pipeline_name",):
                raise ValueError(f"{_owner(scope, id)}: {problem}")
        name = normalized_name(name)
    return cdk.Stack.of(scope).format_arn(service="imagebuilder", resource=PIPELINE_ARN_KIND, resource_name=name)


class ImportedImagePipeline(ImagePipelineBase):
    """An imported pipeline. Create one with `from_image_pipeline_arn` or `from_image_pipeline_name`."""

    def __init__(self, scope: Construct, id: str, arn: str, recipe: AnyRecipe | None) -> None:
        owner = _owner(scope, id)
        if not is_unresolved(arn) and not is_pipeline_arn(arn):
            example = "arn:aws:imagebuilder:eu-west-1:111122223333:image-pipeline/golden"
            raise ValueError(
                f"{owner}: image_pipeline_arn is not a pipeline ARN: got {arn!r}, allowed is an ARN such as {example}"
            )
        recipe_arn = None if recipe is None else recipe_arn_of(recipe)
        if recipe is not None and recipe_arn is None:
            raise ValueError(f"{owner}: recipe must be a recipe construct or the ARN of a recipe: got {recipe!r}")
        resolver = Resolver(cdk.Stack.of(scope))
        # An ARN that cannot be parsed is assumed to have the stack's account and Region.
        is_opaque = is_look_up(arn) or resolver.has_dynamic_reference(arn)
        super().__init__(scope, id, environment_from_arn=None if is_opaque else arn)
        self._resolver: Final = resolver
        self._arn: Final = arn
        self._has_recipe: Final = recipe_arn is not None
        self._recipe_name: Final = None if recipe_arn is None else recipe_name_in(self._resolver, recipe_arn)

    @property
    def image_pipeline_arn(self) -> str:
        """The pipeline's ARN."""
        return self._arn

    def build_on_deploy(self, **_: object) -> NoReturn:
        """Raise ValueError: the function can only reach pipelines that it created."""
        raise self._error(
            "build_on_deploy is for pipelines created in the app: got an imported one, which the function may not "
            "start: create it with ImagePipeline, with adopt_existing=True if it exists"
        )

    @property
    def image_pipeline_name(self) -> str:
        """The pipeline's name in the form of the ARN."""
        arn = self._arn
        if not is_unresolved(arn):
            return name_in_arn(arn)
        slashes = slashes_in(arn)
        if slashes or is_look_up(arn):
            return arn[slashes[-1] + 1 :] if slashes else arn
        if self._resolver.has_dynamic_reference(arn):
            raise self._error(
                "image_pipeline_arn is a dynamic reference, so CloudFormation cannot extract the pipeline name: "
                "import the pipeline with from_image_pipeline_name, or pass the ARN as a template parameter"
            )
        return cdk.Fn.select(1, cdk.Fn.split("/", arn))

    @property
    def _images_arn(self) -> str | None:
        if self._has_recipe and self._recipe_name is None:
            raise self._error(UNKNOWN_NAME)
        return None if self._recipe_name is None else self._image_arns(self._recipe_name)


def _owner(scope: Construct, id: str) -> str:
    return f"ImagePipeline '{'/'.join(filter(None, (scope.node.path, id)))}'"
