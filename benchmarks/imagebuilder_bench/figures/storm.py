"""Many pipelines at once, with an API that throttles."""

from dataclasses import dataclass, replace
from typing import Final

from imagebuilder_bench.bench import Bench
from imagebuilder_bench.figure import Figure, Goal, Sample, Table, number
from imagebuilder_bench.functions import BOTOCORE, OURS, Function
from imagebuilder_bench.processes import FunctionError, Process
from imagebuilder_bench.services import TRUSTED_ALONE, services
from imagebuilder_bench.svg import bars

_CLIENTS, _RATE, _ROUNDS = 490, 20, 3
_WHY_SLOW: Final = "The last client waited out a pause of up to 20 s; shorter pauses would take twice the calls."
_WHY_MANY: Final = "Clients do not know of each other: most calls are refused until pauses have grown to fit the rate."

_HOW: Final = f"""\
{_CLIENTS} processes, about as many as one stack can have pipelines, send one Create each at the same time. The emulator
accepts {_RATE} requests per second (a token bucket that holds one second's worth) and refuses the others with
CallRateLimitExceededException. Ours is the whole handler; the others are botocore clients in each retry mode. The
processes are forks of a warm one, so that they start together. N ÷ R, processes over the accepted rate, is the
shortest possible time. The measured time ends with the last pipeline created: where some are missing, it says
little."""


@dataclass(frozen=True)
class Storm:
    """The share of the pipelines that were created, the time over the shortest possible one, and calls per pipeline."""

    created: float
    slowdown: float
    calls: float


def measure(bench: Bench) -> Figure:
    """Run the storms of each candidate."""
    clients, rounds = (60, 1) if bench.quick else (_CLIENTS, _ROUNDS)
    bare = bench.functions[BOTOCORE]
    candidates = {OURS: bench.functions[OURS]} | {
        f"botocore {mode}": replace(bare, environment={"AWS_RETRY_MODE": mode})
        for mode in ("legacy", "standard", "adaptive")
    }
    storms = {name: [_storm(function, clients) for _ in range(rounds)] for name, function in candidates.items()}
    slowdown = {name: Sample(tuple(storm.slowdown for storm in runs)) for name, runs in storms.items()}
    calls = {name: Sample(tuple(storm.calls for storm in runs)) for name, runs in storms.items()}
    created = {name: Sample(tuple(storm.created for storm in runs)) for name, runs in storms.items()}
    rows = tuple(
        (
            name,
            f"{created[name].median:.0%}",
            number(slowdown[name].median),
            "{:.2f} – {:.2f}".format(*slowdown[name].quartiles),
            number(calls[name].median),
            "{:.2f} – {:.2f}".format(*calls[name].quartiles),
            str(rounds),
        )
        for name in candidates
    )
    header = ("", "created", "time ÷ (N ÷ R)", "quartiles", "calls per pipeline", "quartiles", "storms")
    return Figure(
        id="storm",
        title="Storm",
        how=_HOW,
        tables=(Table(header, rows),),
        goals=(
            Goal(
                "all are created: none missing",
                (1 - min(created[OURS].values)) * clients,
                0,
                _WHY_MANY,
                "",
                id="created",
            ),
            Goal(f"at most 1.15 × (N ÷ R) at {clients}", slowdown[OURS].median, 1.15, _WHY_SLOW, id="time"),
            Goal(f"at most 3 calls each at {clients}", calls[OURS].median, 3, _WHY_MANY, "calls", id="calls"),
        ),
        picture=bars(f"Calls per pipeline, {clients} at once", calls, "", 1, 2),
    )


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
