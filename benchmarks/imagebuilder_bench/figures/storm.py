"""Many pipelines at once, at a service that lets few requests through."""

import random
from collections.abc import Mapping
from typing import Final

from imagebuilder_bench.bench import Bench
from imagebuilder_bench.figure import Figure, Goal, Table, number
from imagebuilder_bench.functions import BOTOCORE, OURS
from imagebuilder_bench.our_retries import ours
from imagebuilder_bench.simulation import Pause, Simulated, legacy, simulate
from imagebuilder_bench.stats import Sample
from imagebuilder_bench.storms import Storm, storm
from imagebuilder_bench.svg import bars

_CLIENTS, _RATE, _ROUNDS = 490, 20, 3
_LEGACY: Final = "botocore legacy"
_PEERS: Final = (_LEGACY, "botocore standard", "botocore adaptive")
_SIMULATED: Final = ((490, 20), (1_000, 20), (2_000, 20), (5_000, 50), (10_000, 100))
_WHY_SLOW: Final = (
    "The last of all has waited for the end of a pause of up to 20 s; shorter pauses end sooner, and take twice the "
    "calls."
)
_WHY_MANY: Final = (
    "No client knows of the others: until pauses have grown to what the rate asks for, most calls are refused."
)

_HOW: Final = f"""\
Real processes, {_CLIENTS} of them, each with one Create, let go at once at an emulator that lets {_RATE} requests a
second through (a token bucket that holds one second's worth) and answers the others with
CallRateLimitExceededException. Ours is the whole handler; its peers are botocore clients in each retry mode as it is.
The processes are forks of one that has handled an event, so that they start when they are told to. The time runs to
the last pipeline made; where not all are made it says little. One storm is {_CLIENTS} processes, so {_ROUNDS} storms of
each are run. Beyond what fits one machine, a discrete-event simulation of the same policy, with its numbers read from
the code, takes over; it is checked against the real storm, from the times of the real processes' first calls on."""


def measure(bench: Bench) -> Figure:
    """Run the storms, then simulate."""
    clients, rounds = (60, 1) if bench.quick else (_CLIENTS, _ROUNDS)
    function = bench.functions[OURS]
    candidates = {OURS: function.handler} | {name: name.replace("botocore ", "botocore:") for name in _PEERS}
    runs: dict[str, list[Storm]] = {name: [] for name in candidates}
    for _ in range(rounds):
        for name, what in candidates.items():
            folder = function if name == OURS else bench.functions[BOTOCORE]
            runs[name].append(storm(folder, what, clients, _RATE, bench.log(f"storm {name}")))
    slowdown = {name: Sample(tuple(run.slowdown for run in taken)) for name, taken in runs.items()}
    calls = {name: Sample(tuple(run.calls_each for run in taken)) for name, taken in runs.items()}
    policies = {name: policy for name, policy in ((OURS, ours()), (_LEGACY, legacy())) if policy is not None}
    checks = {name: (runs[name][0], simulate(policy, runs[name][0].starts, _RATE)) for name, policy in policies.items()}
    return Figure(
        id="storm",
        title="Storm",
        how=_HOW,
        tables=(_real(runs, slowdown, calls), _checked(checks), _simulated(policies)),
        goals=(
            Goal("all are made: none left over", clients - min(run.made for run in runs[OURS]), 0, _WHY_MANY, ""),
            Goal(f"at most 1.15 × (N ÷ R) at {clients}", slowdown[OURS].median, 1.15, _WHY_SLOW),
            Goal(f"at most 3 calls each at {clients}", calls[OURS].median, 3, _WHY_MANY, "calls"),
        ),
        pictures={"storm.svg": bars(f"Calls a pipeline, {clients} at once", calls, "", 1, 2)},
        values={f"{name}, time ÷ (N ÷ R)": sample.median for name, sample in slowdown.items()}
        | {f"{name}, calls each": sample.median for name, sample in calls.items()},
    )


def _real(runs: Mapping[str, list[Storm]], slowdown: Mapping[str, Sample], calls: Mapping[str, Sample]) -> Table:
    rows = tuple(
        (
            name,
            f"{sum(run.made for run in taken) / sum(run.clients for run in taken):.0%}",
            number(slowdown[name].median),
            "{:.2f} – {:.2f}".format(*slowdown[name].quartiles),
            number(calls[name].median),
            "{:.2f} – {:.2f}".format(*calls[name].quartiles),
            str(len(taken)),
        )
        for name, taken in runs.items()
    )
    return Table(("", "made", "time ÷ (N ÷ R)", "middle half", "calls ÷ N", "middle half", "storms"), rows)


def _checked(checks: Mapping[str, tuple[Storm, Simulated]]) -> Table:
    rows = tuple(
        (
            name,
            f"{real.made} / {simulated.made}",
            f"{number(real.slowdown)} / {number(simulated.slowdown)}",
            f"{number(real.calls_each)} / {number(simulated.calls_each)}",
        )
        for name, (real, simulated) in checks.items()
    )
    return Table(("real / simulated", "made", "time ÷ (N ÷ R)", "calls ÷ N"), rows)


def _simulated(policies: Mapping[str, Pause]) -> Table:
    rows = []
    chance = random.Random(1)  # noqa: S311 (the same numbers in each run, on purpose)
    for name, policy in policies.items():
        for clients, rate in _SIMULATED:
            result = simulate(policy, [chance.uniform(0, 1) for _ in range(clients)], rate)
            made = f"{result.made / clients:.0%}"
            rows.append((name, f"{clients:,}", str(rate), made, number(result.slowdown), number(result.calls_each)))
    return Table(("simulated", "N", "R a second", "made", "time ÷ (N ÷ R)", "calls ÷ N"), tuple(rows))
