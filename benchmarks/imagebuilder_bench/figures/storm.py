"""Many pipelines at once, with an API that throttles."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, replace
from statistics import median
from typing import Final

from imagebuilder_bench.bench import Bench
from imagebuilder_bench.figure import Figure, Goal, Sample, Table, number
from imagebuilder_bench.functions import BOTOCORE, OURS, Function
from imagebuilder_bench.processes import FunctionError, Process
from imagebuilder_bench.services import TRUSTED_ALONE, services
from imagebuilder_bench.simulated_storm import Storm, simulated_storm
from imagebuilder_bench.svg import bars
from imagebuilder_model.storms import PIPELINES_VARIABLE

_CLIENTS, _RATE, _ROUNDS = 490, 20, 3
_NUMBERS: Final = (100, 490, 1000, 2500, 5000, 10_000)
_RATES: Final = (5, _RATE, 80)
_SEEDS: Final = 3
_WHY_SLOW: Final = "The last client waited out a pause of up to 20 s: the pauses are planned for 20 requests a second."
_WHY_SHARED: Final = (
    "The processes share one machine, on which their first requests arrive over three seconds: an eighth of N ÷ R. The "
    "simulated storms have no such delay."
)
_WHY_MANY: Final = "Clients do not know of each other: most calls are refused until pauses have grown to fit the rate."
_WHY_MORE: Final = (
    "Of more than 1,000, Lambda starts each further one when another has ended: its first attempts come while the "
    "others have the whole rate. Plans for more than run at once would lose pipelines to the function's timeout."
)

_HOW: Final = f"""\
{_CLIENTS} processes, about as many as one stack can have pipelines, send one Create each at the same time. The emulator
accepts {_RATE} requests per second (a token bucket that holds one second's worth) and refuses the others with
CallRateLimitExceededException. Ours is the whole handler, which knows the number of pipelines as the construct tells
it; the others are botocore clients in each retry mode. The processes are forks of a warm one, so that they start
together. N ÷ R, processes over the accepted rate, is the shortest possible time. The measured time ends with the last
pipeline created: where some are missing, it says little.

The second table has a clock of its own: the handler's pauses against a token bucket, medians of {_SEEDS} storms. It has
the time ÷ (N ÷ R) and the calls per pipeline. At most 1,000 events run at once, Lambda's default quota; each has the
function's 5 minutes from its start, and where some ran out of them, the share of the created pipelines follows. The
function plans for {_RATE} requests per second, because AWS publishes no rate: the other columns have a quarter and four
times of that, and a function that does not know the number."""


def measure(bench: Bench) -> Figure:
    """Run the storms of each candidate: of ours some, of the others, whose storms hardly differ, one."""
    clients, rounds, numbers = (60, 1, _NUMBERS[:2]) if bench.quick else (_CLIENTS, _ROUNDS, _NUMBERS)
    bare = bench.functions[BOTOCORE]
    ours = replace(bench.functions[OURS], environment={PIPELINES_VARIABLE: str(clients)})
    storms = {OURS: [_storm(ours, clients) for _ in range(rounds)]} | {
        f"botocore {mode}": [_storm(replace(bare, environment={"AWS_RETRY_MODE": mode}), clients)]
        for mode in ("legacy", "standard", "adaptive")
    }
    simulated = {
        (number, rate, is_known): _simulated(number, rate, is_known=is_known)
        for number in numbers
        for rate, is_known in (*((rate, True) for rate in _RATES), (_RATE, False))
    }
    of_ours = _median(storms[OURS])
    planned = [storm for (_, rate, is_known), storm in simulated.items() if (rate, is_known) == (_RATE, True)]
    many = f"{numbers[0]:,} to {numbers[-1]:,}"
    return Figure(
        id="storm",
        title="Storm",
        how=_HOW,
        tables=(_table_of(storms), _table_of_simulated(simulated)),
        goals=(
            Goal(
                "all are created: none missing",
                (1 - min(storm.created for storm in storms[OURS])) * clients,
                0,
                _WHY_MANY,
                "",
                id="created",
            ),
            Goal(f"at most 1.15 × (N ÷ R) at {clients}", of_ours.slowdown, 1.15, _WHY_SHARED, id="time"),
            Goal(f"at most 3 calls each at {clients}", of_ours.calls, 3, _WHY_MANY, "calls", id="calls"),
            Goal(
                f"at most 1.15 × (N ÷ R) at {many}",
                max(storm.slowdown for storm in planned),
                1.15,
                _WHY_SLOW,
                id="planned-time",
            ),
            Goal(
                f"at most 3 calls each at {many}",
                max(storm.calls for storm in planned),
                3,
                _WHY_MORE,
                "calls",
                id="planned-calls",
            ),
        ),
        picture=bars(
            f"Calls per pipeline, {clients} at once",
            {name: Sample(tuple(storm.calls for storm in runs)) for name, runs in storms.items()},
            "",
            1,
            2,
        ),
    )


def _table_of(storms: Mapping[str, Sequence[Storm]]) -> Table:
    rows = []
    for name, runs in storms.items():
        middle, row = _median(runs), [name]
        row += [f"{middle.created:.0%}", number(middle.slowdown), _spread(run.slowdown for run in runs)]
        row += [number(middle.calls), _spread(run.calls for run in runs), str(len(runs))]
        rows.append(tuple(row))
    header = ("", "created", "time ÷ (N ÷ R)", "quartiles", "calls per pipeline", "quartiles", "storms")
    return Table(header, tuple(rows))


def _spread(values: Iterable[float]) -> str:
    return "{:.2f} – {:.2f}".format(*Sample(tuple(values)).quartiles)


def _table_of_simulated(simulated: Mapping[tuple[int, int, bool], Storm]) -> Table:
    columns = sorted({key[1:] for key in simulated}, key=lambda column: (not column[1], column[0]))
    header = ["N", *(f"R = {rate}" + ("" if is_known else ", N unknown") for rate, is_known in columns)]
    rows = [
        (f"{pipelines:,}", *(_cell(simulated[(pipelines, *column)]) for column in columns))
        for pipelines in dict.fromkeys(key[0] for key in simulated)
    ]
    return Table(tuple(header), tuple(rows))


def _cell(storm: Storm) -> str:
    missing = "" if storm.created == 1 else f", {storm.created:.2%} created"
    return f"{number(storm.slowdown)} × at {number(storm.calls)} calls{missing}"


def _simulated(pipelines: int, rate: int, *, is_known: bool) -> Storm:
    return _median([simulated_storm(pipelines, rate, seed, is_known=is_known) for seed in range(_SEEDS)])


def _median(storms: Sequence[Storm]) -> Storm:
    return Storm(*(median(values) for values in zip(*map(astuple, storms), strict=True)))


def _storm(function: Function, clients: int) -> Storm:
    with services() as aws:
        # One machine runs hundreds of processes: keep it from loading as many long lists of certificates.
        environment = aws.environment | {"AWS_CA_BUNDLE": str(TRUSTED_ALONE)}
        with Process(function, environment, "storm") as process:
            process.send(aws.create_event())
            aws.restart(_RATE)
            for _ in range(clients):
                process.write(aws.create_event())
            released = process.release()
        calls = aws.image_builder.timed
    # By token: a request that is repeated because its response was lost creates no second pipeline.
    created: dict[str, float] = {}
    for call in calls:
        if call.succeeded and call.operation == "CreateImagePipeline":
            created.setdefault(call.token, call.at - released)
    if not created:
        raise FunctionError(f"{function.handler} created no pipeline in a storm")
    return Storm(len(created) / clients, max(created.values()) / (clients / _RATE), len(calls) / clients)
