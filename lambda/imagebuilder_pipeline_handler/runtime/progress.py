"""The progress of the work on one event, so that a response can be sent at any moment."""

from __future__ import annotations

import math
from collections import Counter
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from imagebuilder_pipeline_handler.runtime.clock import Clock

_LATEST_RESPONSE: Final = 4.5
_EARLIEST_RESPONSE: Final = 8.0
"""Seconds before the deadline: one PUT takes 0.4 s on the smallest function, and the ResponseURL may need a second."""


class OverError(Exception):
    """A request was not made, because its event has its response already."""


@dataclass(frozen=True)
class Success:
    """The work is done: the physical id, and the attributes for `Fn::GetAtt`."""

    physical_id: str
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Later:
    """The work goes on elsewhere, which sends the response: the function sends none."""


Outcome = Success | Later


class Calls:
    """The requests that an event has made to the service."""

    def __init__(self) -> None:
        self.attempts: Counter[str] = Counter()
        """The number of attempts of each operation."""
        self.most_tries = 0
        """The number of attempts of the request that was sent most often."""
        self.unsure: set[str] = set()
        """Operations that the service may have done although no response says so."""
        self.last_fault = ""
        self.was_turned_away = False
        """Whether the last response was to come again, which says nothing about the request."""
        self._trouble, self._since = "", 0.0
        self._throttled_since: dict[str, float] = {}

    def seconds_of(self, trouble: str, now: float) -> float:
        """Return for how many seconds there has been this trouble and no other. Empty for none."""
        if trouble != self._trouble:
            self._trouble, self._since = trouble, now
        return now - self._since

    def seconds_throttled(self, operation: str, now: float) -> float:
        """Return the seconds since an operation was first throttled, whatever else has happened to it."""
        return now - self._throttled_since.setdefault(operation, now)


class Progress:
    """What is known about an event so far. Two threads share it: one works, the other responds."""

    def __init__(self, seconds_left: Callable[[], float], clock: Clock) -> None:
        self.clock = clock
        self.seconds_left = seconds_left
        self.respond_before = max(_LATEST_RESPONSE, min(_EARLIEST_RESPONSE, seconds_left() / 2))
        """Seconds before the function's deadline at which the response has to leave."""
        self.calls = Calls()
        self.physical_id = ""
        """ARN that a Create made or may have made, or of a pipeline that is being adopted; empty if none can exist."""
        self.success: Success | None = None
        """The success that is certain before the work has ended: what is left to do only tidies up."""
        self.undo: Callable[[datetime], None] | None = None
        """Undoes what was done after the given time, for work that ends after its failure was sent."""
        self.note = ""
        """Remark for the log of an event that succeeded."""
        self._is_undoing = False
        self._started = clock.monotonic()
        self._ended_at: datetime | None = None

    def end(self) -> None:
        """End the work: no more requests are made for it."""
        self._ended_at = self.clock.now()

    @property
    def is_over(self) -> bool:
        """Whether no more requests may be made."""
        return self._ended_at is not None and not self._is_undoing

    def undo_late_work(self) -> None:
        """Undo what was done after the failure was decided, if there is anything."""
        if self.undo is not None and self._ended_at is not None:
            self._is_undoing = True
            self.undo(self._ended_at)

    def abandon(self) -> None:
        """End the undoing, too."""
        self.undo, self._is_undoing = None, False

    def allows(self, pause: float) -> bool:
        """Return whether one more request can be tried after a pause and the response still be in time."""
        return pause <= self.room()

    def room(self) -> float:
        """Return how many seconds a pause before one more request may last. Negative if no request may follow."""
        return -1.0 if self.is_over else self.seconds_left() - 1.5 * self.respond_before

    def seconds(self) -> float:
        """Return how long the work has taken so far."""
        return self.clock.monotonic() - self._started

    def attempts(self) -> str:
        """Return the number of attempts of the request that was tried most, and the last fault; empty for one."""
        tries = self.calls.most_tries
        return f"{tries} attempts in {math.ceil(self.seconds())} s, last {self.calls.last_fault}" if tries > 1 else ""


CURRENT: ContextVar[Progress | None] = ContextVar("CURRENT", default=None)
"""The progress of the event that this thread works on. botocore's hooks, which know only the client, find it here."""
