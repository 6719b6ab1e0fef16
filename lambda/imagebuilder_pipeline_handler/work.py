"""What is known of the event at hand, so that it can be answered at any moment."""

from __future__ import annotations

import math
import time
from collections import Counter
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from imagebuilder_pipeline_handler.client import ImageBuilderClient
    from imagebuilder_pipeline_handler.event import Event
    from imagebuilder_pipeline_handler.identity import Outcome

_LATEST_ANSWER: Final = 4.5
_EARLIEST_ANSWER: Final = 8.0
"""Seconds before the deadline: one PUT takes 0.4 s on the smallest function, and the ResponseURL may need a second."""


class OverError(Exception):
    """A request was not made, for its event has been answered."""


class Work:
    """The work on one event. Two threads share it: one does it, the other answers when it is done or time is up."""

    def __init__(self, seconds_left: Callable[[], float]) -> None:
        self.seconds_left = seconds_left
        self.answer_before = max(_LATEST_ANSWER, min(_EARLIEST_ANSWER, seconds_left() / 2))
        self.physical_id = ""
        """The pipeline that exists, or may exist, because of a Create; empty while there is none for certain.

        It may also be one that is being adopted: a Delete leaves that in place.
        """
        self.attributes: dict[str, str] = {}
        """What `Fn::GetAtt` can ask for."""
        self.outcome: Outcome | None = None
        """The pipeline as asked for, once it is so: what still is to be done then only tidies up."""
        self.undo: Callable[[datetime], None] | None = None
        """Takes back what was done after the given time. For when a failure was answered in the meantime."""
        self.note = ""
        """What an operator should know although the event succeeded."""
        self.attempts: Counter[str] = Counter()
        self.unsure: set[str] = set()
        """Operations that Image Builder may have done although no answer says so."""
        self.last_fault = ""
        self.was_turned_away = False
        """Whether the last answer was to come again, which says nothing of the request."""
        self._is_undoing = False
        self._trouble, self._since = "", 0.0
        self._started = time.monotonic()
        self._ended_at: datetime | None = None

    def achieve(self, outcome: Outcome) -> None:
        """Take note that the pipeline is as asked for."""
        self.outcome, self.attributes = outcome, outcome.attributes()

    def end(self) -> None:
        """End the work: no more requests are made for it."""
        self._ended_at = datetime.now(UTC)

    @property
    def is_over(self) -> bool:
        """Whether no more requests are to be made."""
        return self._ended_at is not None and not self._is_undoing

    def take_back(self) -> None:
        """Undo what was done after a failure was decided, if there is anything."""
        if self.undo is not None and self._ended_at is not None:
            self._is_undoing = True
            self.undo(self._ended_at)

    def abandon(self) -> None:
        """End what is being undone, too."""
        self.undo, self._is_undoing = None, False

    def allows(self, pause: float) -> bool:
        """Tell whether, after a pause, one more request can be tried and the event answered in time."""
        return not self.is_over and self.seconds_left() - pause >= 1.5 * self.answer_before

    def since(self, kind: str) -> float:
        """Return for how many seconds there has been trouble of this kind and of no other."""
        now = time.monotonic()
        if kind != self._trouble:
            self._trouble, self._since = kind, now
        return now - self._since

    def seconds(self) -> float:
        """Return how long the work has taken so far."""
        return time.monotonic() - self._started

    def story(self) -> str:
        """Tell how often the operation that was tried most was tried and what went wrong last, empty when once."""
        tries = max(self.attempts.values(), default=0)
        return f"{tries} attempts in {math.ceil(self.seconds())} s, last {self.last_fault}" if tries > 1 else ""


@dataclass(frozen=True)
class Task:
    """What is done for an event: with which client, and what is known of it so far."""

    client: ImageBuilderClient
    event: Event
    work: Work


CURRENT: ContextVar[Work | None] = ContextVar("CURRENT", default=None)
"""The work that this thread does: how botocore's events, which know only the client, find it."""
