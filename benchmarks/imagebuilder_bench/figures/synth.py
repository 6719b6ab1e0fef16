"""What a pipeline adds to a synth and to a template."""

from typing import Final

from imagebuilder_bench.bench import Bench, in_turn
from imagebuilder_bench.figure import Figure, Goal, Sample, Table, number
from imagebuilder_bench.svg import bars
from imagebuilder_bench.synths import COUNTS, KINDS, L1, OURS, synth, template

_WHY_SLOWER: Final = (
    "Each call from Python into the CDK is a message to its Node process and back. A native resource is one call; ours "
    "is a construct with a resource, validated props, tags and a policy."
)
_WHY_CURVED: Final = "Each further pipeline costs more than the one before: something looks at all earlier ones."

_HOW: Final = """\
Stacks of pipelines, each with a recipe and an infrastructure configuration of its own, synthesised in fresh processes.
The seconds run from the first construct to the written assembly; importing and starting the CDK and the synth of a
stack with one native resource come before. Templates do not vary. A stack may have 500 resources, which
AwsCustomResource exceeds at 250 pipelines; the limit is off here."""


def measure(bench: Bench) -> Figure:
    """Synthesise each kind of pipeline in each number."""
    counts = COUNTS[:-1] if bench.quick else COUNTS
    samples = _samples(bench, counts)
    most = counts[-1]
    seconds = {kind: samples[kind, most] for kind in KINDS}
    further = {kind: _further(samples, kind, counts[0], most) for kind in (OURS, L1)}
    early, late = (_further(samples, OURS, *span) for span in ((counts[0], counts[-2]), (counts[-2], most)))
    resources = len(template(OURS, most).resources) - len(template(OURS, most - 1).resources)
    return Figure(
        id="synth",
        title="Synth",
        how=_HOW,
        tables=(_table(samples),),
        goals=(
            Goal(
                f"at most 2.0 × L1's time at {most} pipelines",
                seconds[OURS].over(seconds[L1]),
                2.0,
                _WHY_SLOWER,
                id="l1-time",
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


def _samples(bench: Bench, counts: tuple[int, ...]) -> dict[tuple[str, int], Sample]:
    taken: dict[tuple[str, int], list[float]] = {(kind, count): [] for kind in KINDS for count in counts}
    for kind, is_counted in in_turn(KINDS, *((1, 0) if bench.quick else (bench.rounds, 1))):
        for count in counts:
            seconds = synth(kind, count)
            if is_counted:
                taken[kind, count].append(seconds)
    return {key: Sample(tuple(values)) for key, values in taken.items()}


def _further(samples: dict[tuple[str, int], Sample], kind: str, fewer: int, more: int) -> float:
    """Return the seconds per pipeline between two numbers of pipelines, at least 0.1 ms."""
    return max(1e-4, (samples[kind, more].median - samples[kind, fewer].median) / (more - fewer))


def _table(samples: dict[tuple[str, int], Sample]) -> Table:
    rows = []
    for (kind, count), sample in samples.items():
        made = template(kind, count)
        rows.append(
            (
                kind,
                str(count),
                f"{sample.median:.2f}",
                "{:.2f} – {:.2f}".format(*sample.quartiles),
                str(len(sample.values)),
                "" if count == 1 else f"{1000 * _further(samples, kind, 1, count):.1f}",
                "" if kind == OURS else number(samples[OURS, count].over(sample)),
                f"{made.size:,}",
                str(len(made.resources)),
            )
        )
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
