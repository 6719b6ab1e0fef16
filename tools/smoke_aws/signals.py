"""Ctrl-C and its like end the probes once, and the clean-up never."""

import signal
from collections.abc import Callable
from typing import Any, Final, Self

_NUMBERS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Signals:
    """Inside the `with` block the first signal is a KeyboardInterrupt, and what comes after it is refused.

    The handlers stay the same from the first probe to the end of the clean-up: between two sets of them a signal would
    end the process.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._is_refusing = False
        self.was_interrupted = False
        """Whether a signal came before the clean-up."""
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        self._before = {number: signal.signal(number, self._handle) for number in _NUMBERS}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def refuse(self) -> None:
        """From now on nothing is interrupted."""
        self._is_refusing = True

    def check(self) -> None:
        """Raise the KeyboardInterrupt once more: where it was raised, a library's code may have kept it."""
        if self.was_interrupted and not self._is_refusing:
            raise KeyboardInterrupt

    def _handle(self, *_: object) -> None:
        if self._is_refusing or self.was_interrupted:
            self._say("still cleaning up: what would be left costs money")
            return
        self.was_interrupted = True
        raise KeyboardInterrupt
