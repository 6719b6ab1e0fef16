"""The images that the event's resource builds."""

from collections.abc import Mapping
from typing import Any

from imagebuilder_model.ownership import IN_USE, WHAT_IS_BUILT_TAG
from imagebuilder_pipeline_handler.build.properties import Build
from imagebuilder_pipeline_handler.imagebuilder.advice import require_content
from imagebuilder_pipeline_handler.imagebuilder.dates import was_made_after
from imagebuilder_pipeline_handler.imagebuilder.images import all_images
from imagebuilder_pipeline_handler.imagebuilder.task import Task


def own_images(task: Task, pipeline_arn: str) -> list[dict[str, Any]]:
    """Return the summaries of the images of a pipeline that the event's resource built, oldest first.

    Those of a later event are left out: Lambda may deliver an event once more when the next one has long begun.
    """
    images = all_images(task.client, pipeline_arn)
    own = [image for image in images if task.owns(image) and not was_made_after(task.event, image)]
    return sorted(own, key=lambda image: str(image.get("dateCreated", "")))


def trigger_of(image: Mapping[str, Any]) -> str:
    """Return the Trigger that an image was built for; empty when it was built for none."""
    return str(image["tags"].get(WHAT_IS_BUILT_TAG, ""))


def start(task: Task, build: Build) -> str:
    """Run the pipeline and return the ARN of the image. Each delivery of the event gets the same one."""
    response = task.client.start_image_pipeline_execution(
        imagePipelineArn=build.pipeline_arn,
        # In use from its first moment on: a call that comes later could be lost.
        tags={**build.tags, **task.owner_tags, WHAT_IS_BUILT_TAG: build.trigger, **IN_USE},
        clientToken=task.token("StartImagePipelineExecution"),
    )
    require_content("StartImagePipelineExecution", response, build.pipeline_arn)
    return response["imageBuildVersionArn"]
