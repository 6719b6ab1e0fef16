"""Threads that take turns on a clock that only they move.

One thread runs at a time, and gives way only where it would wait: for the network, for a pause to pass, for a lock.
Which one goes on is drawn from a seed, so every race that is found can be run again. A pause of minutes takes no time.
"""

import random
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

from imagebuilder_pipeline_handler.runtime.clock import Clock, Job

EPOCH = 1_800_000_000.0
"""When every simulation begins, in seconds since the epoch."""


class KilledError(BaseException):
    """The process of this thread is gone: nothing that it still does has an effect."""


class Process:
    """What is killed together: a function's threads. `dies_at` counts down the waits that it survives."""

    def __init__(self, deadline: float, dies_at: int | None = None) -> None:
        self.deadline = deadline
        self.dies_at = dies_at
        self.is_dead = False

    def live(self, now: float) -> None:
        """Return if the process may go on; KilledError when it was killed, or its time is over."""
        if self.dies_at is not None:
            self.dies_at -= 1
        self.is_dead = self.is_dead or now >= self.deadline or (self.dies_at is not None and self.dies_at < 0)
        if self.is_dead:
            raise KilledError


class Task:
    """One thread of a simulation."""

    def __init__(self, work: Callable[[], object], wake_at: float, process: Process | None) -> None:
        self.work = work
        self.wake_at = wake_at
        self.process = process
        self.until: Callable[[], bool] | None = None
        self.baton = threading.Semaphore(0)
        self.thread: threading.Thread | None = None

    def is_ready(self, now: float) -> bool:
        is_dead = self.process is not None and self.process.is_dead
        return is_dead or self.wake_at <= now or (self.until is not None and self.until())


class Simulation:
    """The clock, and the tasks that share it."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.now = EPOCH
        self._tasks: list[Task] = []
        self._current: Task | None = None
        self._scheduler = threading.Semaphore(0)
        self._error: BaseException | None = None

    @property
    def process(self) -> Process | None:
        """The process of the task that runs."""
        return self._current.process if self._current else None

    def spawn(self, work: Callable[[], object], delay: float = 0.0, process: Process | None = None) -> Task:
        """Let something run from now on, or later, beside what runs already."""
        task = Task(work, self.now + delay, process)
        self._tasks.append(task)
        return task

    def sleep(self, seconds: float) -> None:
        """Let time pass for the task that runs."""
        self._give_way(self.now + max(0.0, seconds), None)

    def wait(self, until: Callable[[], bool], seconds: float = float("inf")) -> bool:
        """Wait for something, for so long at most; tell whether it came."""
        if not until():
            self._give_way(self.now + seconds, until)
        return until()

    def run(self, until: Callable[[], bool] = lambda: False) -> None:
        """Run until no task is left, or until something has come: the next run then goes on with what is left.

        What a task raises is raised here.
        """
        while self._tasks and self._error is None and not until():
            ready = [task for task in self._tasks if task.is_ready(self.now)]
            if not ready:
                self.now = min(task.wake_at for task in self._tasks)
                assert self.now < float("inf"), "every task waits for another"
                continue
            self._resume(self.random.choice(ready))
        error, self._error = self._error, None
        if error is not None:
            raise error

    def _resume(self, task: Task) -> None:
        if task.thread is None and task.process is not None and task.process.is_dead:
            self._tasks.remove(task)
            return
        self._current = task
        if task.thread is None:
            task.thread = threading.Thread(target=self._run, args=(task,), daemon=True)
            task.thread.start()
        else:
            task.baton.release()
        self._scheduler.acquire()
        self._current = None

    def _run(self, task: Task) -> None:
        try:
            task.work()
        except KilledError:
            pass
        except BaseException as error:  # noqa: BLE001 (raised again by `run`)
            self._error = error
        self._tasks.remove(task)
        self._scheduler.release()

    def _give_way(self, wake_at: float, until: Callable[[], bool] | None) -> None:
        task = self._current
        assert task is not None, "nothing waits outside a task"
        if task.process is not None:
            task.process.live(self.now)
            wake_at = min(wake_at, task.process.deadline)
        task.wake_at, task.until = wake_at, until
        self._scheduler.release()
        task.baton.acquire()
        task.until = None
        if task.process is not None:
            task.process.live(self.now)


T = TypeVar("T")


class SimulatedClock(Clock):
    """The function's clock in a simulation: its pauses, its threads, its dice."""

    def __init__(self, simulation: Simulation) -> None:
        super().__init__()
        self._simulation = simulation

    def now(self) -> datetime:
        return datetime.fromtimestamp(self._simulation.now, UTC)

    def monotonic(self) -> float:
        return self._simulation.now

    def sleep(self, seconds: float) -> None:
        self._simulation.sleep(seconds)

    def jitter(self, most: float) -> float:
        return self._simulation.random.uniform(0, most)

    def start(self, work: Callable[[], T]) -> Job[T]:
        job = _SimulatedJob(work, self._simulation)
        job.start()
        return job


class _SimulatedJob(Job[T]):
    def __init__(self, work: Callable[[], T], simulation: Simulation) -> None:
        super().__init__(work)
        self._simulation = simulation
        self._is_over = False

    def start(self) -> None:
        self._simulation.spawn(self.run, process=self._simulation.process)

    def ends_within(self, seconds: float) -> bool:
        return self._simulation.wait(lambda: self._is_over, seconds)

    def run(self) -> None:
        super().run()
        self._is_over = True
