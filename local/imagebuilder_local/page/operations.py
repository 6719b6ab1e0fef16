"""Records the newest stack operations, each with its events.

CloudFormation gives an id to each create, update, delete and rollback of a stack, also to the rollback that a failure
causes (CloudFormation User Guide, "View stack events by operation").
"""

import re
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import Final
from uuid import uuid4

STACK_TYPE: Final = "AWS::CloudFormation::Stack"
REVIEW: Final = "review"
"""The kind of an operation that only makes a change set for a new stack."""

_KINDS: Final = {
    "CREATE_IN_PROGRESS": "create",
    "UPDATE_IN_PROGRESS": "update",
    "DELETE_IN_PROGRESS": "delete",
    "ROLLBACK_IN_PROGRESS": "rollback",
    "UPDATE_ROLLBACK_IN_PROGRESS": "rollback",
    "IMPORT_IN_PROGRESS": "import",
    "IMPORT_ROLLBACK_IN_PROGRESS": "rollback",
    "REVIEW_IN_PROGRESS": REVIEW,
}
_RESPONSE_TOKEN: Final = re.compile(r"(cfn-response/)[\w-]+")
"""A ResponseURL of ministack; its last part is secret."""


@dataclass(frozen=True)
class StackEvent:
    """What happened to a resource, or to the stack itself. `at` is in seconds since 1970, whole milliseconds."""

    id: str
    at: float
    logical_id: str
    physical_id: str
    resource_type: str
    status: str
    reason: str


@dataclass
class Operation:
    """A create, update, delete, rollback or import of one stack.

    `status` is that of the stack. `ended` is None while the operation runs. `events` are oldest first.
    """

    id: str
    stack_id: str
    stack_name: str
    kind: str
    started: float
    ended: float | None = None
    status: str = ""
    events: list[StackEvent] = field(default_factory=list)


class Operations:
    """Keeps the newest operations of all stacks. Threads may share it."""

    def __init__(self, most: int = 200) -> None:
        self._operations: deque[Operation] = deque(maxlen=most)
        self._last = 0
        self._lock = Lock()

    @contextmanager
    def read(self) -> Iterator[list[Operation]]:
        """Lock the record and yield the operations, oldest first. Those that only make a change set are left out."""
        with self._lock:
            yield [operation for operation in self._operations if operation.kind != REVIEW]

    def record(
        self,
        *,
        event_id: str,
        stack_id: str,
        stack_name: str,
        logical_id: str,
        physical_id: str,
        resource_type: str,
        status: str,
        reason: str,
    ) -> tuple[str, float]:
        """Record an event, which may begin an operation. Return the operation's id and the event's time.

        No two events have the same time in milliseconds, so that clients can sort by it.
        """
        with self._lock:
            at = self._next_time()
            is_of_stack = resource_type == STACK_TYPE and logical_id == stack_name
            operation = self._of(stack_id)
            if operation is None or (is_of_stack and status in _KINDS):
                kind = _KINDS.get(status, "update")
                if operation is not None and operation.ended is None:  # A rollback ends it without an event.
                    operation.ended, operation.status = at, f"{operation.kind.upper()}_FAILED"
                operation = Operation(str(uuid4()), stack_id, stack_name, kind, at)
                self._operations.append(operation)
            operation.events.append(
                StackEvent(event_id, at, logical_id, physical_id, resource_type, status, _without_token(reason))
            )
            if is_of_stack:
                operation.status = status
                operation.ended = None if status.endswith("_IN_PROGRESS") else at
        return operation.id, at

    def current(self, stack_id: str) -> str | None:
        """Return the id of a stack's newest operation, None if it has none."""
        with self._lock:
            operation = self._of(stack_id)
            return None if operation is None else operation.id

    def kind(self, stack_id: str) -> str | None:
        """Return the kind of a stack's newest operation, None if it has none."""
        with self._lock:
            operation = self._of(stack_id)
            return None if operation is None else operation.kind

    def has(self, stack_id: str, status: str) -> bool:
        """Return whether the newest operation of a stack has an event with this status."""
        with self._lock:
            operation = self._of(stack_id)
            return operation is not None and any(event.status == status for event in operation.events)

    def _of(self, stack_id: str) -> Operation | None:
        return next((operation for operation in reversed(self._operations) if operation.stack_id == stack_id), None)

    def _next_time(self) -> float:
        self._last = max(self._last + 1, time.time_ns() // 1_000_000)
        return self._last / 1000


def _without_token(reason: str) -> str:
    return _RESPONSE_TOKEN.sub(r"\1****", reason)
