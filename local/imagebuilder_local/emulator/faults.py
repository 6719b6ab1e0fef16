"""Fault injection: errors and delays for the next requests, for tests of a client."""

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
"""HTTP status of error codes that AWS sends but the service model does not list."""


class DroppedError(Exception):
    """Close the connection without a response."""


class RawAnswerError(Exception):
    """Send exactly this response."""

    def __init__(self, status: int, content: bytes) -> None:
        super().__init__(f"status {status}")
        self.status = status
        self.content = content


class InjectedError(ServiceError):
    """An injected error with its status."""

    def __init__(self, code: str, message: str, status: int | None) -> None:
        super().__init__(code, message)
        self._status = status or _THROTTLED.get(code)

    @property
    def http_status(self) -> int:
        """The injected status, or the default status of the code."""
        return self._status or super().http_status


@dataclass(frozen=True)
class Fault:
    """A fault of one request: first the delay, then the fault. A delay without a fault only delays the response.

    `fault` is `hang` (not processed, no response), `reset before` (connection closed, not processed), `reply lost`
    (processed, then connection closed) or `reply hangs` (processed, no response). `code` returns an error, with
    `status` if it is given. `status` with `body` returns exactly that response.
    """

    code: str | None = None
    message: str = "This fault was injected."
    status: int | None = None
    body: str | None = None
    delay: float = 0.0
    fault: str | None = None

    @property
    def name(self) -> str | None:
        """Error code recorded for the call; None if the request is processed."""
        if self.fault in {"reply lost", "reply hangs"}:
            return None
        return self.fault or self.code or (f"status {self.status}" if self.body is not None else None)

    @classmethod
    def read(cls, given: object) -> "Fault":
        """Parse a fault: a string (error code or fault name) or an object with the fields. ValueError for others."""
        match given:
            case str() if given in _OF_THE_CONNECTION:
                return cls(fault=given)
            case str():
                return cls(code=given)
            case Mapping() if given and given.keys() <= _KEYS and given.get("fault") in (None, *_OF_THE_CONNECTION):
                return cls(**given)
            case _:
                allowed = f"an error code, {', '.join(_OF_THE_CONNECTION)}, or an object of {', '.join(sorted(_KEYS))}"
                raise ValueError(f"invalid fault: got {given!r}, allowed is {allowed}")


class Faults:
    """Queued faults by operation. Each applies to one request, in order."""

    def __init__(self) -> None:
        self._waiting: defaultdict[str, deque[Fault]] = defaultdict(deque)
        self._lock = Lock()

    def add(self, operation: str, faults: Iterable[object]) -> None:
        """Queue faults for the next requests of an operation, or of all (`*`). ValueError for an invalid fault."""
        read = [Fault.read(fault) for fault in faults]
        with self._lock:
            self._waiting[operation].extend(read)

    def clear(self) -> None:
        """Remove all queued faults."""
        with self._lock:
            self._waiting.clear()

    def take(self, operation: str) -> Fault | None:
        """Remove and return the fault for the next request. Faults of the operation precede those of `*`."""
        with self._lock:
            for key in (operation, EVERY_OPERATION):
                if self._waiting[key]:
                    return self._waiting[key].popleft()
        return None

    def waiting(self) -> dict[str, int]:
        """Return the number of queued faults by operation."""
        with self._lock:
            return {operation: len(faults) for operation, faults in self._waiting.items() if faults}


def read_order(value: Mapping[str, Any]) -> tuple[str, list[object]]:
    """Parse `{"operation": ..., "faults": [...]}`. ValueError for anything else."""
    match value:
        case {"operation": str(operation), "faults": list(faults)}:
            return operation, faults
        case _:
            raise ValueError('allowed is {"operation": "CreateImagePipeline" or "*", "faults": [...]}')
