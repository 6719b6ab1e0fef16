"""How much memory the function's process has at most."""

from typing import Final

from imagebuilder_bench.bench import Bench, peak_memory
from imagebuilder_bench.figure import Figure, Goal, compared
from imagebuilder_bench.functions import AWS_CUSTOM_RESOURCE, BOTOCORE, CFNRESPONSE, CRHELPER, OURS
from imagebuilder_bench.svg import bars

_NAMES: Final = (OURS, CRHELPER, CFNRESPONSE, BOTOCORE, AWS_CUSTOM_RESOURCE)
_MEBI: Final = 1 / 2**20

_WHY_MISSED: Final = (
    "What is left is Python with its TLS, and the modules of botocore that sign, send and parse a request."
)


def measure(bench: Bench) -> Figure:
    """Read it from the runs of the cold start."""
    samples = peak_memory(bench.cold_runs(_NAMES))
    ratio = samples[OURS].over(samples[CRHELPER]).median
    return Figure(
        id="memory",
        title="Peak memory",
        how=(
            "The most memory that the process had resident (`VmHWM`) when it had answered its first Create, in the "
            "runs of the cold start."
        ),
        tables=(compared(samples, OURS, "MiB", _MEBI, 1),),
        goals=(Goal("at most 0.75 × crhelper style", ratio, 0.75, _WHY_MISSED),),
        pictures={"memory.svg": bars("Peak memory of the process", samples, "MiB", _MEBI, 1)},
        values={name: sample.median * _MEBI for name, sample in samples.items()} | {f"ours ÷ {CRHELPER}": ratio},
    )
