"""Stack operations for the page: one deployment is an operation together with the rollback that it caused."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, Final

from imagebuilder_local.page.construct_paths import ConstructPaths
from imagebuilder_local.page.operations import STACK_TYPE, Operation, StackEvent
from imagebuilder_local.page.records import Event

_ROLLBACK: Final = "rollback"
_CANCELLED: Final = "Resource creation cancelled"
"""How CloudFormation begins the reason of a resource that it did not try because another one failed."""

_DONE: Final = {"CREATE": "created", "UPDATE": "updated", "DELETE": "deleted", "IMPORT": "imported"}
_WORKING: Final = {"CREATE": "creating", "UPDATE": "updating", "DELETE": "deleting", "IMPORT": "importing"}


def deployments(
    operations: Iterable[Operation], events: Iterable[Event], paths: ConstructPaths
) -> Iterator[dict[str, Any]]:
    """Yield the deployments, oldest first. Operations and events are oldest first too."""
    of_operation: defaultdict[str, list[Event]] = defaultdict(list)
    for event in events:
        of_operation[event.operation].append(event)
    for parts in _with_rollbacks(operations):
        yield _deployment(parts, [event for part in parts for event in of_operation[part.id]], paths)


def _with_rollbacks(operations: Iterable[Operation]) -> Iterator[list[Operation]]:
    """Yield each operation, followed by the rollbacks of it."""
    newest: dict[str, list[Operation]] = {}
    found: list[list[Operation]] = []
    for operation in operations:
        before = newest.get(operation.stack_id)
        if operation.kind == _ROLLBACK and before is not None:
            before.append(operation)
        else:
            newest[operation.stack_id] = [operation]
            found.append(newest[operation.stack_id])
    yield from found


def _deployment(parts: list[Operation], events: list[Event], paths: ConstructPaths) -> dict[str, Any]:
    first, last = parts[0], parts[-1]
    changes: dict[str, list[tuple[StackEvent, bool]]] = {}
    for part in parts:
        for event in part.events:
            if not _is_of_stack(event, part):
                changes.setdefault(event.logical_id, []).append((event, part.kind == _ROLLBACK))
    numbers = defaultdict(list)
    for custom in events:
        numbers[custom.logical_id].append(custom.number)
    resources = [
        _resource(first, logical_id, of_one, paths) | {"events": numbers[logical_id]}
        for logical_id, of_one in changes.items()
    ]
    failed = next((one for one in resources if one["state"] == "failed"), None)
    state, outcome = _outcome(last)
    return {
        "id": first.id,
        "stack": first.stack_name,
        "stackId": first.stack_id,
        "kind": first.kind,
        "state": state,
        "outcome": outcome,
        "status": last.status,
        "at": _time(first.started),
        "milliseconds": None if last.ended is None else _milliseconds(first.started, last.ended),
        "failed": failed["logicalId"] if failed else None,
        "reason": failed["reason"] if failed else _reason(parts),
        "resources": resources,
    }


def _outcome(last: Operation) -> tuple[str, str]:
    """Return the state (`working`, `succeeded` or `failed`) and its words."""
    match last.ended is None, last.kind == _ROLLBACK, last.status.endswith("_FAILED"):
        case True, rolls_back, _:
            return "working", "rolling back" if rolls_back else "in progress"
        case False, True, False:
            return "failed", "failed and rolled back"
        case False, True, True:
            return "failed", "failed, and so did the rollback"
        case False, False, True:
            return "failed", "failed"
        case _:
            return "succeeded", "succeeded"


def _reason(parts: Iterable[Operation]) -> str | None:
    """Return the reason of a stack that failed without a failed resource."""
    for part in parts:
        for event in part.events:
            if _is_of_stack(event, part) and event.reason and (part.kind == _ROLLBACK or "FAILED" in event.status):
                return event.reason
    return None


def _resource(
    operation: Operation, logical_id: str, changes: list[tuple[StackEvent, bool]], paths: ConstructPaths
) -> dict[str, Any]:
    path, name = paths.of(operation.stack_id, operation.stack_name, logical_id)
    first, last = changes[0][0], changes[-1][0]
    failure = next((event for event, _ in changes if event.status.endswith("_FAILED")), None)
    state, outcome = _state(changes, failure)
    return {
        "logicalId": logical_id,
        "name": name,
        "path": path,
        "type": last.resource_type,
        "physicalId": last.physical_id,
        "state": state,
        "outcome": outcome,
        "reason": failure.reason if failure else None,
        "at": _time(first.at),
        "milliseconds": None if state == "working" else _milliseconds(first.at, last.at),
    }


def _state(changes: list[tuple[StackEvent, bool]], failure: StackEvent | None) -> tuple[str, str]:
    """Return the state of a resource and its words."""
    last, is_rollback = changes[-1]
    if failure is not None:
        state = "cancelled" if failure.reason.startswith(_CANCELLED) else "failed"
        return state, state
    verb, _, progress = last.status.partition("_")
    if progress == "IN_PROGRESS":
        return "working", "rolling back" if is_rollback else _WORKING.get(verb, "working")
    if is_rollback:
        return "rolled back", "rolled back"
    if progress == "SKIPPED":
        return "succeeded", "kept"
    verbs = {event.status.partition("_")[0] for event, _ in changes}
    return "succeeded", "replaced" if len(verbs) > 1 else _DONE.get(verb, "done")


def _is_of_stack(event: StackEvent, operation: Operation) -> bool:
    return event.resource_type == STACK_TYPE and event.logical_id == operation.stack_name


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


def _milliseconds(start: float, end: float) -> float:
    return round((end - start) * 1000, 1)
