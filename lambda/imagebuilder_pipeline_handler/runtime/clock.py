"""Time as the function sees it. It is passed and never imported, so that a test can pass another."""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Timeouts:
    """Seconds for each wait on a socket."""

    connect: float = 3.0
    """For a connection to Image Builder. botocore's default of 60 s leaves no time for a second attempt."""
    read: float = 12.0
    """For a response of Image Builder."""
    response: float = 4.0
    """For one attempt to send the response to CloudFormation."""


class Job(Generic[T]):
    """A job on its own thread, for what no timeout bounds: a name lookup, or a body that trickles in.

    It may be abandoned; it ends with the process at the latest.
    """

    def __init__(self, work: Callable[[], T]) -> None:
        self.result: T | None = None
        self.error: BaseException | None = None
        self._work = work

    def start(self) -> None:
        """Begin. RuntimeError or MemoryError when there is no room for a thread."""
        self._thread = threading.Thread(target=self.run, daemon=True)
        self._thread.start()

    def ends_within(self, seconds: float) -> bool:
        """Wait for at most so long and return whether the job has ended: only then do `result` and `error` count."""
        self._thread.join(max(0.0, seconds))
        return not self._thread.is_alive()

    def run(self) -> None:
        """Do the work on this thread."""
        try:
            self.result = self._work()
        except BaseException as error:  # noqa: BLE001 (also SystemExit: whoever waits must learn of every end)
            self.error = error


class Clock:
    """The system's clock, its threads, and its random pauses."""

    def __init__(self, timeouts: Timeouts = Timeouts()) -> None:
        self.timeouts = timeouts

    def now(self) -> datetime:
        """Return the time of day, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds since some moment."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Pause."""
        time.sleep(seconds)

    def jitter(self, most: float) -> float:
        """Return a random number of seconds, at most so many."""
        return random.uniform(0, most)  # noqa: S311 (spreads load, guards nothing)

    def start(self, work: Callable[[], T]) -> Job[T]:
        """Start a job beside this thread. RuntimeError or MemoryError when there is no room for one."""
        job = Job(work)
        job.start()
        return job


CLOCK = Clock()
