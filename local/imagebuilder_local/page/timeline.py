"""Records the newest events and the calls of each."""

import re
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from email.message import Message
from itertools import count
from threading import Lock
from typing import Any, Final

from imagebuilder_local.emulator import Answered, kept
from imagebuilder_local.page.construct_paths import ConstructPaths
from imagebuilder_local.page.operations import Operations
from imagebuilder_local.page.records import Answer, Call, Event

_HIDDEN: Final = "****"
_NO_ROOT: Final = ""


class Timeline:
    """Keeps the newest events, and the newest calls of each event. Threads may share it.

    `operations` are those of the stacks, `paths` the construct paths of their resources.
    """

    def __init__(self, most_events: int = 200, most_calls: int = 100) -> None:
        self.operations = Operations()
        self.paths = ConstructPaths()
        self._most_calls = most_calls
        self._events: deque[Event] = deque(maxlen=most_events)
        self._others: deque[Call] = deque(maxlen=most_calls)
        self._numbers = count(1)
        self._lock = Lock()
        # A monotonic clock that also gives the time of day.
        self._epoch = time.time() - time.monotonic()

    @contextmanager
    def read(self) -> Iterator[tuple[list[Event], list[Call]]]:
        """Lock the timeline and yield the events, and the calls without an event, oldest first."""
        with self._lock:
            yield list(self._events), list(self._others)

    def begin(
        self,
        *,
        request_type: str,
        logical_id: str,
        props: dict[str, Any],
        stack_name: str,
        stack_id: str,
        resource_type: str,
        physical_id: str | None = None,
        old_props: dict[str, Any] | None = None,
    ) -> Event:
        """Record an event before it is sent. The parameters are those of ministack."""
        with self._lock:
            event = Event(
                number=next(self._numbers),
                request_type=request_type,
                resource_type=resource_type,
                stack_id=stack_id,
                stack_name=stack_name,
                logical_id=logical_id,
                physical_id=physical_id,
                properties=deepcopy(props),
                old_properties=deepcopy(old_props),
                started=self._now(),
                calls=deque(maxlen=self._most_calls),
                operation=self.operations.current(stack_id) or "",
            )
            self._events.append(event)
        return event

    def sent(self, event: Event, message: Mapping[str, Any]) -> None:
        """Add the request id and the properties, with scalars as strings, from the message to the function."""
        with self._lock:
            event.request_id = message["RequestId"]
            event.token = message["ResponseURL"].rpartition("/")[2]
            event.properties = deepcopy(message["ResourceProperties"])
            event.old_properties = deepcopy(message.get("OldResourceProperties"))

    def traced(self, event: Event, trace: str) -> None:
        """Record the trace header in the calls of the event's function."""
        with self._lock:
            event.trace = _root(trace)

    def function_returned(self, event: Event) -> None:
        """Record that the function ended without an error, possibly before its response."""
        with self._lock:
            event.has_returned = True

    def waiting_for(self, response_url: str) -> Event | None:
        """Return the event that waits for a response to this URL, None if there is none."""
        with self._lock:
            return self._unanswered(response_url.rpartition("/")[2])

    def function_failed(self, event: Event, error: str) -> None:
        """Record that the function ended with an error, possibly before its response."""
        with self._lock:
            event.function_error = _without(event.token, error)

    def answered(self, token: str, response: Mapping[str, Any]) -> None:
        """Record a response, unless its event has ended."""
        with self._lock:
            event = self._unanswered(token)
            if event is None:
                return
            given = _without(token, dict(response))
            attributes = given.get("Data") or {}
            event.answer = Answer(
                at=self._now(),
                status=str(given.get("Status", "")),
                physical_id=str(given.get("PhysicalResourceId", "")),
                reason=str(given.get("Reason", "")),
                # NoEcho marks the attributes as secret.
                attributes=dict.fromkeys(attributes, _HIDDEN) if given.get("NoEcho") is True else attributes,
            )

    def end(self, event: Event, failure: str | None = None) -> None:
        """Record the end of an event, and the reason if it failed."""
        with self._lock:
            event.ended = self._now()
            event.failure = None if failure is None else _without(event.token, failure)

    def call(self, operation: str, request: Mapping[str, Any], headers: Message) -> Callable[[Answered], None]:
        """Record an incoming call. Return a callback for its result."""
        with self._lock:
            call = Call(
                number=next(self._numbers),
                operation=operation,
                request=kept(request),
                started=self._now(),
                client=headers.get("User-Agent", "").partition(" ")[0],
                invocation=headers.get("amz-sdk-invocation-id", ""),
                attempt=_attempt(headers.get("amz-sdk-request", "")),
            )
            root = _root(headers.get("X-Amzn-Trace-Id", ""))
            event = next((event for event in self._events if root != _NO_ROOT and event.trace == root), None)
            if event is None:
                self._others.append(call)
            else:
                event.calls.append(call)
                event.calls_made += 1

        def ended(answered: Answered) -> None:
            with self._lock:
                call.ended = self._now()
                call.status, call.code, call.message = answered

        return ended

    def _unanswered(self, token: str) -> Event | None:
        return next((event for event in self._events if token and event.token == token and event.ended is None), None)

    def _now(self) -> float:
        return self._epoch + time.monotonic()


def _root(trace: str) -> str:
    """Return the root of a trace header, which stays the same when the trace is propagated."""
    found = re.search(r"\bRoot=([0-9a-f-]+)", trace)
    return found[1] if found else _NO_ROOT


def _attempt(sdk_request: str) -> int:
    """Return the attempt number of a request, which SDKs send in `amz-sdk-request`."""
    found = re.search(r"\battempt=(\d+)", sdk_request)
    return int(found[1]) if found else 1


def _without(secret: str, value: Any) -> Any:
    """Return a copy of a JSON value with the secret removed from all strings."""
    match value:
        case str():
            return value.replace(secret, _HIDDEN) if secret else value
        case dict():
            return {_without(secret, key): _without(secret, item) for key, item in value.items()}
        case list():
            return [_without(secret, item) for item in value]
        case _:
            return value
