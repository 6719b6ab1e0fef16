"""What a List operation goes through page by page: sorted once, not for each page."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterator, MutableMapping
from operator import itemgetter
from typing import Generic, TypeVar

Value = TypeVar("Value")


def position(arn: str) -> str:
    """Return where an ARN stands: as it is, with a number at its end padded first, so that 10 comes after 9."""
    head, _, last = arn.rpartition("/")
    return f"{head}/{last.zfill(9) if last.isdecimal() else last}/{last}"


class ByArn(MutableMapping[str, Value], Generic[Value]):
    """A map by ARN, in the order of its making, which can also be gone through in the order of the ARNs."""

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
        """Yield position and value of each that stands after this position. It must not be changed meanwhile."""
        first: Callable[[tuple[str, str]], str] = itemgetter(0)
        for index in range(bisect_right(self._order, given, key=first), len(self._order)):
            found, arn = self._order[index]
            yield found, self._values[arn]
