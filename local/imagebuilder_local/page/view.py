"""Conversion of the timeline and the pipelines to JSON for the page, without secrets."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from imagebuilder_local.emulator import Builds, ImageBuilder, Progress
from imagebuilder_local.page.builds import MOST_IMAGES, Naming, awaited, builds_shown, executions, newest_of
from imagebuilder_local.page.deployments import deployments
from imagebuilder_local.page.difference import changes
from imagebuilder_local.page.operations import Operation
from imagebuilder_local.page.pipelines import pipeline
from imagebuilder_local.page.records import Call, Event
from imagebuilder_local.page.timeline import Timeline


def view(timeline: Timeline, *services: ImageBuilder, activity: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return pipelines in order of creation, and deployments, events and calls of others, newest first.

    The account and the Region are those of the first service. `activity` is the command that runs (`what`) and its
    start (`at`). Default: none runs.
    """

    def naming(stack_id: str, stack_name: str, logical_id: str) -> str:
        return timeline.paths.of(stack_id, stack_name, logical_id).name

    settings = [pipeline for service in services for pipeline in service.pipelines()]
    most, now = builds_shown(len(settings)), services[0].now()
    builds = {arn: builds for service in services for arn, builds in service.newest_builds(most).items()}
    pipelines = [pipeline(one, builds.get(one["arn"], Builds([], 0)), now, naming) for one in settings]
    images = newest_of([service.newest_images(MOST_IMAGES) for service in services], MOST_IMAGES)
    newest = [build for found in (*builds.values(), images) for build in found.newest]
    _, _, _, region, account, _ = services[0].arn("").split(":")
    with timeline.operations.read() as done, timeline.read() as (events, others):
        return {
            "activity": activity,
            "region": region,
            "account": account,
            "pipelines": pipelines,
            "images": executions(images, naming),
            "deployments": list(deployments(done, events, timeline.paths))[::-1],
            "events": _events(events, newest, naming)[::-1],
            "others": list(reversed(_calls(others))),
        }


def stack_operations(timeline: Timeline) -> list[dict[str, Any]]:
    """Return the operations of the stacks with their events, newest first."""
    with timeline.operations.read() as done:
        return [_operation(operation) for operation in reversed(done)]


def _operation(operation: Operation) -> dict[str, Any]:
    return {
        "id": operation.id,
        "stack": operation.stack_name,
        "stackId": operation.stack_id,
        "kind": operation.kind,
        "status": operation.status,
        "at": _time(operation.started),
        "milliseconds": _milliseconds(operation.started, operation.ended),
        "events": [
            {
                "at": _time(event.at),
                "logicalId": event.logical_id,
                "physicalId": event.physical_id,
                "resourceType": event.resource_type,
                "status": event.status,
                "reason": event.reason,
            }
            for event in operation.events
        ],
    }


def _events(events: Iterable[Event], builds: list[Progress], naming: Naming) -> list[dict[str, Any]]:
    shown = []
    before: dict[tuple[str, str], Event] = {}
    for event in events:
        resource = (event.stack_id, event.logical_id)
        awaits = awaited(event, builds) if _state(event) == "waiting" else None
        more = {
            "name": naming(event.stack_id, event.stack_name, event.logical_id),
            "reverts": _reverts(event, before.get(resource)),
            "awaits": awaits,
        }
        shown.append(_event(event) | more)
        before[resource] = event
    return shown


def _reverts(event: Event, before: Event | None) -> bool:
    """Return whether an Update reverts the previous Update, as a rollback does."""
    if before is None or event.old_properties is None or before.old_properties is None:
        return False
    return (event.properties, event.old_properties) == (before.old_properties, before.properties)


def _event(event: Event) -> dict[str, Any]:
    over = event.ended if event.answer is None else event.answer.at
    return {
        "number": event.number,
        "state": _state(event),
        "requestType": event.request_type,
        "resourceType": event.resource_type,
        "stack": event.stack_name,
        "stackId": event.stack_id,
        "logicalId": event.logical_id,
        "physicalId": event.physical_id,
        "requestId": event.request_id,
        "at": _time(event.started),
        "milliseconds": _milliseconds(event.started, over),
        "properties": event.properties,
        "changes": None
        if event.old_properties is None
        else [change._asdict() for change in changes(event.old_properties, event.properties)],
        "calls": _calls(event.calls),
        "forgottenCalls": event.calls_made - len(event.calls),
        "functionError": event.function_error,
        "answer": _answer(event),
        # CloudFormation's message repeats the reason of a response, so it matters only without a response.
        "failure": event.failure if event.answer is None else None,
    }


def _state(event: Event) -> str:
    """Return `working`, `waiting` once the function has returned and its response comes later, or the outcome."""
    if event.answer is not None:
        return "succeeded" if event.answer.status == "SUCCESS" else "failed"
    if event.ended is not None:
        return "failed"
    return "waiting" if event.has_returned else "working"


def _answer(event: Event) -> dict[str, Any] | None:
    answer = event.answer
    if answer is None:
        return None
    is_replacement = event.request_type == "Update" and answer.status == "SUCCESS"
    return {
        "at": _time(answer.at),
        "milliseconds": _milliseconds(event.started, answer.at),
        "status": answer.status,
        "physicalId": answer.physical_id,
        "replaces": is_replacement and answer.physical_id != event.physical_id,
        "reason": answer.reason,
        "attributes": answer.attributes,
    }


def _calls(calls: Iterable[Call]) -> list[dict[str, Any]]:
    shown = []
    ends: dict[str, float | None] = {}
    for call in calls:
        # A pause is known only between attempts with the same SDK invocation id.
        last = ends.get(call.invocation) if call.invocation else None
        ends[call.invocation] = call.ended
        shown.append(
            {
                "number": call.number,
                "operation": call.operation,
                "at": _time(call.started),
                "milliseconds": _milliseconds(call.started, call.ended),
                "request": call.request,
                "clientToken": call.request.get("clientToken"),
                "client": call.client,
                "attempt": call.attempt,
                "pauseMilliseconds": None if last is None else _milliseconds(last, call.started),
                "isOver": call.ended is not None,
                "status": call.status,
                "code": call.code,
                "message": call.message,
            }
        )
    return shown


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


def _milliseconds(start: float, end: float | None) -> float | None:
    return None if end is None else round((end - start) * 1000, 1)
