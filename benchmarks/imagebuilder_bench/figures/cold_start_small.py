"""The cold start of a small function."""

from typing import Final

from imagebuilder_bench.bench import Bench, seconds_to_first_call
from imagebuilder_bench.figure import Figure, compared
from imagebuilder_bench.figures.cold_start import goals, ratios
from imagebuilder_bench.functions import BOTOCORE, CFNRESPONSE, CRHELPER, OURS
from imagebuilder_bench.share import FULL_CPU_MIB, cpu_share
from imagebuilder_bench.svg import bars

_NAMES: Final = (OURS, CRHELPER, CFNRESPONSE, BOTOCORE)
_MEBIBYTES: Final = 256


def measure(bench: Bench) -> Figure:
    """Run each of them with a part of a CPU."""
    with cpu_share(_MEBIBYTES) as share:
        samples = seconds_to_first_call(bench.cold_runs(_NAMES, share=share))
    return Figure(
        id="cold-start-256",
        title=f"Cold start at {_MEBIBYTES} MiB",
        how=(
            f"The same with the CPU that Lambda gives a function of {_MEBIBYTES} MiB, where {FULL_CPU_MIB} MiB are one "
            f"vCPU, by {share.how}. (Lambda itself is kinder while a function is imported.)"
        ),
        tables=(compared(samples, OURS, "ms", 1000),),
        goals=goals(samples),
        pictures={"cold-start-256.svg": bars("Fresh process to first call sent, 256 MiB", samples, "ms", 1000)},
        values={name: sample.median * 1000 for name, sample in samples.items()} | ratios(samples),
    )
