"""Values that nobody but CloudFormation knows."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Unknown:
    """A value that cannot be resolved, and the reason: the noun behind "depends on"."""

    on: str


def first_unknown(value: Any) -> Unknown | None:
    """Return the first unknown value in a resolved value, None if there is none."""
    match value:
        case Unknown():
            return value
        case dict():
            return next(filter(None, map(first_unknown, value.values())), None)
        case list():
            return next(filter(None, map(first_unknown, value)), None)
        case _:
            return None
