"""The cold start of a small function, as Lambda gives it CPU."""

from collections.abc import Callable
from typing import Final

from imagebuilder_bench.bench import Bench
from imagebuilder_bench.figure import Figure, Goal, compared
from imagebuilder_bench.figures.cold_start import WHY_MISSED
from imagebuilder_bench.functions import BOTOCORE, CFNRESPONSE, CRHELPER, OURS
from imagebuilder_bench.processes import ColdRun
from imagebuilder_bench.stats import Sample
from imagebuilder_bench.svg import bars

_NAMES: Final = (OURS, CRHELPER, CFNRESPONSE, BOTOCORE)
FULL_CPU_MIB: Final = 1769
"""The memory at which a function has one whole vCPU (AWS's documentation of Lambda)."""

_MEBIBYTES: Final = 256
_SHARE: Final = _MEBIBYTES / FULL_CPU_MIB


def measure(bench: Bench) -> Figure:
    """Run each of them, and give the seconds of a CPU of each phase what Lambda gives it."""
    runs = bench.cold_runs(_NAMES, tls=True)
    modelled = _samples(runs, lambda run: run.result.initial_cpu + run.result.cpu / _SHARE)
    whole = _samples(runs, lambda run: run.result.initial_cpu + run.result.cpu)
    ours, crhelper = OURS, CRHELPER
    return Figure(
        id="cold-start-256",
        title=f"Cold start at {_MEBIBYTES} MiB",
        how=(
            "Lambda runs the INIT phase, in which a function is imported, at a whole vCPU, and its events at the share "
            f"that goes with the memory: {_SHARE:.1%} at {_MEBIBYTES} MiB, where {FULL_CPU_MIB} MiB are one vCPU. So "
            "this is modelled: the seconds of a CPU until the function is imported, and those of its first event (a "
            "Create over TLS, answered) divided by the share. Waiting for the network is not in it. The second table "
            "has both without the share."
        ),
        tables=(compared(modelled, OURS, "ms modelled", 1000), compared(whole, OURS, "ms of CPU", 1000)),
        goals=(
            Goal("at most 0.8 × crhelper style", modelled[ours].over(modelled[crhelper]).median, 0.8, WHY_MISSED),
            Goal("at most 0.75 × its CPU in both phases", whole[ours].over(whole[crhelper]).median, 0.75, WHY_MISSED),
        ),
        pictures={"cold-start-256.svg": bars("Import and first event, 256 MiB (less is better)", modelled, "ms", 1000)},
        values={name: sample.median * 1000 for name, sample in modelled.items()}
        | {f"ours ÷ {name}": modelled[ours].over(modelled[name]).median for name in (CRHELPER, BOTOCORE)},
    )


def _samples(runs: dict[str, list[ColdRun]], seconds: Callable[[ColdRun], float]) -> dict[str, Sample]:
    return {name: Sample(tuple(seconds(run) for run in taken)) for name, taken in runs.items()}
