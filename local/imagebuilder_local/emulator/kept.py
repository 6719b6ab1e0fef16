"""Log of requests for inspection, with bounded memory use."""

import json
from collections import deque
from collections.abc import Mapping
from copy import deepcopy
from typing import Any, Final, NamedTuple

LEFT_OUT: Final = "(left out)"
"""Key for the length of a request that was too long to keep."""

_MOST_CHARACTERS: Final = 2**16
_MOST_CHARACTERS_OF_ALL: Final = 2**26
_CHARACTERS_OF_A_CALL: Final = 500
"""Approximate size of a call without its request."""


class Call(NamedTuple):
    """A request and the code of the error response, None if it succeeded."""

    operation: str
    request: dict[str, Any]
    error: str | None


class CallLog:
    """The newest calls."""

    def __init__(self, most_characters: int = _MOST_CHARACTERS_OF_ALL) -> None:
        self._most_characters = most_characters
        self._characters = 0
        self._calls: deque[tuple[int, Call]] = deque()

    def add(self, operation: str, request: Mapping[str, Any], error: str | None) -> None:
        """Keep a copy of a call. Remove the oldest calls if the total length exceeds the limit."""
        call = Call(operation, kept(request), error)
        size = _CHARACTERS_OF_A_CALL + _length(call.request)
        self._calls.append((size, call))
        self._characters += size
        while self._characters > self._most_characters:
            self._characters -= self._calls.popleft()[0]

    def copy(self) -> list[Call]:
        """Return a copy of each call, oldest first."""
        return deepcopy([call for _, call in self._calls])


def kept(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of a request, or only its length if it is too long to keep."""
    length = _length(request)
    return {LEFT_OUT: f"{length} characters"} if length > _MOST_CHARACTERS else deepcopy(dict(request))


def _length(request: Mapping[str, Any]) -> int:
    return len(json.dumps(request, default=str, ensure_ascii=False))
