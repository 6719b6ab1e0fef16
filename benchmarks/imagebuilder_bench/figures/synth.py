"""What a pipeline adds to a synth and to a template."""

from typing import Final

from imagebuilder_bench.bench import Bench, in_turn
from imagebuilder_bench.figure import Figure, Goal, Sample, Table, number
from imagebuilder_bench.svg import bars
from imagebuilder_bench.synths import KINDS, L1, OURS, synth, template, warmed

_WHY_SLOWER: Final = (
    "Each call from Python into the CDK is a message to its Node process and back. A native resource is one message. "
    "Ours is two, for the construct and its resource, and Python validates the props and fits the policy; the stack "
    "has the provider, too."
)
_WHY_CURVED: Final = "Each further pipeline costs more than the one before: something looks at all earlier ones."

_HOW: Final = """\
Stacks of pipelines, each with a recipe and an infrastructure configuration of its own, synthesised in fresh processes.
The seconds run from the first construct to the written assembly; importing and starting the CDK and the synth of a
stack with one native resource come before. The last rows are the second synth of each kind in one process, without the
start of Node's compiler. Templates do not vary. A stack may have 500 resources, which AwsCustomResource exceeds at 250
pipelines; the limit is off here."""

_COUNTS: Final = (1, 100, 490)
_QUICK_COUNTS: Final = (1, 10, 100)
_ROUNDS: Final = 6
"""A process takes seconds to start the CDK: so many take under six minutes on an idle machine."""


def measure(bench: Bench) -> Figure:
    """Synthesise each kind of pipeline in each number."""
    counts = _QUICK_COUNTS if bench.quick else _COUNTS
    most = counts[-1]
    rounds = 1 if bench.quick else _ROUNDS
    samples, again = _samples(counts, rounds), _warmed(most, rounds)
    seconds = {kind: samples[kind, most] for kind in KINDS}
    further = {kind: _further(samples, kind, counts[0], most) for kind in (OURS, L1)}
    early, late = (_further(samples, OURS, *span) for span in ((counts[0], counts[-2]), (counts[-2], most)))
    resources = len(template(OURS, most).resources) - len(template(OURS, most - 1).resources)
    return Figure(
        id="synth",
        title="Synth",
        how=_HOW,
        tables=(_table(samples, again, most),),
        goals=(
            Goal(
                f"at most 2.0 × L1's time at {most} pipelines",
                seconds[OURS].over(seconds[L1]),
                2.0,
                _WHY_SLOWER,
                id="l1-time",
            ),
            Goal(
                f"at most 2.0 × L1's time at {most} pipelines in a warmed process",
                again[OURS].over(again[L1]),
                2.0,
                _WHY_SLOWER,
                id="l1-warmed",
            ),
            Goal(
                "at most 2.0 × L1's time per further pipeline",
                further[OURS] / further[L1],
                2.0,
                _WHY_SLOWER,
                id="l1-further",
            ),
            Goal(
                "linear: a late pipeline costs at most 1.2 × an early one", late / early, 1.2, _WHY_CURVED, id="linear"
            ),
            Goal(
                "resources per pipeline: 1",
                resources,
                1,
                "A pipeline adds more than its own resource.",
                "",
                id="resources",
            ),
        ),
        picture=bars(f"Synth of {most} pipelines (less is better)", seconds, "s", 1, 2),
    )


def _samples(counts: tuple[int, ...], rounds: int) -> dict[tuple[str, int], Sample]:
    """Synthesise ours and L1 in each number, and the other kinds in the largest alone."""
    numbers = {kind: counts if kind in {OURS, L1} else counts[-1:] for kind in KINDS}
    taken: dict[tuple[str, int], list[float]] = {(kind, count): [] for kind in KINDS for count in numbers[kind]}
    for kind, _ in in_turn(KINDS, rounds, warm_up=0):
        for count in numbers[kind]:
            taken[kind, count].append(synth(kind, count))
    return {key: Sample(tuple(values)) for key, values in taken.items()}


def _warmed(count: int, rounds: int) -> dict[str, Sample]:
    taken = [warmed((OURS, L1), count) for _ in range(rounds)]
    return {kind: Sample(tuple(values)) for kind, values in zip((OURS, L1), zip(*taken, strict=True), strict=True)}


def _further(samples: dict[tuple[str, int], Sample], kind: str, fewer: int, more: int) -> float:
    """Return the seconds per pipeline between two numbers of pipelines, at least 0.1 ms."""
    return max(1e-4, (samples[kind, more].median - samples[kind, fewer].median) / (more - fewer))


def _table(samples: dict[tuple[str, int], Sample], again: dict[str, Sample], most: int) -> Table:
    rows = []
    for (kind, count), sample in samples.items():
        made = template(kind, count)
        has_first = count > 1 and (kind, 1) in samples
        rows.append(
            (
                kind,
                str(count),
                *_times(sample),
                f"{1000 * _further(samples, kind, 1, count):.1f}" if has_first else "",
                "" if kind == OURS else number(samples[OURS, count].over(sample)),
                f"{made.size:,}",
                str(len(made.resources)),
            )
        )
    for kind, sample in again.items():
        ratio = "" if kind == OURS else number(again[OURS].over(sample))
        rows.append((f"{kind}, warmed process", str(most), *_times(sample), "", ratio, "", ""))
    header = (
        "",
        "pipelines",
        "median, s",
        "quartiles",
        "runs",
        "ms per further one",
        "ours ÷ this",
        "bytes",
        "resources",
    )
    return Table(header, tuple(rows))


def _times(sample: Sample) -> tuple[str, str, str]:
    return f"{sample.median:.2f}", "{:.2f} – {:.2f}".format(*sample.quartiles), str(len(sample.values))
