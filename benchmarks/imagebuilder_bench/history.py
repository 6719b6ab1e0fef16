"""What earlier runs gave: one line of JSON for each run, so that a regression is seen."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Run:
    """A run: when, of which commit, where, against whom, and its numbers by `figure/name`."""

    at: str
    commit: str
    machine: Mapping[str, str]
    versions: Mapping[str, str]
    values: Mapping[str, float]


def read(file: Path) -> list[Run]:
    """Return every run, the oldest first."""
    if not file.exists():
        return []
    return [Run(**json.loads(line)) for line in file.read_text(encoding="utf-8").splitlines() if line]


def append(file: Path, run: Run) -> None:
    """Add a run."""
    with file.open("a", encoding="utf-8") as lines:
        lines.write(json.dumps(asdict(run), sort_keys=True) + "\n")


def last_two(runs: list[Run], name: str) -> tuple[float | None, float | None]:
    """Return a number of the latest run that has it, and the one before."""
    found = [run.values[name] for run in runs if name in run.values]
    latest = found[-1] if found else None
    return latest, found[-2] if len(found) > 1 else None
