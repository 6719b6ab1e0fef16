"""Stack events as CloudFormation has them: with an OperationId, in order, and only of resources that changed.

Import it after ministack's settings are in the environment. The wrapped parts of ministack are not a public interface:
its version is pinned, and a test checks that each function exists with the parameters used here.
"""

import re
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps
from typing import Any

from ministack.services import cloudformation
from ministack.services.cloudformation import changesets, handlers, provisioners, stacks

from imagebuilder_local.page.operations import STACK_TYPE, Operations


@dataclass
class _Held:
    """The start of an update that may turn out to change nothing, or to be a create."""

    event: "_Event"
    is_create: bool = False
    is_recorded: bool = False


@dataclass
class _Event:
    stack_id: str
    stack_name: str
    logical_id: str
    resource_type: str
    status: str
    reason: str = ""
    physical_id: str = ""
    detailed_status: str = ""

    @property
    def is_of_stack(self) -> bool:
        return self.resource_type == STACK_TYPE and self.logical_id == self.stack_name

    def is_of_same_resource(self, other: "_Event") -> bool:
        return (self.stack_id, self.logical_id) == (other.stack_id, other.logical_id)


_held: ContextVar[_Held | None] = ContextVar("_held", default=None)
_latest: ContextVar[_Event | None] = ContextVar("_latest", default=None)
"""The event that this stack operation recorded last."""


def record(operations: Operations) -> None:
    """Wrap the functions that record an event, change a resource, and list the events."""
    recorder = _Recorder(operations, stacks._add_event)
    parts: tuple[Any, ...] = (stacks, changesets, handlers)
    for part in parts:
        part._add_event = recorder.add  # the others look it up in `stacks` at each call
    parts = (stacks, provisioners)  # nested stacks are deployed in `provisioners`
    for part in parts:
        part._update_resource = recorder.updating(part._update_resource)
        part._provision_resource = recorder.creating(part._provision_resource)
    stacks._delete_resource = recorder.deleting(stacks._delete_resource)
    handlers._ACTION_HANDLERS["DescribeStackEvents"] = _with_operations(handlers._describe_stack_events)


class _Recorder:
    """Records the events of ministack that CloudFormation would have, and those that ministack leaves out."""

    def __init__(self, operations: Operations, original: Callable[..., None]) -> None:
        self._operations = operations
        self._original = original

    def add(self, *arguments: Any, **keywords: Any) -> None:
        """Record an event. The parameters are those of ministack."""
        event, held = _Event(*arguments, **keywords), _held.get()
        if held is not None and held.event.is_of_same_resource(event):
            if event.status == "UPDATE_COMPLETE" and not held.is_recorded:
                _held.set(None)  # Nothing changed, so CloudFormation would not have looked at it.
                return
            if held.is_create:
                event.status = event.status.replace("UPDATE", "CREATE")
        self._release()
        if event.status == "UPDATE_IN_PROGRESS" and not event.is_of_stack:
            _held.set(_Held(event))
            return
        _held.set(None)
        if event.is_of_stack and event.status == "UPDATE_COMPLETE":
            self._clean_up(event)
        self._record(event)

    def updating(self, original: Callable[..., Any]) -> Callable[..., Any]:
        """Record the start of an update that changes something."""

        @wraps(original)
        def update(resource_type: str, physical_id: str, old: Any, new: Any, *rest: Any, **more: Any) -> Any:
            if old != new:
                self._release()
            return original(resource_type, physical_id, old, new, *rest, **more)

        return update

    def creating(self, original: Callable[..., Any]) -> Callable[..., Any]:
        """Record the start of a create. ministack calls it an update if an update of the stack adds the resource."""

        @wraps(original)
        def provision(*arguments: Any, **keywords: Any) -> Any:
            held = _held.get()
            if held is not None and not held.is_recorded:
                held.is_create = True
                held.event.status = "CREATE_IN_PROGRESS"
                self._release()
            return original(*arguments, **keywords)

        return provision

    def deleting(self, original: Callable[..., Any]) -> Callable[..., Any]:
        """Record the deletes at the end of an update, of which ministack records only failures."""

        @wraps(original)
        def delete(
            resource_type: str,
            physical_id: str,
            properties: Any,
            stack_name: str | None = None,
            logical_id: str | None = None,
        ) -> Any:
            latest = _latest.get()
            if latest is None or self._operations.kind(latest.stack_id) != "update":
                return original(resource_type, physical_id, properties, stack_name, logical_id)
            self._clean_up(latest)
            event = _Event(latest.stack_id, latest.stack_name, logical_id or "", resource_type, "", "", physical_id)
            event.status = "DELETE_IN_PROGRESS"
            self._record(event)
            original(resource_type, physical_id, properties, stack_name, logical_id)
            event.status = "DELETE_COMPLETE"
            self._record(event)
            return None

        return delete

    def _release(self) -> None:
        held = _held.get()
        if held is not None and not held.is_recorded:
            held.is_recorded = True
            self._record(held.event)

    def _clean_up(self, event: _Event) -> None:
        """Record, once in an update, that the stack now deletes what it no longer has."""
        status, stack = "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", event.stack_name
        if not self._operations.has(event.stack_id, status):
            self._record(_Event(event.stack_id, stack, stack, STACK_TYPE, status, "", event.stack_id))

    def _record(self, event: _Event) -> None:
        self._original(
            event.stack_id,
            event.stack_name,
            event.logical_id,
            event.resource_type,
            event.status,
            event.reason,
            event.physical_id,
            event.detailed_status,
        )
        made = cloudformation._stack_events[event.stack_id][-1]
        made["OperationId"], at = self._operations.record(
            event_id=made["EventId"],
            stack_id=event.stack_id,
            stack_name=event.stack_name,
            logical_id=event.logical_id,
            physical_id=event.physical_id,
            resource_type=event.resource_type,
            status=event.status,
            reason=event.reason,
        )
        made["Timestamp"] = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        _latest.set(event)


def _with_operations(original: Callable[..., Any]) -> Any:
    @wraps(original)
    def describe(*arguments: Any) -> Any:
        status, headers, body = original(*arguments)
        found = {event["EventId"]: event["OperationId"] for of_stack in _listed() for event in of_stack}

        def added(match: re.Match[str]) -> str:
            return f"{match[0]}<OperationId>{found[match[1]]}</OperationId>" if match[1] in found else match[0]

        return status, headers, re.sub(r"<EventId>([^<]*)</EventId>", added, body.decode()).encode()

    return describe


def _listed() -> list[Any]:
    return list(cloudformation._stack_events.values())
