"""Builds on deploy: a deployment runs the pipeline when what it builds has changed, and waits for the image."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

import aws_cdk as cdk
import constructs
import jsii
from aws_cdk import aws_ec2 as ec2
from constructs import Construct, IConstruct

from cdk_imagebuilder_pipeline.origin import record_origin
from cdk_imagebuilder_pipeline.props.build import BuildOptions, seconds_of
from cdk_imagebuilder_pipeline.props.recipe import RecipeType
from cdk_imagebuilder_pipeline.provider.base import ImagePipelineProviderBase
from cdk_imagebuilder_pipeline.provider.build_grants import BUILD_TYPE, IMAGE_TYPE
from cdk_imagebuilder_pipeline.provider.waiting import LONGEST_WAIT
from cdk_imagebuilder_pipeline.values.machine_image import MachineImage
from cdk_imagebuilder_pipeline.values.tokens import is_look_up, is_unresolved
from cdk_imagebuilder_pipeline.values.trigger import platforms_of, trigger_of, updates_launch_templates
from imagebuilder_model import described
from imagebuilder_model.ownership import BUILT_FROM

BUILD_ID: Final = "Build"

_IMAGE_ID: Final = "ImageId"
_IMAGE_URI: Final = "ImageUri"


class ImagePipelineBuild(Construct):
    """A build of a pipeline in each deployment that changes what the pipeline builds.

    Made by `ImagePipeline.build_on_deploy`. A construct that depends on it is deployed after the image is available.
    """

    def __init__(
        self,
        pipeline: Construct,
        stack: cdk.Stack,
        options: BuildOptions,
        *,
        pipeline_arn: str,
        request: Mapping[str, Any],
        provider: ImagePipelineProviderBase,
    ) -> None:
        """`request` is the pipeline's. ValueError with every problem of the options."""
        _check(pipeline, options, request)
        deletes = options.removal_policy == cdk.RemovalPolicy.DESTROY
        support = provider.support_builds(waits=options.wait, deletes=deletes)
        if isinstance(support, str):
            raise _error(pipeline, support)
        super().__init__(pipeline, BUILD_ID)
        self._waits: Final = options.wait
        self._recipe: Final[tuple[RecipeType, Any]] = next(
            (kind, request[kind.member]) for kind in RecipeType if kind.member in request
        )
        first, *more = options.parts()
        of_each: dict[str, Any] = {
            "ServiceToken": provider.service_token,
            "ServiceTimeout": seconds_of(LONGEST_WAIT),
            **(
                {"TimeoutSeconds": seconds_of(options.timeout), "WatcherArn": support.watcher_arn}
                if self._waits
                else {}
            ),
        }
        self._resource: Final = cdk.CfnResource(
            self,
            "Resource",
            type=BUILD_TYPE,
            properties={
                **of_each,
                "PipelineArn": pipeline_arn,
                "Trigger": trigger_of(_what_is_built(request, options), stack),
                "WaitSeconds": first,
                **({"IsLast": False} if more else {}),
                **({"ImageTags": dict(options.image_tags)} if options.image_tags else {}),
                **({"OnDelete": "DELETE", "LifecycleRoleArn": support.lifecycle_role_arn} if deletes else {}),
            },
        )
        record_origin(self._resource, stack)
        self._last = self._resource
        for number, seconds in enumerate(more, start=2):
            is_last = number == len(more) + 1
            properties = {"ImageArn": self._last.ref, "WaitSeconds": seconds, **({} if is_last else {"IsLast": False})}
            self._last = cdk.CfnResource(self, f"Part{number}", type=IMAGE_TYPE, properties={**of_each, **properties})

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
        """The id of the AMI in the stack's Region. ValueError when nothing waits for it, or for a container recipe."""
        self._check_output(RecipeType.IMAGE, "image_id", "image_uri")
        return self._attribute(_IMAGE_ID)

    def image_id_in(self, region: str) -> str:
        """Return the id of the AMI in a Region that the distribution has. ValueError as `image_id`, or for a token."""
        self._check_output(RecipeType.IMAGE, "image_id_in", "image_uri_in")
        return self._attribute(f"{_IMAGE_ID}.{self._checked(region, 'image_id_in')}")

    @property
    def image_uri(self) -> str:
        """The URI of the container image in the stack's Region. ValueError when nothing waits, or for an AMI."""
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
        is_windows = "Windows" in platforms_of(self._recipe[1], self)
        image: Any = MachineImage(image_id, is_windows=is_windows)  # pyright does not see an IMachineImage in it
        made: ec2.IMachineImage = image
        return made

    def _check_output(self, wanted: RecipeType, name: str, other: str) -> None:
        kind, recipe = self._recipe
        if kind != wanted and not is_look_up(str(recipe)):
            got = f"got a recipe of type {kind.value}, allowed is one of type {wanted.value}"
            raise _error(self, f"{name} is not what the pipeline builds: {got}: use {other}")
        if not self._waits:
            raise _error(
                self,
                f"{name} is not known when nothing waits for the image: got wait=False, allowed is wait=True: leave "
                "wait out, or use image_arn",
            )

    def _checked(self, region: object, name: str) -> str:
        if not isinstance(region, str) or is_unresolved(region) or not region:
            got = "a token" if is_unresolved(region) else described(region)
            raise _error(self, f"{name} needs a Region known at synth: got {got}, allowed is a name such as eu-west-1")
        return region

    def _attribute(self, name: str) -> str:
        return self._last.get_att(name).to_string()


def _check(pipeline: Construct, options: BuildOptions, request: Mapping[str, Any]) -> None:
    problems = [str(one) for one in options.problems()]
    if len(problems) > 1:
        raise _error(pipeline, "\n- ".join([f"{len(problems)} problems:", *problems]))
    if problems:
        raise _error(pipeline, problems[0])
    if options.removal_policy == cdk.RemovalPolicy.DESTROY:
        refusal: Any = _Refusal(pipeline, request.get("distributionConfigurationArn"))
        with suppress(RuntimeError):  # how jsii raises what JavaScript throws: a distribution may not be complete yet
            for message in refusal.validate():
                raise _error(pipeline, message)
        pipeline.node.add_validation(refusal)


def _what_is_built(request: Mapping[str, Any], options: BuildOptions) -> dict[str, Any]:
    built = {member: request[member] for member in BUILT_FROM if member in request}
    return {"pipeline": built, "triggers": dict(options.triggers)}


def _error(scope: IConstruct, message: str) -> ValueError:
    return ValueError(f"{type(scope).__name__} '{scope.node.path}': {message}")


@jsii.implements(constructs.IValidation)
class _Refusal:
    """Refuses to delete images that launch templates use: a rollback would take the one in use."""

    def __init__(self, pipeline: Construct, distribution: object) -> None:
        self._pipeline = pipeline
        self._distribution = distribution

    def validate(self) -> list[str]:
        """Return the message, if there is one: the alpha L2 adds to a distribution after it is made."""
        if self._distribution is None or not updates_launch_templates(self._distribution, self._pipeline):
            return []
        message = (
            "removal_policy deletes the AMI of a launch template when a deployment is rolled back: got DESTROY with a "
            "distribution that has launchTemplateConfigurations, allowed is RETAIN: leave removal_policy out, or give "
            "the launch template the image_id of the build"
        )
        return [message]
