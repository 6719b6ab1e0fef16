"""The attributes of an image that a deployment builds or looks up."""

from typing import Any, Final

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from cdk_imagebuilder_pipeline.props.recipe import RecipeType
from cdk_imagebuilder_pipeline.values.machine_image import MachineImage
from cdk_imagebuilder_pipeline.values.tokens import is_look_up, is_unresolved
from cdk_imagebuilder_pipeline.values.trigger import platforms_of
from imagebuilder_model import described

_IMAGE_ID: Final = "ImageId"
_IMAGE_URI: Final = "ImageUri"


class BuiltImage(Construct):
    """An image whose attributes the rest of the stack uses.

    Made by `ImagePipeline.build_on_deploy` and `ImagePipeline.latest_image`. A construct that depends on it is deployed
    after the image is available.
    """

    _last: cdk.CfnResource
    """The resource that has the attributes."""

    def __init__(self, scope: Construct, id: str, recipe_type: RecipeType | None, recipe: object) -> None:
        """`recipe_type` and `recipe`: what the image is built from. None when the type is not known at synth."""
        super().__init__(scope, id)
        self._recipe_type: Final = recipe_type
        self._recipe: Final = recipe

    @property
    def image_arn(self) -> str:
        """The ARN of the image's build version."""
        return self._last.ref

    @property
    def image_version(self) -> str:
        """The image's version and build number, for example `1.0.2/1`."""
        return self._attribute("Version")

    @property
    def image_id(self) -> str:
        """The id of the AMI in the stack's Region. ValueError for a container recipe, or when nothing waits for it."""
        self._check_output(RecipeType.IMAGE, "image_id", "image_uri")
        return self._attribute(_IMAGE_ID)

    def image_id_in(self, region: str) -> str:
        """Return the id of the AMI in a Region that the distribution has. ValueError as `image_id`, or for a token."""
        self._check_output(RecipeType.IMAGE, "image_id_in", "image_uri_in")
        return self._attribute(f"{_IMAGE_ID}.{self._checked(region, 'image_id_in')}")

    @property
    def image_uri(self) -> str:
        """The URI of the container image in the stack's Region. ValueError as `image_id`, but for an image recipe."""
        self._check_output(RecipeType.CONTAINER, "image_uri", "image_id")
        return self._attribute(_IMAGE_URI)

    def image_uri_in(self, region: str) -> str:
        """Return the URI of the container image in a Region. ValueError as `image_uri`, or for a token."""
        self._check_output(RecipeType.CONTAINER, "image_uri_in", "image_id_in")
        return self._attribute(f"{_IMAGE_URI}.{self._checked(region, 'image_uri_in')}")

    @property
    def machine_image(self) -> ec2.IMachineImage:
        """The AMI for instances, launch templates and Auto Scaling groups. ValueError as `image_id`.

        Its operating system is that of the app's own components in the recipe. Default: Linux.
        """
        image_id = self.image_id
        is_windows = "Windows" in platforms_of(self._recipe, self)
        image: Any = MachineImage(image_id, is_windows=is_windows)  # pyright does not see an IMachineImage in it
        made: ec2.IMachineImage = image
        return made

    def _check_is_known(self, name: str) -> None:
        """Raise ValueError when the image is not known at deploy."""

    def _check_output(self, wanted: RecipeType, name: str, other: str) -> None:
        if self._recipe_type not in {None, wanted} and not is_look_up(str(self._recipe)):
            got = f"got a recipe of type {self._recipe_type}, allowed is one of type {wanted}"
            raise self._error(f"{name} is not what the pipeline builds: {got}: use {other}")
        self._check_is_known(name)

    def _checked(self, region: object, name: str) -> str:
        if not isinstance(region, str) or is_unresolved(region) or not region:
            got = "a token" if is_unresolved(region) else described(region)
            raise self._error(f"{name} needs a Region known at synth: got {got}, allowed is a name such as eu-west-1")
        return region

    def _attribute(self, name: str) -> str:
        return self._last.get_att(name).to_string()

    def _error(self, message: str) -> ValueError:
        return ValueError(f"{type(self).__name__} '{self.node.path}': {message}")
