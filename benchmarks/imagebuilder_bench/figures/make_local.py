"""Time of `make local` when everything is set up."""

import os
import re
import shutil
import time
from pathlib import Path
from typing import Final

from imagebuilder_bench.bench import Bench
from imagebuilder_bench.figure import Figure, Goal, Sample, Table
from imagebuilder_bench.paths import BENCH, ROOT
from imagebuilder_bench.svg import bars
from imagebuilder_local.steps import run

_TOTAL: Final = "total"

_HOW: Final = """\
`make local` with everything set up and no local cloud running, from the command to the pipeline shown by the AWS CLI.
The check of the set-up runs in this clone, the deployment in a folder with a local cloud of its own. The seconds of the
steps are those that it prints. Between runs the cloud is stopped and its state deleted."""


def measure(bench: Bench) -> Figure:
    """Deploy and stop in each round."""
    project = _project(BENCH / "project")
    _deploy(project)
    taken = [_deploy(project) for _ in range(2 if bench.quick else bench.rounds)]
    samples = {title: Sample(tuple(steps.get(title, 0.0) for steps in taken)) for title in taken[0]}
    total = samples[_TOTAL].median
    rows = tuple(
        (
            title,
            f"{sample.median:.1f}",
            "{:.1f} – {:.1f}".format(*sample.quartiles),
            f"{sample.median / total:.0%}",
        )
        for title, sample in samples.items()
    )
    return Figure(
        id="make-local",
        title="`make local`, warm",
        how=_HOW,
        tables=(Table(("step", "median, s", "quartiles", "of the total"), rows),),
        goals=(Goal("under 25 s", total, 25.0, "The table shows which step takes the time.", "s", id="seconds"),),
        picture=bars("make local, warm", samples, "s", 1, 1),
    )


def _project(folder: Path) -> Path:
    """Create a folder with the example app and a local cloud of its own: the clone's may be in use."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in (".venv", ".venv-aws", "node_modules"):
        (folder / name).symlink_to(ROOT / name)
    for name in ("app.py", "cdk.json"):
        shutil.copy(ROOT / name, folder)
    return folder


def _deploy(project: Path) -> dict[str, float]:
    # A person's shell does not have what this program was started with.
    environment = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "MAKEFLAGS"}}
    local = [str(ROOT / ".venv" / "bin" / "python"), "-m", "imagebuilder_local"]
    started = time.monotonic()
    # In the clone: set-up refuses to write through the folder's links.
    run(["make", "--no-print-directory", "setup"], folder=ROOT, environment=environment)
    try:
        printed = run([*local, "deploy"], folder=project, environment=environment)
        total = time.monotonic() - started
    finally:
        run([*local, "down"], folder=project, environment=environment)
        shutil.rmtree(project / ".local" / "cloud", ignore_errors=True)
    printed_steps = re.findall(r"^==> (.+)\n(?:(?!==> ).*\n)*?    ([0-9.]+) s$", printed, re.MULTILINE)
    steps = {title: float(seconds) for title, seconds in printed_steps}
    return {_TOTAL: total, **steps, "make and the check of the set-up": total - sum(steps.values())}
