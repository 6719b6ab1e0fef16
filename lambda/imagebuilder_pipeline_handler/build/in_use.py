"""The tag of the image that a build's resource has now: lifecycle policies that exclude the tag keep the image."""

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from imagebuilder_model.ownership import IN_USE, IN_USE_TAG
from imagebuilder_pipeline_handler.imagebuilder.task import Task


def mark(task: Task, image: Mapping[str, Any]) -> None:
    """Put the tag on an image of the event's resource, if it is missing.

    A failure fails the event: without the tag, a policy may delete the image that the stack uses.
    """
    if task.owns(image) and IN_USE_TAG not in image["tags"]:
        task.client.tag_resource(resourceArn=image["arn"], tags=dict(IN_USE))


def release(task: Task, image: Mapping[str, Any]) -> None:
    """Remove the tag. A failure is noted only: it keeps an image too long, and must not fail a Delete or a rollback."""
    if IN_USE_TAG not in image["tags"]:
        return
    task.progress.note = (
        f"{image['arn']} may still have the tag {IN_USE_TAG}, so no lifecycle policy deletes it: remove the tag"
    )
    with suppress(ClientError, BotoCoreError):
        task.client.untag_resource(resourceArn=image["arn"], tagKeys=[IN_USE_TAG])
        task.progress.note = ""


def release_all(task: Task, images: Iterable[Mapping[str, Any]], *, besides: Collection[str] = ()) -> None:
    """Remove the tag from images of the event's resource that it does not have: of builds that failed, for example."""
    for image in images:
        if image["arn"] not in besides:
            release(task, image)
