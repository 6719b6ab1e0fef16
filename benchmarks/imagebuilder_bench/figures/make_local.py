"""How long `make local` takes when all is set up."""

import os
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from imagebuilder_bench.bench import Bench
from imagebuilder_bench.figure import Figure, Goal, Table
from imagebuilder_bench.paths import BENCH, ROOT
from imagebuilder_bench.stats import Sample
from imagebuilder_bench.svg import bars
from imagebuilder_local.steps import run

_WHY_MISSED: Final = "The table says which step takes the time."
_TOTAL: Final = "all of it"
_REST: Final = "make itself, and whether all is set up"

_HOW: Final = """\
What `make local` does with everything set up and no local cloud running, from the command to the pipeline shown by the
AWS CLI: its check of the set-up in this clone, and its deployment in a folder that has a local cloud of its own. The
steps and their seconds are those that it prints. The cloud is stopped, and its state forgotten, between two runs."""


def measure(bench: Bench) -> Figure:
    """Deploy and stop, again and again."""
    project = _project(BENCH / "project")
    taken: list[dict[str, float]] = []
    for number_of_run in range(-1, 2 if bench.quick else bench.rounds):
        steps = _deploy(project)
        if number_of_run >= 0:
            taken.append(steps)
    samples = {title: Sample(tuple(steps.get(title, 0.0) for steps in taken)) for title in taken[0]}
    whole = samples[_TOTAL]
    rows = tuple(
        (
            title,
            f"{sample.median:.1f}",
            "{:.1f} – {:.1f}".format(*sample.quartiles),
            f"{sample.median / whole.median:.0%}",
        )
        for title, sample in samples.items()
    )
    return Figure(
        id="make-local",
        title="`make local`, warm",
        how=_HOW,
        tables=(Table(("step", "median, s", "middle half", "part of it"), rows),),
        goals=(Goal("under 25 s", whole.median, 25.0, _WHY_MISSED, "s"),),
        pictures={"make-local.svg": bars("make local, warm", samples, "s", 1, 1)},
        values={title: sample.median for title, sample in samples.items()},
    )


def _project(folder: Path) -> Path:
    """Make a folder with the example app that has a local cloud of its own: the clone's may be in use."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in (".venv", ".venv-aws", "node_modules"):
        (folder / name).symlink_to(ROOT / name)
    for name in ("app.py", "cdk.json"):
        shutil.copy(ROOT / name, folder)
    return folder


def _deploy(project: Path) -> dict[str, float]:
    # What this program was started with is not a person's shell.
    environment = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "MAKEFLAGS"}}
    local = [str(ROOT / ".venv" / "bin" / "python"), "-m", "imagebuilder_local"]
    started = time.monotonic()
    # Set-up works on the clone and never through the links of the folder: it may empty what it makes anew.
    run(["make", "--no-print-directory", "setup"], folder=ROOT, environment=environment)
    try:
        printed = run([*local, "deploy"], folder=project, environment=environment)
        whole = time.monotonic() - started
    finally:
        run([*local, "down"], folder=project, environment=environment)
        shutil.rmtree(project / ".local" / "cloud", ignore_errors=True)
    steps = dict(_steps(printed))
    return {_TOTAL: whole, **steps, _REST: whole - sum(steps.values())}


def _steps(printed: str) -> Iterator[tuple[str, float]]:
    """Yield the steps that were printed, with their seconds."""
    title = ""
    for line in printed.splitlines():
        if line.startswith("==> "):
            title = line.removeprefix("==> ")
        elif title and (seconds := re.fullmatch(r" {4}([0-9.]+) s", line)):
            yield title, float(seconds[1])
            title = ""
