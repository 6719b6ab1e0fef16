"""The cold start with the CPU that Lambda grants, and what each memory size costs."""

from dataclasses import dataclass
from math import ceil
from typing import Final

from imagebuilder_bench.bench import Bench
from imagebuilder_bench.figure import Figure, Table, at_most, compared
from imagebuilder_bench.figures.cold_start import WHY_EXCEEDED
from imagebuilder_bench.functions import CRHELPER, OURS
from imagebuilder_bench.svg import bars

DEFAULT_MEBIBYTES: Final = 256
"""The construct's default of `memory_size`."""

_FULL_CPU_MEBIBYTES: Final = 1769
"""A function of this size has one vCPU (Lambda's documentation)."""

_SIZES: Final = (128, DEFAULT_MEBIBYTES, 512, 1024, _FULL_CPU_MEBIBYTES)

_HOW: Final = f"""\
Lambda grants a whole vCPU in the INIT phase, which imports the function, and during an event a share that grows with
the memory: {{share:.1%}} at {DEFAULT_MEBIBYTES} MiB, one vCPU at {_FULL_CPU_MEBIBYTES} MiB. The first table is
modelled: the CPU seconds of the import, plus those of the first event (a Create over TLS, with its response) divided
by the share. It leaves out waiting for the network and Lambda's own set-up of the environment. The second table has the
CPU seconds of both phases together. The bare client sends no response, and is created in the event and not in INIT.

The third table applies the model to our function at several memory sizes. GB-seconds are what Lambda bills: the memory
times the modelled time, rounded up to a millisecond, INIT included
([since August 2025](https://aws.amazon.com/blogs/compute/aws-lambda-standardizes-billing-for-init-phase/)). CPU seconds
differ between machines; compare the rows with each other."""


@dataclass(frozen=True)
class Cost:
    """Modelled seconds of a first and of a warm event at a memory size."""

    mebibytes: int
    first: float
    warm: float

    @property
    def billed(self) -> tuple[float, float]:
        """The GB-seconds of both events."""
        first, warm = (ceil(seconds * 1000) / 1000 * self.mebibytes / 1024 for seconds in (self.first, self.warm))
        return first, warm


def measure(bench: Bench) -> Figure:
    """Model the phases of Lambda from the CPU seconds of the cold runs."""
    share = cpu_share(DEFAULT_MEBIBYTES)
    modelled = bench.cold(lambda run: run.first.import_cpu + run.first.event_cpu / share)
    whole = bench.cold(lambda run: run.first.import_cpu + run.first.event_cpu)
    costs = memory_costs(
        imported=bench.cold(lambda run: run.first.import_cpu)[OURS].median,
        first=bench.cold(lambda run: run.first.event_cpu)[OURS].median,
        warm=bench.cold(lambda run: run.warm_cpu)[OURS].median,
    )
    return Figure(
        id="cold-start-256",
        title=f"Cold start at {DEFAULT_MEBIBYTES} MiB",
        how=_HOW.format(share=share),
        tables=(compared(modelled, OURS, "ms modelled", 1000), compared(whole, OURS, "ms of CPU", 1000), table(costs)),
        finding=finding(costs),
        goals=(
            at_most(modelled, OURS, CRHELPER, id="crhelper", limit=0.8, why_missed=WHY_EXCEEDED, guards=True),
            at_most(
                whole,
                OURS,
                CRHELPER,
                id="crhelper-cpu",
                limit=0.85,
                why_missed=WHY_EXCEEDED,
                of="the CPU in both phases of ",
                guards=True,
            ),
        ),
        picture=bars(f"Import and first event, {DEFAULT_MEBIBYTES} MiB (less is better)", modelled, "ms", 1000),
    )


def cpu_share(mebibytes: int) -> float:
    """Return the share of a vCPU that an event has; our handler uses one at most."""
    return min(1.0, mebibytes / _FULL_CPU_MEBIBYTES)


def memory_costs(imported: float, first: float, warm: float) -> list[Cost]:
    """Return the cost of each memory size from the CPU seconds of the import, a first event and a warm event."""
    shares = {size: cpu_share(size) for size in _SIZES}
    return [Cost(size, imported + first / share, warm / share) for size, share in shares.items()]


def table(costs: list[Cost]) -> Table:
    """Return the table of memory sizes."""
    rows = tuple(
        (
            f"{cost.mebibytes} MiB{' (default)' if cost.mebibytes == DEFAULT_MEBIBYTES else ''}",
            f"{cpu_share(cost.mebibytes):.1%}",
            f"{cost.first:.2f}",
            f"{cost.billed[0]:.3f}",
            f"{cost.warm:.3f}",
            f"{cost.billed[1]:.4f}",
        )
        for cost in costs
    )
    return Table(("memory", "of a vCPU", "first event, s", "GB-seconds", "warm event, s", "GB-seconds"), rows)


def finding(costs: list[Cost]) -> str:
    """Return how the construct's default compares with the other sizes."""
    default = next(cost for cost in costs if cost.mebibytes == DEFAULT_MEBIBYTES)
    others = "; ".join(
        f"{cost.mebibytes} MiB: {cost.first / default.first:.2f} × the time, "
        f"{cost.billed[0] / default.billed[0]:.2f} × the GB-seconds"
        for cost in costs
        if cost is not default
    )
    return (
        f"The construct's default is {DEFAULT_MEBIBYTES} MiB (`memory_size` of `ImagePipelineProvider`): a first event "
        f"takes {default.first:.2f} s and {default.billed[0]:.3f} GB-seconds. Other sizes, relative to it: {others}."
    )
