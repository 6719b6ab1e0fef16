"""A job on a thread of its own: for what no timeout bounds, such as looking up a name or an answer that trickles in."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Errand(Generic[T]):
    """A job that has begun. It may be left alone: it ends with the process at the latest."""

    def __init__(self, job: Callable[[], T]) -> None:
        self.result: T | None = None
        self.error: BaseException | None = None
        self._job = job
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def ends_within(self, seconds: float) -> bool:
        """Wait for so long at most; tell whether it is over. Only then are `result` and `error` of any meaning."""
        self._thread.join(max(0.0, seconds))
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            self.result = self._job()
        except BaseException as error:  # noqa: BLE001 (also SystemExit: who waits must learn of every end)
            self.error = error
