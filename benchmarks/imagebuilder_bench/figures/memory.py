"""Peak memory of the function's process."""

from typing import Final

from imagebuilder_bench.bench import Bench
from imagebuilder_bench.figure import Figure, at_most, compared
from imagebuilder_bench.functions import CRHELPER, OURS
from imagebuilder_bench.svg import bars

_MEBI: Final = 1 / 2**20
_WHY_EXCEEDED: Final = (
    "Most of it is Python with TLS, and the modules of botocore that sign, send and parse a request: look there for "
    "what was added."
)


def measure(bench: Bench) -> Figure:
    """Take it from the cold runs."""
    samples = bench.cold(lambda run: run.first.peak)
    return Figure(
        id="memory",
        title="Peak memory",
        how="Peak resident memory of the process (`VmHWM`) after its first Create, in the runs of the cold start.",
        tables=(compared(samples, OURS, "MiB", _MEBI, 1),),
        goals=(at_most(samples, OURS, CRHELPER, id="crhelper", limit=0.75, why_missed=_WHY_EXCEEDED, guards=True),),
        picture=bars("Peak memory of the process", samples, "MiB", _MEBI, 1),
    )
