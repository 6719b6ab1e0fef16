"""What a Delete does to a pipeline that this resource owns, as the template's OnDelete says."""

from collections.abc import Mapping
from typing import Any, Final

from imagebuilder_model.comparison import as_update
from imagebuilder_model.ownership import (
    ADOPTED_TAG,
    DISABLE,
    REFUSE_WHILE_BUILDING,
    RETAINED,
    STACK_ID_TAG,
    WHAT_IS_BUILT_TAG,
)
from imagebuilder_pipeline_handler.imagebuilder.images import all_images, is_running
from imagebuilder_pipeline_handler.imagebuilder.task import Task
from imagebuilder_pipeline_handler.pipeline.adoption import give_back, is_given_back
from imagebuilder_pipeline_handler.pipeline.deletion import delete_ours
from imagebuilder_pipeline_handler.pipeline.properties import on_delete_of
from imagebuilder_pipeline_handler.pipeline.reasons import STILL_BUILDING
from imagebuilder_pipeline_handler.runtime.event import last_properties_of
from imagebuilder_pipeline_handler.runtime.failure import HandlerError

_MOST_NAMED: Final = 3


def delete_as_wanted(task: Task, live: Mapping[str, Any]) -> None:
    """Delete the pipeline, or disable and keep it, or refuse. HandlerError `StillBuilding` when it is refused."""
    on_delete = on_delete_of(last_properties_of(task.event))
    if not task.owns(live) or is_given_back(task, live):
        delete_ours(task, live)
    elif on_delete == DISABLE and "dateLastRun" in live:
        _disable(task, live)
    else:
        # One that never ran has nothing to keep: it is what a deployment has made that failed, for example.
        if on_delete == REFUSE_WHILE_BUILDING:
            _require_rest(task, live)
        delete_ours(task, live)


def _disable(task: Task, live: Mapping[str, Any]) -> None:
    """Keep the pipeline without a schedule that runs, and without an owner."""
    arn = live["arn"]
    if live.get("status") != "DISABLED":
        token = task.token("disable")
        request = as_update(live) | {"status": "DISABLED", "imagePipelineArn": arn, "clientToken": token}
        task.client.update_image_pipeline(**request)
    # IAM lets owner tags be removed from a pipeline with this mark alone.
    task.client.tag_resource(resourceArn=arn, tags={ADOPTED_TAG: RETAINED})
    give_back(task, {**live, "tags": {**live["tags"], ADOPTED_TAG: RETAINED}})
    task.progress.note = "the pipeline was disabled and kept, as OnDelete says, and its owner tags were removed"


def _is_cancelled(task: Task, image: Mapping[str, Any]) -> bool:
    """Return whether this stack built an image and has cancelled the build, which the service shows as running."""
    return image["tags"].get(STACK_ID_TAG) == task.event["StackId"] and WHAT_IS_BUILT_TAG not in image["tags"]


def _require_rest(task: Task, live: Mapping[str, Any]) -> None:
    images = all_images(task.client, live["arn"])
    running = [image["arn"] for image in images if is_running(image) and not _is_cancelled(task, image)]
    if running:
        raise HandlerError(STILL_BUILDING, f"{live['arn']} builds ", running[:_MOST_NAMED])
