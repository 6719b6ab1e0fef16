"""Sorted storage for List operations: sorted once, not for each page."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterator, MutableMapping
from operator import itemgetter
from typing import Generic, TypeVar

Value = TypeVar("Value")


def position(arn: str) -> str:
    """Return the sort key of an ARN: the ARN with a trailing number padded, so that 10 sorts after 9."""
    head, _, last = arn.rpartition("/")
    return f"{head}/{last.zfill(9) if last.isdecimal() else last}/{last}"


class ByArn(MutableMapping[str, Value], Generic[Value]):
    """A mapping by ARN in order of insertion, with a second iteration in order of the ARNs."""

    def __init__(self) -> None:
        self._values: dict[str, Value] = {}
        self._order: list[tuple[str, str]] = []

    def __getitem__(self, arn: str) -> Value:
        return self._values[arn]

    def __setitem__(self, arn: str, value: Value) -> None:
        if arn not in self._values:
            insort(self._order, (position(arn), arn))
        self._values[arn] = value

    def __delitem__(self, arn: str) -> None:
        del self._values[arn]
        del self._order[bisect_left(self._order, (position(arn), arn))]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def after(self, given: str) -> Iterator[tuple[str, Value]]:
        """Yield position and value of each item after a position. The mapping must not change during the iteration."""
        first: Callable[[tuple[str, str]], str] = itemgetter(0)
        for index in range(bisect_right(self._order, given, key=first), len(self._order)):
            found, arn = self._order[index]
            yield found, self._values[arn]
