"""Deleting a pipeline that is this resource's, and leaving every other."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from imagebuilder_pipeline_handler.adoption import give_back, is_given_back, renounce
from imagebuilder_pipeline_handler.identity import is_ours
from imagebuilder_pipeline_handler.pipeline import is_denied, is_gone, live_pipeline, require_content
from imagebuilder_pipeline_handler.reasons import HandlerError
from imagebuilder_pipeline_handler.work import Task


def delete_ours(task: Task, live: Mapping[str, Any]) -> None:
    """Delete the pipeline if it is ours, give it back if it was adopted, and leave it alone if it is not ours."""
    if not is_ours(task.event, live):
        task.work.note = "the pipeline of this name is not this resource's, and was left alone"
        with suppress(ClientError, BotoCoreError):
            renounce(task, live)
        return
    try:
        if is_given_back(task.event, live):
            give_back(task, live)
            task.work.note = "the pipeline was there before this resource, and was left without the tags of its owner"
        else:
            response = task.client.delete_image_pipeline(imagePipelineArn=live["arn"])
            require_content("DeleteImagePipeline", response, live["arn"])
    except ClientError as error:
        # An attempt whose answer was lost may have done it; IAM, which goes by the tags, then denies the next.
        if not is_gone(error) and not (is_denied(error) and _is_ours_no_more(task, live["arn"])):
            raise


def look(task: Task, arn: str) -> dict[str, Any] | None:
    """Return a pipeline that a Delete may be about; None when it is gone, or may not even be looked at."""
    try:
        return live_pipeline(task.client, arn)
    except HandlerError as error:
        if error.code != "OtherStacks":
            raise
        task.work.note = "the function's role may not look at the pipeline of this name, so it is not this stack's"
        return None


def _is_ours_no_more(task: Task, arn: str) -> bool:
    try:
        live = live_pipeline(task.client, arn)
    except HandlerError as error:
        return error.code == "OtherStacks"
    return live is None or not is_ours(task.event, live)
