"""Time of `make local` after a change of the app, beside the bare CDK CLI."""

import os
import re
import shutil
import time
from pathlib import Path
from typing import Final

from imagebuilder_bench.bench import Bench, in_turn
from imagebuilder_bench.figure import Figure, Goal, Sample, Table, at_most, compared
from imagebuilder_bench.paths import BENCH, ROOT
from imagebuilder_bench.svg import bars
from imagebuilder_local.cdk import ALL_STACKS, CDK
from imagebuilder_local.cloud import LocalCloud
from imagebuilder_local.cloud.environment import program_path
from imagebuilder_local.steps import run

_OURS: Final = "make local"
_BARE: Final = "cdk deploy"
_ROUNDS: Final = 8
_DESCRIPTION: Final = "patched weekly"
_WHY: Final = "The CDK CLI starts twice, since what it synthesised is checked before it is deployed."

_HOW: Final = """\
`make local` after a change of the example's pipeline, with the local cloud running, from the command to the table of
pipelines. The check of the set-up runs in this clone, the deployment in a folder with a local cloud of its own. Beside
it, `cdk deploy` of an equal app with an equal change, by the same CDK CLI to the same local cloud; it makes the CDK's
own check of the templates, which `make local` leaves out. The second table has the seconds that the steps of
`make local` print."""


def measure(bench: Bench) -> Figure:
    """Change and deploy both apps in turn."""
    ours, bare = _project(BENCH / "project"), _project(BENCH / "bare")
    # Both are in one account: components, recipes and configurations have names of their own.
    _edit(bare, r'"(GoldenImage|golden|harden)"', r'"\1-bare"')
    cloud = LocalCloud(ours / ".local" / "cloud")
    taken: dict[str, list[float]] = {_OURS: [], _BARE: []}
    steps: list[dict[str, float]] = []
    try:
        for number, (name, counts) in enumerate(in_turn([*taken], 2 if bench.quick else _ROUNDS)):
            if number == 0:
                _make_local(ours)
            _edit(ours if name == _OURS else bare, rf"{_DESCRIPTION}[^\"]*", f"{_DESCRIPTION}, change {number}")
            started = time.monotonic()
            found = _make_local(ours) if name == _OURS else _deploy(bare, cloud)
            seconds = time.monotonic() - started
            if counts:
                taken[name].append(seconds)
            if counts and name == _OURS:
                steps.append({**found, "make and the check of the set-up": seconds - sum(found.values())})
    finally:
        cloud.stop()
    samples = {name: Sample(tuple(values)) for name, values in taken.items()}
    of_steps = {title: Sample(tuple(one.get(title, 0.0) for one in steps)) for title in steps[0]}
    total = samples[_OURS].median
    rows = tuple(
        (title, f"{step.median:.1f}", "{:.1f} – {:.1f}".format(*step.quartiles), f"{step.median / total:.0%}")
        for title, step in of_steps.items()
    )
    return Figure(
        id="make-local",
        title="`make local`, something changed",
        how=_HOW,
        tables=(
            compared(samples, _OURS, "s", 1, 1),
            Table(("step", "median, s", "quartiles", "of the total"), rows),
        ),
        goals=(
            Goal("at most 7 s", total, 7.0, _WHY, "s", id="changed"),
            at_most(samples, _OURS, _BARE, id="cdk", limit=1.2, why_missed=_WHY),
        ),
        picture=bars("make local, something changed (less is better)", samples, "s", 1, 1),
    )


def _project(folder: Path) -> Path:
    """Create a folder with the example app, set up as the clone is: the clone's own local cloud may be in use."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in (".venv", ".venv-aws", "node_modules"):
        (folder / name).symlink_to(ROOT / name)
    for name in ("app.py", "cdk.json"):
        shutil.copy(ROOT / name, folder)
    return folder


def _edit(project: Path, old: str, new: str) -> None:
    app = project / "app.py"
    changed, count = re.subn(old, new, app.read_text(encoding="utf-8"))
    if not count:
        raise RuntimeError(f"{app} has no {old}")
    app.write_text(changed, encoding="utf-8")


def _make_local(project: Path) -> dict[str, float]:
    # A person's shell does not have what this program was started with.
    environment = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "MAKEFLAGS"}}
    # In the clone: set-up refuses to write through the folder's links.
    run(["make", "--no-print-directory", "setup"], folder=ROOT, environment=environment)
    local = [str(ROOT / ".venv" / "bin" / "python"), "-m", "imagebuilder_local", "deploy"]
    printed = run(local, folder=project, environment=environment)
    steps = re.findall(r"^==> (.+)\n(?:(?!==> ).*\n)*?    ([0-9.]+) s$", printed, re.MULTILINE)
    return {title: float(seconds) for title, seconds in steps}


def _deploy(project: Path, cloud: LocalCloud) -> dict[str, float]:
    environment = cloud.environment() | {"PATH": program_path(ROOT)}
    environment.pop("PYTHONPATH", None)
    # The app runs in the project's environment, not in that of the benchmarks.
    environment["PATH"] = f"{ROOT / '.venv' / 'bin'}{os.pathsep}{environment['PATH']}"
    run([*CDK, "deploy", *ALL_STACKS, "--require-approval", "never"], folder=project, environment=environment)
    return {}
