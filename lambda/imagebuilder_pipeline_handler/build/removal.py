"""Removes what a build has made: AMIs with their snapshots, or container images."""

from collections.abc import Mapping
from typing import Any, Final

from imagebuilder_pipeline_handler.build.reasons import NOT_REMOVED
from imagebuilder_pipeline_handler.imagebuilder.images import USABLE, forget_build, status_of
from imagebuilder_pipeline_handler.imagebuilder.task import Task
from imagebuilder_pipeline_handler.runtime.failure import HandlerError

_PAUSE: Final = 5.0
"""Seconds between look-ups of a removal."""

_RUNNING: Final = frozenset({"PENDING", "IN_PROGRESS", "CANCELLING"})


def remove(task: Task, image: Mapping[str, Any], role: str) -> None:
    """Remove the outputs of an image in every Region, as its lifecycle role may. HandlerError when that fails.

    It is waited for as long as the function's time allows, because a stack that is deleted deletes the role next.
    """
    arn = image["arn"]
    if status_of(image) not in USABLE:
        if status_of(image) != "DELETED":
            # A build that failed has no outputs.
            task.client.delete_image(imageBuildVersionArn=arn)
        return
    is_container = "containerRecipe" in image
    included: Any = {"containers": True} if is_container else {"amis": True, "snapshots": True}
    response = task.client.start_resource_state_update(
        resourceArn=arn,
        state={"status": "DELETED"},
        executionRole=role,
        includeResources=included,
        clientToken=task.token(f"StartResourceStateUpdate {arn}"),
    )
    forget_build(task.client, arn)
    _wait(task, arn, response["lifecycleExecutionId"])


def _wait(task: Task, arn: str, execution: str) -> None:
    while True:
        response = task.client.get_lifecycle_execution(lifecycleExecutionId=execution)
        state: Mapping[str, Any] = response.get("lifecycleExecution", {}).get("state", {})
        status = state.get("status", "")
        if status == "SUCCESS":
            return
        if status not in _RUNNING:
            raise HandlerError(NOT_REMOVED, f"{arn}: {status} {state.get('reason', '')}".rstrip())
        if not task.progress.allows(_PAUSE):
            task.progress.note = f"the removal of {arn} was still running when the function's time was up"
            return
        task.progress.clock.sleep(_PAUSE)
