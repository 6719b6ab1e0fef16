"""What the figures of one run share."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from imagebuilder_bench.functions import Function, functions
from imagebuilder_bench.processes import ColdRun, cold_run
from imagebuilder_bench.services import services


@dataclass
class Bench:
    """A quick or a whole run."""

    quick: bool

    @property
    def rounds(self) -> int:
        """The number of rounds."""
        return 3 if self.quick else 20

    @cached_property
    def functions(self) -> dict[str, Function]:
        """The compared functions by name."""
        return functions()

    @cached_property
    def cold_runs(self) -> dict[str, list[ColdRun]]:
        """The cold runs of each function, over TLS."""
        runs: dict[str, list[ColdRun]] = {name: [] for name in self.functions}
        with services(tls=True) as aws:
            for name, counts in in_turn([*self.functions], self.rounds):
                run = cold_run(self.functions[name], aws)
                if counts:
                    runs[name].append(run)
        return runs


def in_turn(names: Sequence[str], rounds: int, warm_up: int = 1) -> Iterator[tuple[str, bool]]:
    """Yield each name once per round, and whether the round counts.

    Each round begins with another name, so that none always follows the same neighbour.
    """
    for number in range(-warm_up, rounds):
        start = number % len(names)
        for name in (*names[start:], *names[:start]):
            yield name, number >= 0
