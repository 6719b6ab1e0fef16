"""Storms on a clock of their own: the function's pauses, and a service that is only a rate."""

import heapq
import os
import random
from dataclasses import dataclass
from itertools import count
from typing import Final
from unittest.mock import patch

from imagebuilder_model.storms import MOST_PIPELINES, PIPELINES_VARIABLE
from imagebuilder_pipeline_handler.imagebuilder.pauses import pause
from imagebuilder_pipeline_handler.runtime.clock import Clock
from imagebuilder_pipeline_handler.runtime.progress import Progress

_TIMEOUT: Final = 300.0
_ROUND_TRIP: Final = 0.05


@dataclass(frozen=True)
class Storm:
    """The share of the pipelines that were created, the time over the shortest possible one, and calls per pipeline."""

    created: float
    slowdown: float
    calls: float


class _Clock(Clock):
    """A clock that is set, with dice of a seed."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.time = 0.0
        self._random = random.Random(seed)  # noqa: S311 (repeatable)

    def monotonic(self) -> float:
        """Return the time."""
        return self.time

    def jitter(self, most: float) -> float:
        """Return a random number of seconds."""
        return self._random.uniform(0, most)


class _Event:
    """An event: its attempts, and its progress."""

    def __init__(self, clock: _Clock) -> None:
        deadline = clock.time + _TIMEOUT
        self._clock = clock
        self._progress = Progress(lambda: deadline - clock.time, clock)
        self._attempts = 0

    def pause(self) -> float | None:
        """Return the pause after a refusal; None when there is no time for another attempt."""
        self._attempts += 1
        throttled = self._progress.calls.seconds_throttled("CreateImagePipeline", self._clock.time)
        room = self._progress.room()
        seconds = pause(self._attempts, throttled, room, self._clock)
        return seconds if seconds <= room else None


def simulated_storm(pipelines: int, rate: float, seed: int, *, is_known: bool) -> Storm:
    """Create pipelines with a token bucket of one second, as many at once as Lambda runs; the others follow."""
    number = {PIPELINES_VARIABLE: str(min(pipelines, MOST_PIPELINES))} if is_known else {}
    with patch.dict(os.environ, number):
        return _storm(pipelines, rate, _Clock(seed))


def _storm(pipelines: int, rate: float, clock: _Clock) -> Storm:
    order = count()
    at_once = min(pipelines, MOST_PIPELINES)
    # Lambda starts what it has room for within a moment.
    due = [(clock.jitter(_ROUND_TRIP), next(order), _Event(clock)) for _ in range(at_once)]
    heapq.heapify(due)
    waiting, calls, created, last, tokens = pipelines - at_once, 0, 0, 0.0, rate
    while due:
        at, _, event = heapq.heappop(due)
        tokens, clock.time = min(rate, tokens + (at - clock.time) * rate), at
        calls += 1
        seconds: float | None = None
        if tokens >= 1:
            tokens, created, last = tokens - 1, created + 1, at
        else:
            seconds = event.pause()
        if seconds is not None:
            heapq.heappush(due, (at + seconds + _ROUND_TRIP, next(order), event))
        elif waiting:
            waiting -= 1
            heapq.heappush(due, (at + clock.jitter(1.0), next(order), _Event(clock)))
    return Storm(created / pipelines, last * rate / pipelines, calls / pipelines)
