"""Differences between two JSON values."""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

_ABSENT: Final = object()


class Change(NamedTuple):
    """A path with the values before and after. An added value has no `before`, a removed value has no `after`."""

    path: str
    kind: str
    before: Any
    after: Any


def changes(before: Any, after: Any, path: str = "") -> Iterator[Change]:
    """Yield each difference at its deepest path."""
    match before, after:
        case dict(), dict():
            for key in dict.fromkeys([*before, *after]):
                inner = f"{path}.{key}" if path else str(key)
                yield from _change(before.get(key, _ABSENT), after.get(key, _ABSENT), inner)
        case list(), list():
            for index in range(max(len(before), len(after))):
                was, now = (items[index] if index < len(items) else _ABSENT for items in (before, after))
                yield from _change(was, now, f"{path}[{index}]")
        case _ if before != after:
            yield Change(path, "changed", before, after)
        case _:
            return


def _change(before: Any, after: Any, path: str) -> Iterator[Change]:
    if before is _ABSENT:
        yield from _leaves(after, path, "added")
    elif after is _ABSENT:
        yield from _leaves(before, path, "removed")
    else:
        yield from changes(before, after, path)


def _leaves(value: Any, path: str, kind: str) -> Iterator[Change]:
    match value:
        case dict() if value:
            for key, item in value.items():
                yield from _leaves(item, f"{path}.{key}", kind)
        case list() if value:
            for index, item in enumerate(value):
                yield from _leaves(item, f"{path}[{index}]", kind)
        case _:
            yield Change(path, kind, None if kind == "added" else value, None if kind == "removed" else value)
