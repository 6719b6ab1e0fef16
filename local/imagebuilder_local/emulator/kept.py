"""Requests that are kept to be looked at. However many come, and however long they are, they do not fill the memory."""

import json
from collections import deque
from collections.abc import Mapping
from copy import deepcopy
from typing import Any, Final, NamedTuple

LEFT_OUT: Final = "(left out)"
"""The name under which a request that is too long to be kept says how long it was."""

_MOST_CHARACTERS: Final = 2**16
_MOST_CHARACTERS_OF_ALL: Final = 2**26
_CHARACTERS_OF_A_CALL: Final = 500
"""What a call takes besides its request, roughly."""


class Call(NamedTuple):
    """A request that was made, and the code of the error that answered it, None if it succeeded."""

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
        """Keep a copy of a call, and forget the oldest ones when all of them are too long together."""
        call = Call(operation, kept(request), error)
        size = _CHARACTERS_OF_A_CALL + _length(call.request)
        self._calls.append((size, call))
        self._characters += size
        while self._characters > self._most_characters:
            self._characters -= self._calls.popleft()[0]

    def copy(self) -> list[Call]:
        """Return a copy of every call that is kept, the oldest first."""
        return deepcopy([call for _, call in self._calls])


def kept(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of a request, or only its length when it is too long to be kept."""
    length = _length(request)
    return {LEFT_OUT: f"{length} characters"} if length > _MOST_CHARACTERS else deepcopy(dict(request))


def _length(request: Mapping[str, Any]) -> int:
    return len(json.dumps(request, default=str, ensure_ascii=False))
