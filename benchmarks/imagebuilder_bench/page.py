"""The page: every figure's latest result, as Markdown."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from imagebuilder_bench.figure import Figure, Goal, Table, number
from imagebuilder_bench.history import Run, last_two


def page(figures: Sequence[tuple[Figure, Run]], runs: list[Run], folder: str) -> str:
    """Return the page. Each figure comes with the run that measured it; `folder` is where the pictures are."""
    return "\n".join(_lines(figures, runs, folder))


def _lines(figures: Sequence[tuple[Figure, Run]], runs: list[Run], folder: str) -> Iterator[str]:
    latest = max((run for _, run in figures), key=lambda run: run.at)
    yield "# Benchmarks"
    yield ""
    yield "<!-- Written by `make bench`. What is changed here by hand is lost. -->"
    yield ""
    yield "What the custom resource costs, beside what people would use instead. All was measured side by side in"
    yield "one run on one machine: fresh processes, a warm-up, the candidates in turns. A ratio is the median of the"
    yield "ratios of runs side by side. `make bench` measures all of it again; `make bench ONLY=cold-start` one figure;"
    yield "`make bench QUICK=1` few runs, without touching this page."
    yield ""
    yield f"Run of {latest.at}, commit {latest.commit}."
    yield ""
    yield from _table(Table(("Machine", ""), tuple(latest.machine.items())))
    yield from _table(Table(("Peer", "version"), tuple(latest.versions.items())))
    yield "## Goals"
    yield ""
    rows = [
        (f"[{figure.title}](#{figure.id})", goal.text, _got(goal), "met" if goal.is_met else "**missed**")
        for figure, _ in figures
        for goal in figure.goals
    ]
    yield from _table(Table(("figure", "goal", "measured", ""), tuple(rows)))
    for figure, run in figures:
        yield from _figure(figure, run, latest, runs, folder)


def _figure(figure: Figure, run: Run, latest: Run, runs: list[Run], folder: str) -> Iterator[str]:
    yield f'<a id="{figure.id}"></a>'
    yield ""
    yield f"## {figure.title}"
    yield ""
    yield figure.how
    yield ""
    if run.at != latest.at:
        yield f"Measured on {run.at}, commit {run.commit}."
        yield ""
    for name in figure.pictures:
        yield f"![{Path(name).stem}]({folder}/{name})"
        yield ""
    for table in figure.tables:
        yield from _table(table)
    for goal in figure.goals:
        if goal.is_met:
            yield f"- Goal met: {goal.text}. Measured {_got(goal)}."
        else:
            yield f"- **Goal missed**: {goal.text}. Measured {_got(goal)}. {goal.why_missed}"
    if figure.goals:
        yield ""
    yield from _changes(figure, runs)


def _changes(figure: Figure, runs: list[Run]) -> Iterator[str]:
    rows = []
    for name in figure.values:
        now, before = last_two(runs, f"{figure.id}/{name}")
        if now is not None and before is not None:
            change = f"{(now - before) / before:+.0%}" if before else ""
            rows.append((name, number(before), number(now), change))
    if rows:
        yield "<details><summary>Change against the run before</summary>"
        yield ""
        yield from _table(Table(("", "before", "now", "change"), tuple(rows)))
        yield "</details>"
        yield ""


def _got(goal: Goal) -> str:
    return f"{number(goal.got)} {goal.unit}".strip()


def _table(table: Table) -> Iterator[str]:
    yield f"| {' | '.join(table.header)} |"
    yield f"|{'---|' + '---:|' * (len(table.header) - 1)}"
    for row in table.rows:
        yield f"| {' | '.join(row)} |"
    yield ""
