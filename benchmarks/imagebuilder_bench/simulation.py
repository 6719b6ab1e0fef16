"""The storm without the processes: a discrete-event simulation of clients that retry by a policy."""

import heapq
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from botocore.loaders import Loader

from imagebuilder_local.service.rate import TokenBucket

Pause = Callable[[int, random.Random], float | None]
"""From the number of attempts so far to the seconds before the next one; None gives up."""

_ROUND_TRIP: Final = 0.005
_MOST_SECONDS: Final = 290.0
"""What a function of five minutes has for its retries."""


@dataclass(frozen=True)
class Simulated:
    """What came of it."""

    clients: int
    rate: float
    made: int
    calls: int
    seconds: float

    @property
    def slowdown(self) -> float:
        """The time to the last pipeline, over the time that the rate alone asks for."""
        return self.seconds / (self.clients / self.rate)

    @property
    def calls_each(self) -> float:
        """Calls a pipeline."""
        return self.calls / self.clients


def simulate(pause: Pause, starts: Sequence[float], rate: float, seed: int = 1) -> Simulated:
    """Let clients come at these times; each one calls until it is let through, gives up or has no time left."""
    now = 0.0
    chance = random.Random(seed)  # noqa: S311 (the same numbers in each run, on purpose)
    bucket = TokenBucket(rate, lambda: now)
    waiting = [(start, index, 1, start) for index, start in enumerate(starts)]
    heapq.heapify(waiting)
    made, calls, end = 0, 0, 0.0
    while waiting:
        now, index, attempt, start = heapq.heappop(waiting)
        calls += 1
        if bucket.take():
            made, end = made + 1, now
            continue
        seconds = pause(attempt, chance)
        if seconds is not None and now + seconds - start < _MOST_SECONDS:
            heapq.heappush(waiting, (now + _ROUND_TRIP + seconds, index, attempt + 1, start))
    return Simulated(len(starts), rate, made, calls, end)


def legacy() -> Pause:
    """Return the policy of botocore's `legacy` mode, with the numbers of botocore's own data."""
    settings: Any = Loader().load_data("_retry")
    default = settings["retry"]["__default__"]
    most, growth = default["max_attempts"], default["delay"]["growth_factor"]

    def pause(attempt: int, chance: random.Random) -> float | None:
        return None if attempt >= most else chance.random() * float(growth) ** (attempt - 1)

    return pause
