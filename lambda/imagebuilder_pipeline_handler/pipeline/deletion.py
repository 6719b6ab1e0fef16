"""Deletes a pipeline that this resource owns, and leaves every other."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from imagebuilder_pipeline_handler.imagebuilder.advice import require_content
from imagebuilder_pipeline_handler.imagebuilder.errors import is_denied, is_gone
from imagebuilder_pipeline_handler.imagebuilder.task import Task
from imagebuilder_pipeline_handler.pipeline.adoption import give_back, is_given_back, renounce
from imagebuilder_pipeline_handler.pipeline.live import live_pipeline
from imagebuilder_pipeline_handler.pipeline.reasons import OTHER_STACKS
from imagebuilder_pipeline_handler.runtime.failure import HandlerError


def delete_ours(task: Task, live: Mapping[str, Any]) -> None:
    """Delete the pipeline if this resource owns it, or give it back if it was adopted; leave it if not owned."""
    if not task.owns(live):
        task.progress.note = "another owner has the pipeline of this name, so it was kept"
        with suppress(ClientError, BotoCoreError):
            renounce(task, live)
        return
    try:
        if is_given_back(task, live):
            give_back(task, live)
            task.progress.note = "the pipeline was adopted, so it was kept and only its owner tags were removed"
        else:
            response = task.client.delete_image_pipeline(imagePipelineArn=live["arn"])
            require_content("DeleteImagePipeline", response, live["arn"])
    except ClientError as error:
        # An attempt whose response was lost may have done it. IAM, which goes by the tags, then denies the next.
        if not is_gone(error) and not (is_denied(error) and _has_lost_owner(task, live["arn"])):
            raise


def look(task: Task, arn: str) -> dict[str, Any] | None:
    """Return the pipeline that a Delete may mean; None when it is gone, or when IAM denies the look-up."""
    try:
        return live_pipeline(task.client, arn)
    except HandlerError as error:
        if error.reason != OTHER_STACKS:
            raise
        task.progress.note = "the function's role may not look up the pipeline of this name, so another stack owns it"
        return None


def _has_lost_owner(task: Task, arn: str) -> bool:
    try:
        live = live_pipeline(task.client, arn)
    except HandlerError as error:
        return error.reason == OTHER_STACKS
    return live is None or not task.owns(live)
