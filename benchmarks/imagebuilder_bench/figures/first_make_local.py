"""Time of the first `make local` in a fresh clone, beside plain pip's for the same packages."""

import os
import shutil
import sys
import time
from pathlib import Path
from typing import Final

from imagebuilder_bench.bench import Bench, in_turn
from imagebuilder_bench.figure import Figure, Goal, Sample, compared
from imagebuilder_bench.paths import BENCH, ROOT
from imagebuilder_bench.svg import bars
from imagebuilder_local.steps import run

_FIRST: Final = "make local"
_PIP: Final = "pip alone"
_CLONE: Final = BENCH / "first"
_PIP_FOLDER: Final = BENCH / "pip"
_ROUNDS: Final = 3
_OURS: Final = frozenset(
    {"PYTHONPATH", "MAKEFLAGS", "MAKELEVEL", "MFLAGS", "TMPDIR", "JSII_RUNTIME_PACKAGE_CACHE_ROOT"}
)
"""Variables that a person's shell does not have, and this program was started with."""

_HOW: Final = """\
`make local` in a fresh clone, from the command to the table of pipelines: it installs the Python packages, the AWS CLI
and the CDK CLI, starts the local cloud, bootstraps it and deploys the example. Beside it, what pip needs to install the
project's Python packages into an environment, without a cache. The time of both depends on the network. What a run
wrote and removed is on the disk before the next one starts."""


def measure(bench: Bench) -> Figure:
    """Set up in a fresh folder each time."""
    taken: dict[str, list[float]] = {_FIRST: [], _PIP: []}
    for name, counts in in_turn([*taken], 1 if bench.quick else _ROUNDS, warm_up=0):
        seconds = _make_local() if name == _FIRST else _pip()
        if counts:
            taken[name].append(seconds)
    samples = {name: Sample(tuple(values)) for name, values in taken.items()}
    why = "Most of it is the bootstrap and the deployment by the CDK CLI, whose time is not ours."
    return Figure(
        id="first-make-local",
        title="`make local`, fresh clone",
        how=_HOW,
        tables=(compared(samples, _FIRST, "s", 1, 1),),
        goals=(
            Goal("at most 45 s", samples[_FIRST].median, 45.0, why, "s", id="seconds"),
            Goal("at most 0.65 × pip alone", samples[_FIRST].over(samples[_PIP]), 0.65, why, id="pip"),
        ),
        picture=bars("First make local (less is better)", samples, "s", 1, 1),
    )


def _make_local() -> float:
    shutil.rmtree(_CLONE, ignore_errors=True)
    _run("git", "clone", "--quiet", str(ROOT), str(_CLONE), folder=ROOT)
    try:
        return _timed("make", "--no-print-directory", "local", folder=_CLONE)
    finally:
        _run("make", "--no-print-directory", "local-down", folder=_CLONE)
        shutil.rmtree(_CLONE, ignore_errors=True)


def _pip() -> float:
    shutil.rmtree(_PIP_FOLDER, ignore_errors=True)
    python: str = getattr(sys, "_base_executable", sys.executable)
    install = ["-m", "pip", "install", "--quiet", "--no-cache-dir", "--disable-pip-version-check", "--require-hashes"]
    try:
        seconds = _timed(python, "-m", "venv", str(_PIP_FOLDER), folder=ROOT)
        lock = ["--requirement", "requirements/dev.txt"]
        return seconds + _timed(str(_PIP_FOLDER / "bin" / "python"), *install, *lock, folder=ROOT)
    finally:
        shutil.rmtree(_PIP_FOLDER, ignore_errors=True)


def _timed(*command: str, folder: Path) -> float:
    # The run before wrote and removed gigabytes; this one must not wait for its writes.
    os.sync()
    started = time.monotonic()
    _run(*command, folder=folder)
    return time.monotonic() - started


def _run(*command: str, folder: Path) -> None:
    run(command, folder=folder, environment={name: text for name, text in os.environ.items() if name not in _OURS})
