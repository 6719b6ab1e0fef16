"""Time from the start of a process to its first request."""

from typing import Final

from imagebuilder_bench.bench import Bench
from imagebuilder_bench.figure import Figure, Goal, Sample, compared
from imagebuilder_bench.functions import BOTOCORE, CRHELPER, OURS
from imagebuilder_bench.svg import bars

WHY_MISSED: Final = (
    "The time goes to the start of Python, loading our modules (the asset has no compiled code, since the version of "
    "the runtime is unknown at synth) and, for about half of it, importing the parts of botocore that sign, send and "
    "parse a request. Doing without botocore would meet the goal; ADR 7 decided against it."
)

_HOW: Final = """\
Time from the start of a process to the arrival of its first Image Builder request at the emulator, over TLS on
loopback. The emulator reads the clock, so the measured process runs unchanged. The process has what Lambda has: the
synthesised asset, a Create event, the function's folder first on the path, then the runtime's SDK with its compiled
modules. The function has no compiled modules of its own, since `/var/task` is read-only. The process has a whole CPU,
unlike an event in Lambda: see the next figure. AwsCustomResource runs on Node and has no goal."""


def measure(bench: Bench) -> Figure:
    """Compare all functions."""
    samples = {name: Sample(tuple(run.to_first_call for run in runs)) for name, runs in bench.cold_runs.items()}
    ours = samples[OURS]
    return Figure(
        id="cold-start",
        title="Cold start",
        how=_HOW,
        tables=(compared(samples, OURS, "ms", 1000),),
        goals=(
            Goal("at most 0.5 × crhelper style", ours.over(samples[CRHELPER]), 0.5, WHY_MISSED, id="crhelper"),
            Goal("at most 0.8 × a bare botocore client", ours.over(samples[BOTOCORE]), 0.8, WHY_MISSED, id="botocore"),
        ),
        picture=bars("Fresh process to first request (less is better)", samples, "ms", 1000),
    )
