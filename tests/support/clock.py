"""A clock for tests: a pause passes at once, and is as long as ever by the clock."""

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from imagebuilder_pipeline_handler.runtime.clock import Clock, Timeouts


class SkippingClock(Clock):
    """Skips the function's pauses, and waits for sockets and threads as long as these take."""

    def __init__(self, timeouts: Timeouts, of: "SkippingClock | None" = None) -> None:
        """Make a clock, or another face with its own timeouts `of` one."""
        super().__init__(timeouts)
        self._skipped: list[float] = [0.0] if of is None else of._skipped
        self._lock = threading.Lock()

    def monotonic(self) -> float:
        return time.monotonic() + self._skipped[0]

    def sleep(self, seconds: float) -> None:
        # Other threads get their turn, as they would in a pause.
        time.sleep(0.001)
        with self._lock:
            self._skipped[0] += seconds


CLOCK: Final = SkippingClock(Timeouts(connect=0.5, read=0.5, response=3.0))
"""The clock of the functions that tests invoke in their own process, and of CloudFormation's side of them."""


class BusyClock(SkippingClock):
    """Lets something happen in the function's next pause."""

    def __init__(self, happens: Callable[[], object]) -> None:
        super().__init__(CLOCK.timeouts, of=CLOCK)
        self._happens: Callable[[], object] | None = happens

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        happens, self._happens = self._happens, None
        if happens is not None:
            happens()


class AdvancingClock(SkippingClock):
    """A clock whose time of day goes on with its pauses, too: for waits of hours."""

    def __init__(self) -> None:
        super().__init__(CLOCK.timeouts, of=CLOCK)
        self._skipped_before = self._skipped[0]

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=self._skipped[0] - self._skipped_before)
