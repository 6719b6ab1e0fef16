"""What the figures of one run share."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from imagebuilder_bench.figure import Sample
from imagebuilder_bench.functions import Function, functions
from imagebuilder_bench.processes import ColdRun, cold_run
from imagebuilder_bench.services import services

_Value = TypeVar("_Value")


@dataclass
class Bench:
    """A quick or a whole run."""

    quick: bool

    @property
    def rounds(self) -> int:
        """The number of rounds."""
        return 3 if self.quick else 5

    @cached_property
    def functions(self) -> dict[str, Function]:
        """The compared functions by name."""
        return functions()

    def cold(self, value: Callable[[ColdRun], float]) -> dict[str, Sample]:
        """Return a value of the cold runs of each function."""
        return {name: Sample(tuple(value(run) for run in runs)) for name, runs in self._cold_runs.items()}

    @cached_property
    def _cold_runs(self) -> dict[str, list[ColdRun]]:
        """The cold runs of each function, over TLS: more rounds than else, because limits depend on a few per cent."""
        with services(tls=True) as aws:
            return taken([*self.functions], lambda name: cold_run(self.functions[name], aws), 3 if self.quick else 15)


def in_turn(names: Sequence[str], rounds: int, warm_up: int = 1) -> Iterator[tuple[str, bool]]:
    """Yield each name once per round, and whether the round counts.

    Each round begins with another name, so that none always follows the same neighbour.
    """
    for number in range(-warm_up, rounds):
        start = number % len(names)
        for name in (*names[start:], *names[:start]):
            yield name, number >= 0


def taken(
    names: Sequence[str], take: Callable[[str], _Value], rounds: int, warm_up: int = 1
) -> dict[str, list[_Value]]:
    """Return what is taken for each name in the rounds that count."""
    values: dict[str, list[_Value]] = {name: [] for name in names}
    for name, counts in in_turn(names, rounds, warm_up):
        value = take(name)
        if counts:
            values[name].append(value)
    return values
