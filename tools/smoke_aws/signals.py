"""Signal handling: Ctrl-C and similar signals end the probes, but not the clean-up."""

import signal
from collections.abc import Callable
from typing import Any, Final, Self

_NUMBERS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Signals:
    """Raises KeyboardInterrupt for the first signal in the `with` block, and ignores later signals.

    The same handlers stay installed from the first probe to the end of the clean-up: a signal between two sets of
    handlers would end the process.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._is_refusing = False
        self.was_interrupted = False
        """Whether a signal arrived before the clean-up."""
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        self._before = {number: signal.signal(number, self._handle) for number in _NUMBERS}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def refuse(self) -> None:
        """Ignore signals from now on."""
        self._is_refusing = True

    def check(self) -> None:
        """Raise the KeyboardInterrupt again: a library may have caught it the first time."""
        if self.was_interrupted and not self._is_refusing:
            raise KeyboardInterrupt

    def _handle(self, *_: object) -> None:
        if self._is_refusing or self.was_interrupted:
            self._say("still cleaning up: leftover resources cost money")
            return
        self.was_interrupted = True
        raise KeyboardInterrupt
