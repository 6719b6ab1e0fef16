"""Changes of the state of an image after its build: deprecated, disabled, deleted, or available again."""

import uuid
from collections.abc import Iterator, Mapping
from typing import Any, Final

from imagebuilder_local.emulator.errors import ServiceError, not_found
from imagebuilder_local.emulator.images import Change, Image, LifecycleExecution
from imagebuilder_local.emulator.state import State

_MOVABLE: Final = ("AVAILABLE", "DEPRECATED", "DISABLED", "FAILED", "CANCELLED")
_ONLY_DELETED: Final = ("FAILED", "CANCELLED")


def start_resource_state_update(state: State, request: Mapping[str, Any]) -> dict[str, Any]:
    """Change the state of an image: at once, or by a lifecycle execution.

    A request that includes resources, or sets a time, starts an execution (API reference). It takes as long as a state
    of a build, or until that time. exclusionRules are accepted and have no effect, since no AMI exists.
    """
    image = state.image(request["resourceArn"])
    now = state.clock()
    target = request["state"].get("status")
    for problem in _problems(image, now, target, request):
        # The rules are those of the API reference; code and sentences of the refusals are not verified on AWS.
        raise ServiceError("InvalidRequestException", f"The state of image '{image.arn}' cannot be changed: {problem}.")
    at = request.get("updateAt", now + image.seconds_per_state)
    if "includeResources" not in request and "updateAt" not in request:
        image.moves.append(Change(now, target))
        return {"resourceArn": image.arn}
    if _in_progress(state, image, now):
        raise ServiceError("ResourceInUseException", f"A lifecycle execution of image '{image.arn}' is in progress.")
    execution = LifecycleExecution(f"lce-{uuid.uuid4()}", image.arn, now, at)
    state.lifecycle_executions[execution.number] = execution
    image.moves.append(Change(at, target))
    image.marks["lifecycleExecutionId"] = execution.number
    if "updateAt" in request:
        image.marks["deprecationTime"] = at
    return {"lifecycleExecutionId": execution.number, "resourceArn": image.arn}


def get_lifecycle_execution(state: State, request: Mapping[str, Any]) -> dict[str, Any]:
    """Return a lifecycle execution: IN_PROGRESS until its end, then SUCCESS."""
    number = request["lifecycleExecutionId"]
    if number not in state.lifecycle_executions:
        raise not_found(state.arn(f"lifecycle-execution/{number}"))
    execution = state.lifecycle_executions[number]
    is_over = execution.ends_at <= state.clock()
    return {
        "lifecycleExecution": {
            "lifecycleExecutionId": number,
            "resourcesImpactedSummary": {"hasImpactedResources": True},
            "state": {"status": "SUCCESS" if is_over else "IN_PROGRESS"},
            "startTime": execution.started_at,
        }
        | ({"endTime": execution.ends_at} if is_over else {})
    }


def _in_progress(state: State, image: Image, now: float) -> bool:
    number = image.marks.get("lifecycleExecutionId")
    return number is not None and state.lifecycle_executions[number].ends_at > now


def _problems(image: Image, now: float, target: str | None, request: Mapping[str, Any]) -> Iterator[str]:
    if target is None:
        yield "state.status is missing"
    yield from _problems_of_state(image.status(now), target)
    if image.facts["type"] == "DOCKER" and target != "DELETED":
        yield "a container image can only become DELETED"
    yield from _problems_of_included(target, request)
    if "updateAt" in request and (target != "DEPRECATED" or request["updateAt"] <= now):
        yield "updateAt must be a future time, and state.status DEPRECATED"


def _problems_of_state(status: str, target: str | None) -> Iterator[str]:
    if status not in _MOVABLE:
        yield f"it is {status}, allowed are {', '.join(_MOVABLE)}"
    if status in _ONLY_DELETED and target != "DELETED":
        yield f"it is {status}, which can only become DELETED"


def _problems_of_included(target: str | None, request: Mapping[str, Any]) -> Iterator[str]:
    included = {name for name, value in request.get("includeResources", {}).items() if value}
    if ("includeResources" in request) != ("executionRole" in request):
        yield "includeResources and executionRole must be given together"
    if target == "DELETED" and not included:
        yield "DELETED needs includeResources; DeleteImage deletes the image alone"
    if target != "DELETED" and included & {"snapshots", "containers"}:
        yield "snapshots and containers can only be included with DELETED"
