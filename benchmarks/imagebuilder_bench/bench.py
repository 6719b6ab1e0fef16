"""What the figures share in one run."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from imagebuilder_bench.functions import Function, functions
from imagebuilder_bench.paths import WORK
from imagebuilder_bench.processes import ColdRun, cold_run
from imagebuilder_bench.services import services
from imagebuilder_bench.stats import Sample


@dataclass
class Bench:
    """A run: short or whole, and what more than one figure needs, made once."""

    quick: bool
    _cold: dict[tuple[tuple[str, ...], bool], dict[str, list[ColdRun]]] = field(default_factory=dict)

    @property
    def rounds(self) -> int:
        """How often each candidate runs."""
        return 3 if self.quick else 20

    @cached_property
    def functions(self) -> dict[str, Function]:
        """Every function that is compared."""
        return functions(WORK)

    def log(self, name: str) -> Path:
        """Return where the process of a function logs to."""
        return WORK / f"{name.replace(' ', '-')}.log"

    def cold_runs(self, names: tuple[str, ...], *, tls: bool = False) -> dict[str, list[ColdRun]]:
        """Start each function afresh, in turns, once a round; figures that ask for the same get the same runs."""
        key = (names, tls)
        if key not in self._cold:
            runs: dict[str, list[ColdRun]] = {name: [] for name in names}
            with services(WORK, tls=tls) as aws:
                for number in range(-1, self.rounds):
                    for name in in_turns(names, number):
                        run = cold_run(self.functions[name], aws, self.log(name))
                        if number >= 0:
                            runs[name].append(run)
            self._cold[key] = runs
        return self._cold[key]


def in_turns(names: tuple[str, ...], number: int) -> tuple[str, ...]:
    """Let each round begin with another one, so that nobody always runs after the same neighbour."""
    start = number % len(names)
    return names[start:] + names[:start]


def seconds_to_first_call(runs: dict[str, list[ColdRun]]) -> dict[str, Sample]:
    """Return the samples of the time to the first call."""
    return {name: Sample(tuple(run.to_first_call for run in taken)) for name, taken in runs.items()}


def peak_memory(runs: dict[str, list[ColdRun]]) -> dict[str, Sample]:
    """Return the samples of the peak memory, in bytes."""
    return {name: Sample(tuple(run.result.peak for run in taken)) for name, taken in runs.items()}
