"""A run of the benchmarks: measure, store, report."""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from imagebuilder_bench.bench import Bench
from imagebuilder_bench.figure import Figure, number
from imagebuilder_bench.measurement import Measurement, store
from imagebuilder_bench.page import write_page
from imagebuilder_bench.run import Run
from imagebuilder_local.steps import StepError, say, step


def measure_all(
    figures: Mapping[str, Callable[[Bench], Figure]],
    run: Run,
    folder: Path,
    idle: Callable[[], float],
) -> list[Measurement]:
    """Measure each figure and write the page into a folder.

    `idle` waits for an idle machine and returns the cores that are in use. StepError, after the page is written, if a
    whole run exceeds the limit of a guard.
    """
    bench = Bench(run.quick)
    done: list[Measurement] = []
    for name, measure in figures.items():
        with step(name):
            others, started = idle(), time.monotonic()
            figure = measure(bench)
            measurement = Measurement(run, figure, time.monotonic() - started, others)
            # At once: the figure is kept if a later one fails or is interrupted.
            store(measurement, folder / "benchmarks")
            write_page(folder)
            done.append(measurement)
            say(figure.summary())
    print(f"\n{_seconds(done)}\nwritten: {folder / 'benchmarks.md'}")
    _check_guards(done, quick=run.quick)
    return done


def _seconds(done: Sequence[Measurement]) -> str:
    """Return the seconds of each figure as lines for the terminal."""
    taken = {measurement.figure.id: measurement.seconds or 0.0 for measurement in done}
    taken["together"] = sum(taken.values())
    return "\n".join(f"{seconds:8.1f} s  {name}" for name, seconds in taken.items())


def _check_guards(done: Sequence[Measurement], *, quick: bool) -> None:
    exceeded = "\n".join(
        f"- {measurement.figure.title}: got {number(goal.got)} {goal.unit}, allowed is {goal.text}"
        for measurement in done
        for goal in measurement.figure.goals
        if goal.guards and not goal.is_met
    )
    if not exceeded:
        return
    if quick:
        say(f"warning: limits are exceeded, perhaps by the noise of few rounds:\n{exceeded}")
        return
    raise StepError(
        f"limits that guard against regressions are exceeded:\n{exceeded}\n"
        "find the change since the earlier runs on the page, and undo it or raise the limit in "
        "benchmarks/imagebuilder_bench/figures with the reason"
    )
