"""Builds on deploy: a deployment runs the pipeline when what it builds has changed, and waits for the image."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

import aws_cdk as cdk
import constructs
import jsii
from constructs import Construct, IConstruct

from cdk_imagebuilder_pipeline.images.built_image import BuiltImage
from cdk_imagebuilder_pipeline.origin import record_origin
from cdk_imagebuilder_pipeline.props.build import BuildOptions, seconds_of
from cdk_imagebuilder_pipeline.props.recipe import RecipeType
from cdk_imagebuilder_pipeline.provider.base import ImagePipelineProviderBase
from cdk_imagebuilder_pipeline.provider.build_grants import BUILD_TYPE, IMAGE_TYPE
from cdk_imagebuilder_pipeline.provider.waiting import LONGEST_WAIT
from cdk_imagebuilder_pipeline.values.trigger import trigger_of, updates_launch_templates
from imagebuilder_model.ownership import BUILT_FROM

BUILD_ID: Final = "Build"


class ImagePipelineBuild(BuiltImage):
    """A build of a pipeline in each deployment that changes what the pipeline builds.

    Made by `ImagePipeline.build_on_deploy`. A construct that depends on it is deployed after the image is available.
    """

    def __init__(
        self,
        pipeline: Construct,
        stack: cdk.Stack,
        path: str,
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
        kind = next(kind for kind in RecipeType if kind.member in request)
        super().__init__(pipeline, BUILD_ID, kind, request[kind.member])
        self._waits: Final = options.wait
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
        self._last = cdk.CfnResource(
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
        record_origin(f"{path}/{BUILD_ID}", stack)
        for number, seconds in enumerate(more, start=2):
            is_last = number == len(more) + 1
            properties = {"ImageArn": self._last.ref, "WaitSeconds": seconds, **({} if is_last else {"IsLast": False})}
            self._last = cdk.CfnResource(self, f"Part{number}", type=IMAGE_TYPE, properties={**of_each, **properties})

    def _check_is_known(self, name: str) -> None:
        if not self._waits:
            raise self._error(
                f"{name} is not known when nothing waits for the image: got wait=False, allowed is wait=True: leave "
                "wait out, or use image_arn"
            )


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
