"""What a pipeline adds to a synth and to a template."""

from typing import Final

from imagebuilder_bench.bench import Bench, in_turns
from imagebuilder_bench.figure import Figure, Goal, Table, number
from imagebuilder_bench.stats import Sample
from imagebuilder_bench.svg import lines
from imagebuilder_bench.synths import COUNTS, KINDS, L1, OURS, synth, template

_WHY_SLOWER: Final = (
    "Each call from Python into the CDK is a message to its Node process and back. A native resource is one such call; "
    "ours is a construct with a resource in it, checked props, tags and a policy."
)
_WHY_CURVED: Final = "Each further pipeline costs more than the one before: something looks at all that came earlier."
_LARGEST_STACK: Final = 500

_HOW: Final = """\
Stacks of pipelines that each have a recipe and a configuration of their own, synthesised in fresh processes: the
seconds from the first construct to the written assembly, after the CDK has been imported and started and has
synthesised a stack with one native resource. The time per further pipeline is what each one beyond the first adds.
Templates are the same in every run. A stack may hold 500 resources, which AwsCustomResource passes at 250 pipelines;
the limit is off here so that its time can be taken."""


def measure(bench: Bench) -> Figure:
    """Synthesise every kind in every number."""
    counts = COUNTS[:-1] if bench.quick else COUNTS
    samples = _samples(bench, counts)
    most = counts[-1]
    seconds = {kind: samples[kind, most] for kind in KINDS}
    ratio = seconds[OURS].over(seconds[L1]).median
    further = {kind: _further(samples, kind, counts[0], most) for kind in (OURS, L1)}
    earlier, later = (_further(samples, OURS, *span) for span in ((counts[0], counts[-2]), (counts[-2], most)))
    made = len(template(OURS, most).resources) - len(template(OURS, most - 1).resources)
    pictures = {
        "synth-seconds.svg": lines(
            "Seconds to synthesise", {k: [(c, samples[k, c].median) for c in counts] for k in KINDS}, "pipelines", "s"
        ),
        "synth-bytes.svg": lines(
            "Template", {k: [(c, float(template(k, c).size)) for c in counts] for k in KINDS}, "pipelines", "bytes"
        ),
    }
    return Figure(
        id="synth",
        title="Synth",
        how=_HOW,
        tables=(_times(samples, counts), _templates(counts)),
        goals=(
            Goal(f"at most 1.1 × L1's time at {most} pipelines", ratio, 1.1, _WHY_SLOWER),
            Goal("at most 1.1 × what each further one adds for L1", further[OURS] / further[L1], 1.1, _WHY_SLOWER),
            Goal("linear: a late pipeline costs at most 1.2 × an early one", later / earlier, 1.2, _WHY_CURVED),
            Goal("resources per pipeline: 1", made, 1, "A pipeline makes more than itself.", ""),
        ),
        pictures=pictures,
        values={f"{kind}, s at {count}": samples[kind, count].median for kind in KINDS for count in counts}
        | {f"{kind}, bytes at {count}": float(template(kind, count).size) for kind in KINDS for count in counts},
    )


def _samples(bench: Bench, counts: tuple[int, ...]) -> dict[tuple[str, int], Sample]:
    rounds = 1 if bench.quick else bench.rounds
    taken: dict[tuple[str, int], list[float]] = {(kind, count): [] for kind in KINDS for count in counts}
    for number_of_round in range(-1 if not bench.quick else 0, rounds):
        for count in counts:
            for kind in in_turns(KINDS, number_of_round):
                seconds = synth(kind, count)
                if number_of_round >= 0:
                    taken[kind, count].append(seconds)
    return {key: Sample(tuple(values)) for key, values in taken.items()}


def _further(samples: dict[tuple[str, int], Sample], kind: str, fewer: int, more: int) -> float:
    """Return the seconds that each pipeline between two numbers of them adds; never less than 0.1 ms."""
    return max(1e-4, (samples[kind, more].median - samples[kind, fewer].median) / (more - fewer))


def _times(samples: dict[tuple[str, int], Sample], counts: tuple[int, ...]) -> Table:
    rows = []
    for kind in KINDS:
        for count in counts:
            sample = samples[kind, count]
            first, third = sample.quartiles
            further = "" if count == 1 else f"{1000 * _further(samples, kind, 1, count):.1f}"
            ratio = "" if kind == OURS else number(samples[OURS, count].over(sample).median)
            spread = f"{first:.2f} – {third:.2f}"
            each = f"{1000 * sample.median / count:,.1f}"
            rows.append(
                (kind, str(count), f"{sample.median:.2f}", spread, str(len(sample.values)), each, further, ratio)
            )
    header = (
        "",
        "pipelines",
        "median, s",
        "middle half",
        "runs",
        "ms per pipeline",
        "ms per further one",
        "ours ÷ this",
    )
    return Table(header, tuple(rows))


def _templates(counts: tuple[int, ...]) -> Table:
    rows = []
    for kind in KINDS:
        for count in counts:
            made = template(kind, count)
            each = made.size / count
            fits = "yes" if len(made.resources) <= _LARGEST_STACK else "no"
            ratio = "" if kind == OURS else number(template(OURS, count).size / made.size)
            rows.append((kind, str(count), f"{made.size:,}", f"{each:,.0f}", str(len(made.resources)), fits, ratio))
    header = ("", "pipelines", "bytes", "bytes per pipeline", "resources", "fits one stack", "ours ÷ this")
    return Table(header, tuple(rows))
