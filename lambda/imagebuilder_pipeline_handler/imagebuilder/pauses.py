"""Pauses between the attempts of a request."""

import os
import re
from collections.abc import Iterator
from itertools import accumulate
from typing import Final, NamedTuple

from imagebuilder_model.storms import FEWEST_PIPELINES, MOST_PIPELINES, PIPELINES_VARIABLE
from imagebuilder_pipeline_handler.runtime.clock import Clock


class Pauses(NamedTuple):
    """Seconds that a pause lasts at most: the first, and any. Each is `growth` times as long as the one before."""

    first: float
    growth: float
    longest: float


_THROTTLED: Final = Pauses(8.0, 3.0, 20.0)
"""With so long a wait, hundreds of pipelines at once need half as many calls, and no more time."""

_OTHER: Final = Pauses(1.0, 2.0, 10.0)

_WINDOWS: Final = (0.015, 0.035, 0.005)
"""Seconds of each window, for each pipeline: a request is sent once in each, so the service gets at most 67, 29 and 200
a second. At 20 a second, the rate that is assumed because AWS publishes none, 3, 7 and the last few of 10 succeed."""

_LEAST_ROOM: Final = 1.0


def pause(attempts: int, throttled: float | None, room: float, clock: Clock) -> float:
    """Return the seconds until the next attempt, with full jitter.

    `throttled` are the seconds since the operation was first throttled, None if something else is wrong now. If the
    number of pipelines is known, a throttled request is first sent once in each of some windows, which follow one
    another without overlap. `room` are the seconds that a pause may last: a longer one is shortened while it pays.
    """
    seconds = _planned(attempts, throttled, clock)
    return clock.jitter(room) if seconds > room > _LEAST_ROOM else seconds


def _planned(attempts: int, throttled: float | None, clock: Clock) -> float:
    if throttled is not None:
        for start, length in _windows(os.environ.get(PIPELINES_VARIABLE, "")):
            if throttled <= start:
                return start - throttled + clock.jitter(length)
    pauses = _OTHER if throttled is None else _THROTTLED
    return clock.jitter(min(pauses.longest, pauses.first * pauses.growth ** min(attempts - 1, 10)))


def _windows(number: str) -> Iterator[tuple[float, float]]:
    """Yield the start and the length of each window, in seconds. None for what is no number of many pipelines."""
    pipelines = int(number) if re.fullmatch(r"[0-9]{1,9}", number) else 0
    if pipelines >= FEWEST_PIPELINES:
        for start, length in zip(accumulate(_WINDOWS, initial=0.0), _WINDOWS, strict=False):
            yield start * min(pipelines, MOST_PIPELINES), length * min(pipelines, MOST_PIPELINES)
