"""Statements for pipelines that build on deploy: as many for one such pipeline as for hundreds."""

from typing import Final

import aws_cdk as cdk

from cdk_imagebuilder_pipeline.provider.packing import Statement
from cdk_imagebuilder_pipeline.provider.policy import HandlerPolicy, allow
from imagebuilder_model import PIPELINE_ARN_KIND
from imagebuilder_model.ownership import STACK_ID_TAG, TAGS_OF_BUILDS

BUILD_TYPE: Final = "Custom::ImagePipelineBuild"
IMAGE_TYPE: Final = "Custom::ImagePipelineImage"
BUILD_TYPES: Final = frozenset({BUILD_TYPE, IMAGE_TYPE})

_SERVICE: Final = "imagebuilder.amazonaws.com"
_IMAGES: Final = (
    "the service numbers images when a build starts, so their ARNs cannot stand here; they are held to those of this "
    "stack by their owner tag, and without a tag they can only be read"
)
_EXECUTIONS: Final = "the service makes the ids of these executions, and IAM knows no tag of them; they are only read"


def allow_builds(policy: HandlerPolicy, stack: cdk.Stack) -> None:
    """Let the function start pipelines of its stacks, and read and cancel what it started."""
    images, pipelines = _arn(stack, "image"), _arn(stack, PIPELINE_ARN_KIND)
    of_resource = policy.of_ours("aws:ResourceTag")
    policy.has_builds = policy.lists_images = True
    policy.allow_itself(
        allow(
            ["imagebuilder:ListImagePipelineImages", "imagebuilder:StartImagePipelineExecution"],
            pipelines,
            **of_resource,
        ),
        # A new image has no tags. Without this condition, an image could be taken from its stack.
        allow(
            ["imagebuilder:TagResource"],
            images,
            **policy.of_ours("aws:RequestTag"),
            Null={f"aws:ResourceTag/{STACK_ID_TAG}": "true"},
        ),
        *_tags_on_pipelines(policy, pipelines),
        *of_images(policy, stack, tags=True),
        wildcards={images: _IMAGES},
    )


def allow_listing(policy: HandlerPolicy, stack: cdk.Stack) -> None:
    """Let the function see whether a pipeline builds. One that starts pipelines may do so anyway."""
    if not policy.lists_images:
        policy.lists_images = True
        pipelines = _arn(stack, PIPELINE_ARN_KIND)
        policy.allow_itself(
            allow(["imagebuilder:ListImagePipelineImages"], pipelines, **policy.of_ours("aws:ResourceTag"))
        )


def _tags_on_pipelines(policy: HandlerPolicy, pipelines: str) -> list[Statement]:
    """Return the statement to start a pipeline with tags, should IAM look at the pipeline for these.

    Whether it looks at the image or at the pipeline is not verified on AWS: its EC2ImageBuilderExecutionPolicy pairs
    the start with the pipeline. A function of many stacks does without: it could give a pipeline to another of them.
    """
    if not policy.serves_one_stack:
        return []
    (operator, of_request), (_, of_resource) = (
        *policy.of_ours("aws:RequestTag").items(),
        *policy.of_ours("aws:ResourceTag").items(),
    )
    return [allow(["imagebuilder:TagResource"], pipelines, **{operator: of_request | of_resource})]


def of_images(policy: HandlerPolicy, stack: cdk.Stack, *, tags: bool = False) -> list[Statement]:
    """Return the statements to see how a build goes, and to cancel it. An image that is gone has no tags.

    With `tags`, an image that the stack returns to can be marked as in use again. One statement has both actions,
    because the policy of a function with every option has no room for another one.
    """
    images = _arn(stack, "image")
    actions = ["imagebuilder:TagResource"] if tags else []
    return [
        allow(["imagebuilder:GetImage"], images, **policy.of_ours("aws:ResourceTag", "IfExists")),
        allow(["imagebuilder:CancelImageCreation"], images, **policy.of_ours("aws:ResourceTag")),
        # No deployment uses a cancelled build, and no stack the image of before. Owner tags cannot be removed.
        allow(
            [*actions, "imagebuilder:UntagResource"],
            images,
            **policy.of_ours("aws:ResourceTag"),
            **{"ForAllValues:StringEquals": {"aws:TagKeys": [*TAGS_OF_BUILDS]}},
        ),
    ]


def wildcards_of_images(stack: cdk.Stack) -> dict[str, str]:
    """Return the reason for the wildcard of these statements."""
    return {_arn(stack, "image"): _IMAGES}


def allow_waiting(policy: HandlerPolicy, state_machine_arn: str) -> None:
    """Let the function hand builds to the state machine that waits for them."""
    policy.allow_itself(allow(["states:StartExecution"], state_machine_arn))


def allow_deletion(policy: HandlerPolicy, stack: cdk.Stack, lifecycle_role_arn: str | None) -> None:
    """Let the function delete images of its stacks, with all that they are distributed as.

    None for the role: what the function may pass to Image Builder is said elsewhere.
    """
    executions = _arn(stack, "lifecycle-execution")
    policy.allow_itself(
        allow(
            ["imagebuilder:DeleteImage", "imagebuilder:StartResourceStateUpdate"],
            _arn(stack, "image"),
            **policy.of_ours("aws:ResourceTag"),
        ),
        allow(["imagebuilder:GetLifecycleExecution"], executions),
        wildcards={executions: _EXECUTIONS},
    )
    if lifecycle_role_arn is not None:
        policy.allow_itself(allow(["iam:PassRole"], lifecycle_role_arn, StringEquals={"iam:PassedToService": _SERVICE}))


def _arn(stack: cdk.Stack, resource: str) -> str:
    return stack.format_arn(service="imagebuilder", resource=resource, resource_name="*")
