"""What was measured, kept beside the page that is made of it."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from imagebuilder_bench import history
from imagebuilder_bench.figure import Figure
from imagebuilder_bench.figures import FIGURES
from imagebuilder_bench.history import Run
from imagebuilder_bench.machine import commit, machine, versions
from imagebuilder_bench.page import page


def write(figures: Sequence[Figure], folder: Path) -> Path:
    """Put the figures in place of their earlier selves, add the run to the history, and write the page anew."""
    results = folder / "benchmarks"
    results.mkdir(parents=True, exist_ok=True)
    values = {f"{figure.id}/{name}": value for figure in figures for name, value in figure.values.items()}
    run = Run(datetime.now(UTC).isoformat(timespec="seconds"), commit(), machine(), versions(), values)
    history.append(results / "history.jsonl", run)
    for figure in figures:
        stored = {"run": run.at, "figure": figure.as_json()}
        (results / f"{figure.id}.json").write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")
        for name, picture in figure.pictures.items():
            (results / name).write_text(picture, encoding="utf-8")
    target = folder / "benchmarks.md"
    target.write_text(page_of(results), encoding="utf-8")
    return target


def page_of(results: Path) -> str:
    """Return the page on what is kept in a folder."""
    runs = history.read(results / "history.jsonl")
    by_time = {run.at: run for run in runs}
    latest = [_stored(results / f"{name}.json", by_time) for name in FIGURES if (results / f"{name}.json").exists()]
    return page(latest, runs, results.name)


def _stored(file: Path, runs: dict[str, Run]) -> tuple[Figure, Run]:
    data = json.loads(file.read_text(encoding="utf-8"))
    return Figure.from_json(data["figure"]), runs[data["run"]]
