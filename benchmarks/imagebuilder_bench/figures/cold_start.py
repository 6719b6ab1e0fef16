"""Time from the start of a process to its first request."""

from typing import Final

from imagebuilder_bench.bench import Bench
from imagebuilder_bench.figure import Figure, at_most, compared
from imagebuilder_bench.functions import BOTOCORE, CRHELPER, OURS
from imagebuilder_bench.svg import bars

WHY_EXCEEDED: Final = (
    "The time goes to the start of Python, loading our modules (the asset has no compiled code, since the version of "
    "the runtime is unknown at synth) and, for about half of it, importing the parts of botocore that sign, send and "
    "parse a request: look there for what was added."
)

_HOW: Final = """\
Time from the start of a process to the arrival of its first Image Builder request at the emulator, over TLS on
loopback. The emulator reads the clock, so the measured process runs unchanged. The process has what Lambda has: the
synthesised asset, a Create event, the function's folder first on the path, then the runtime's SDK with its compiled
modules. The function has no compiled modules of its own, since `/var/task` is read-only. The process has a whole CPU,
unlike an event in Lambda: see the next figure. AwsCustomResource runs on Node and has no limit. A function without
botocore would need at most half of the time of crhelper style; ADR 7 decided against it."""


def measure(bench: Bench) -> Figure:
    """Compare all functions."""
    samples = bench.cold(lambda run: run.to_first_call)
    return Figure(
        id="cold-start",
        title="Cold start",
        how=_HOW,
        tables=(compared(samples, OURS, "ms", 1000),),
        goals=(
            at_most(samples, OURS, CRHELPER, id="crhelper", limit=0.9, why_missed=WHY_EXCEEDED, guards=True),
            at_most(samples, OURS, BOTOCORE, id="botocore", limit=1.2, why_missed=WHY_EXCEEDED, guards=True),
        ),
        picture=bars("Fresh process to first request (less is better)", samples, "ms", 1000),
    )
