"""Peak memory of the function's process."""

from typing import Final

from imagebuilder_bench.bench import Bench
from imagebuilder_bench.figure import Figure, Goal, Sample, compared
from imagebuilder_bench.functions import CRHELPER, OURS
from imagebuilder_bench.svg import bars

_MEBI: Final = 1 / 2**20


def measure(bench: Bench) -> Figure:
    """Take it from the cold runs."""
    samples = {name: Sample(tuple(run.first.peak for run in runs)) for name, runs in bench.cold_runs.items()}
    return Figure(
        id="memory",
        title="Peak memory",
        how="Peak resident memory of the process (`VmHWM`) after its first Create, in the runs of the cold start.",
        tables=(compared(samples, OURS, "MiB", _MEBI, 1),),
        goals=(
            Goal(
                "at most 0.75 × crhelper style",
                samples[OURS].over(samples[CRHELPER]),
                0.75,
                "Most of it is Python with TLS, and the modules of botocore that sign, send and parse a request.",
                id="crhelper",
            ),
        ),
        picture=bars("Peak memory of the process", samples, "MiB", _MEBI, 1),
    )
