"""The images of a resource: looked up, started, cancelled."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, Final

from botocore.exceptions import ClientError

from imagebuilder_model.model import load_model
from imagebuilder_model.ownership import WHAT_IS_BUILT_TAG
from imagebuilder_pipeline_handler.build.properties import Build
from imagebuilder_pipeline_handler.imagebuilder.advice import NO_ANSWER
from imagebuilder_pipeline_handler.imagebuilder.client import ImageBuilderClient
from imagebuilder_pipeline_handler.imagebuilder.dates import was_made_after
from imagebuilder_pipeline_handler.imagebuilder.errors import is_gone
from imagebuilder_pipeline_handler.imagebuilder.retry import has_content
from imagebuilder_pipeline_handler.imagebuilder.task import Task
from imagebuilder_pipeline_handler.runtime.failure import HandlerError

AVAILABLE: Final = "AVAILABLE"
USABLE: Final = frozenset({AVAILABLE, "DEPRECATED", "DISABLED"})
"""States of an image that was built: its AMIs or container images are known."""

_ENDED: Final = USABLE | {"CANCELLED", "FAILED", "DELETED"}
"""A state that is not known here is taken for one of a running build, until the wait is over."""


def is_image_arn(string: str) -> bool:
    """Return whether a string is the ARN of an image's build version."""
    pattern = load_model().shapes["ImageBuildVersionArn"].regex
    return pattern is not None and pattern.search(string) is not None


def live_image(client: ImageBuilderClient, arn: str) -> dict[str, Any] | None:
    """Return an image, always with `tags`; None when it does not exist.

    For an ARN without a build, or with `x` in its version, it is the newest that is available.
    """
    try:
        response = client.get_image(imageBuildVersionArn=arn)
    except ClientError as error:
        if is_gone(error):
            return None
        raise
    if not has_content("GetImage", response):
        raise HandlerError(NO_ANSWER, arn)
    image = response["image"]
    return {**image, "tags": image.get("tags") or {}}


def status_of(image: Mapping[str, Any]) -> str:
    """Return the state of an image or of its summary."""
    return str(image.get("state", {}).get("status", ""))


def is_running(image: Mapping[str, Any]) -> bool:
    """Return whether an image is still being built."""
    return status_of(image) not in _ENDED


def own_images(task: Task, pipeline_arn: str) -> list[dict[str, Any]]:
    """Return the summaries of the images of a pipeline that the event's resource built, oldest first.

    Those of a later event are left out: Lambda may deliver an event once more when the next one has long begun.
    """
    own = [image for image in _images(task, pipeline_arn) if task.owns(image) and not was_made_after(task.event, image)]
    return sorted(own, key=lambda image: str(image.get("dateCreated", "")))


def trigger_of(image: Mapping[str, Any]) -> str:
    """Return the Trigger that an image was built for; empty when it was built for none."""
    return str(image["tags"].get(WHAT_IS_BUILT_TAG, ""))


def start(task: Task, build: Build) -> str:
    """Run the pipeline and return the ARN of the image. Each delivery of the event gets the same one."""
    response = task.client.start_image_pipeline_execution(
        imagePipelineArn=build.pipeline_arn,
        tags={**build.tags, **task.owner_tags, WHAT_IS_BUILT_TAG: build.trigger},
        clientToken=task.token("StartImagePipelineExecution"),
    )
    if not has_content("StartImagePipelineExecution", response):
        raise HandlerError(NO_ANSWER, build.pipeline_arn)
    return response["imageBuildVersionArn"]


def cancel(client: ImageBuilderClient, arn: str, token: str) -> None:
    """Cancel a build. One that ended in the meantime, or is gone, stays as it is. HandlerError without an answer.

    The service takes its time, and shows the build as running until then.
    """
    try:
        response = client.cancel_image_creation(imageBuildVersionArn=arn, clientToken=token)
    except ClientError:
        image = live_image(client, arn)
        if image is not None and is_running(image):
            raise
        return
    if not has_content("CancelImageCreation", response):
        raise HandlerError(NO_ANSWER, arn)
    forget_trigger(client, arn)


def forget_trigger(client: ImageBuilderClient, arn: str) -> None:
    """Remove the Trigger of an image that is about to go, so that a deployment that comes soon does not take it."""
    with suppress(ClientError):
        client.untag_resource(resourceArn=arn, tagKeys=[WHAT_IS_BUILT_TAG])


def _images(task: Task, pipeline_arn: str) -> Iterator[dict[str, Any]]:
    more: dict[str, Any] = {}
    while True:
        response = task.client.list_image_pipeline_images(imagePipelineArn=pipeline_arn, **more)
        if not has_content("ListImagePipelineImages", response):
            raise HandlerError(NO_ANSWER, pipeline_arn)
        for image in response.get("imageSummaryList", []):
            yield {**image, "tags": image.get("tags") or {}}
        token = response.get("nextToken")
        if not token:
            return
        more = {"nextToken": token}
