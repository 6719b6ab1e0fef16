"""`python -m imagebuilder_bench [--quick] [--only FIGURE ...]`: measure, and write the page."""

import argparse
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

from imagebuilder_bench import history
from imagebuilder_bench.bench import Bench
from imagebuilder_bench.figure import Figure
from imagebuilder_bench.figures import FIGURES
from imagebuilder_bench.history import Run
from imagebuilder_bench.machine import commit, machine, versions
from imagebuilder_bench.page import page
from imagebuilder_bench.paths import BENCH, ROOT, WORK
from imagebuilder_local.steps import say, step, told_plainly


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--quick", action="store_true", help="few runs, and the page stays as it is")
    parser.add_argument("--only", nargs="+", choices=[*FIGURES], default=[*FIGURES], help="these figures alone")
    chosen = parser.parse_args()
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    bench = Bench(quick=chosen.quick)
    figures: list[Figure] = []
    try:
        for name in chosen.only:
            with step(name):
                figure = FIGURES[name](bench)
                figures.append(figure)
                say(_summary(figure))
    finally:
        # Also when a figure fails, or is stopped: the others took long enough.
        if figures:
            written = write(figures, BENCH / "quick" if chosen.quick else ROOT / "docs")
            print(f"\nwritten: {written}")


def write(figures: list[Figure], folder: Path) -> Path:
    """Put the figures in place of their earlier selves, add the run to the history, and write the page anew."""
    results = folder / "benchmarks"
    results.mkdir(parents=True, exist_ok=True)
    values = {f"{figure.id}/{name}": value for figure in figures for name, value in figure.values.items()}
    run = Run(datetime.now(UTC).isoformat(timespec="seconds"), commit(), machine(), versions(), values)
    history.append(results / "history.jsonl", run)
    runs = history.read(results / "history.jsonl")
    for figure in figures:
        stored = {"run": run.at, "figure": figure.as_json()}
        (results / f"{figure.id}.json").write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")
        for name, picture in figure.pictures.items():
            (results / name).write_text(picture, encoding="utf-8")
    by_time = {known.at: known for known in runs}
    latest = [_stored(results / f"{name}.json", by_time) for name in FIGURES if (results / f"{name}.json").exists()]
    target = folder / "benchmarks.md"
    target.write_text(page(latest, runs, results.name), encoding="utf-8")
    return target


def _stored(file: Path, runs: dict[str, Run]) -> tuple[Figure, Run]:
    data = json.loads(file.read_text(encoding="utf-8"))
    return Figure.from_json(data["figure"]), runs[data["run"]]


def _summary(figure: Figure) -> str:
    lines = [" | ".join(cell for cell in row) for table in figure.tables for row in table.rows]
    goals = [f"{'met' if goal.is_met else 'MISSED'}: {goal.text} ({goal.got:.2f} {goal.unit})" for goal in figure.goals]
    return "\n".join([*lines, *goals])


if __name__ == "__main__":
    with told_plainly():
        main()
