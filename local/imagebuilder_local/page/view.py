"""Conversion of the timeline and the pipelines to JSON for the page, without secrets."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from imagebuilder_local.emulator import Builds, ImageBuilder, Progress
from imagebuilder_local.page.builds import awaited, builds_shown, executions
from imagebuilder_local.page.difference import changes
from imagebuilder_local.page.records import Call, Event
from imagebuilder_local.page.timeline import Timeline


def view(timeline: Timeline, *services: ImageBuilder) -> dict[str, Any]:
    """Return pipelines in order of creation, and events and calls of other clients, newest first.

    The account and the Region are those of the first service.
    """
    settings = [pipeline for service in services for pipeline in service.pipelines()]
    most = builds_shown(len(settings))
    builds = {arn: builds for service in services for arn, builds in service.newest_builds(most).items()}
    pipelines = [
        {"settings": pipeline} | executions(builds.get(pipeline["arn"], Builds([], 0))) for pipeline in settings
    ]
    newest = [build for of_pipeline in builds.values() for build in of_pipeline.newest]
    _, _, _, region, account, _ = services[0].arn("").split(":")
    with timeline.read() as (events, others):
        return {
            "region": region,
            "account": account,
            "pipelines": pipelines,
            "events": _events(events, newest)[::-1],
            "others": list(reversed(_calls(others))),
        }


def _events(events: Iterable[Event], builds: list[Progress]) -> list[dict[str, Any]]:
    shown = []
    before: dict[tuple[str, str], Event] = {}
    for event in events:
        resource = (event.stack_id, event.logical_id)
        awaits = awaited(event, builds) if _state(event) == "waiting" else None
        shown.append(_event(event) | {"reverts": _reverts(event, before.get(resource)), "awaits": awaits})
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
