"""Faults on command: what goes wrong with the next requests, so that a client can be tried against it."""

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final

from imagebuilder_local.emulator.errors import ServiceError

EVERY_OPERATION: Final = "*"

_OF_THE_CONNECTION: Final = ("hang", "reset before", "reply lost", "reply hangs")
_KEYS: Final = frozenset({"code", "message", "status", "body", "delay", "fault"})
_THROTTLED: Final = {"TooManyRequestsException": 429, "ThrottlingException": 429}
"""Codes that AWS sends and this service's model lacks, with their status."""


class DroppedError(Exception):
    """The connection is to end without an answer."""


class RawAnswerError(Exception):
    """The answer is to be this and nothing else."""

    def __init__(self, status: int, content: bytes) -> None:
        super().__init__(f"status {status}")
        self.status = status
        self.content = content


class InjectedError(ServiceError):
    """An error that was ordered, with its status."""

    def __init__(self, code: str, message: str, status: int | None) -> None:
        super().__init__(code, message)
        self._status = status or _THROTTLED.get(code)

    @property
    def http_status(self) -> int:
        """The status that was ordered, else the code's own."""
        return self._status or super().http_status


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one request: first the delay, then the fault. A delay alone only delays.

    `fault` is `hang` (never answered, never acted on), `reset before` (the connection is dropped instead of acting),
    `reply lost` (acted on, then dropped) or `reply hangs` (acted on, never answered). `code` answers with an error,
    with its status when one is given. `status` with `body` answers with just that.
    """

    code: str | None = None
    message: str = "This fault was injected."
    status: int | None = None
    body: str | None = None
    delay: float = 0.0
    fault: str | None = None

    @property
    def name(self) -> str | None:
        """What is noted as a call's error; None when the request is acted on."""
        if self.fault in {"reply lost", "reply hangs"}:
            return None
        return self.fault or self.code or (f"status {self.status}" if self.body is not None else None)

    @classmethod
    def read(cls, given: object) -> "Fault":
        """Read a fault: a code or one of the words as text, or a map of the fields. ValueError when it is neither."""
        match given:
            case str() if given in _OF_THE_CONNECTION:
                return cls(fault=given)
            case str():
                return cls(code=given)
            case Mapping() if given and given.keys() <= _KEYS and given.get("fault") in (None, *_OF_THE_CONNECTION):
                return cls(**given)
            case _:
                allowed = f"an error code, {', '.join(_OF_THE_CONNECTION)}, or a map of {', '.join(sorted(_KEYS))}"
                raise ValueError(f"not a fault: got {given!r}, allowed is {allowed}")


class Faults:
    """The faults that wait, by operation; each strikes one request, in order."""

    def __init__(self) -> None:
        self._waiting: defaultdict[str, deque[Fault]] = defaultdict(deque)
        self._lock = Lock()

    def add(self, operation: str, faults: Iterable[object]) -> None:
        """Let the next requests of the operation, or of every one (`*`), meet these. ValueError: one is no fault."""
        read = [Fault.read(fault) for fault in faults]
        with self._lock:
            self._waiting[operation].extend(read)

    def clear(self) -> None:
        """Forget those that still wait."""
        with self._lock:
            self._waiting.clear()

    def take(self, operation: str) -> Fault | None:
        """Return the fault of the next request and forget it. An operation's own come before those of every one."""
        with self._lock:
            for key in (operation, EVERY_OPERATION):
                if self._waiting[key]:
                    return self._waiting[key].popleft()
        return None

    def waiting(self) -> dict[str, int]:
        """Return how many still wait, by operation."""
        with self._lock:
            return {operation: len(faults) for operation, faults in self._waiting.items() if faults}


def read_order(value: Mapping[str, Any]) -> tuple[str, list[object]]:
    """Read `{"operation": ..., "faults": [...]}`; ValueError when it is something else."""
    match value:
        case {"operation": str(operation), "faults": list(faults)}:
            return operation, faults
        case _:
            raise ValueError('allowed is {"operation": "CreateImagePipeline" or "*", "faults": [...]}')
