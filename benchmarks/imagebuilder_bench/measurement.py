"""The latest measurement of each figure, stored as JSON beside the page with the values of the runs before."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from imagebuilder_bench.figure import Figure, Goal, Table
from imagebuilder_bench.run import Run


@dataclass(frozen=True)
class Earlier:
    """The values of an earlier run by the id of their goal."""

    at: str
    commit: str
    cpu: str
    values: Mapping[str, float]


@dataclass(frozen=True)
class Measurement:
    """A figure and its run; the seconds that it took, the cores that others used before; earlier runs, oldest first.

    The seconds and the cores are None if the run did not record them.
    """

    run: Run
    figure: Figure
    seconds: float | None = None
    others: float | None = None
    history: tuple[Earlier, ...] = ()


def store(measurement: Measurement, folder: Path) -> Measurement:
    """Store a measurement in place of the one before, which goes to its history unless it is quick."""
    name = measurement.figure.id
    folder.mkdir(parents=True, exist_ok=True)
    before = load(name, folder)
    measurement = replace(measurement, history=_history(before) if before else ())
    data = asdict(measurement)
    if picture := data["figure"].pop("picture"):
        (folder / f"{name}.svg").write_text(picture, encoding="utf-8")
    (folder / f"{name}.json").write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    return measurement


def load(name: str, folder: Path) -> Measurement | None:
    """Return the stored measurement of a figure, without its picture; None if there is none."""
    file = folder / f"{name}.json"
    if not file.exists():
        return None
    data: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    figure = data["figure"]
    tables = tuple(Table(tuple(t["header"]), tuple(tuple(row) for row in t["rows"])) for t in figure["tables"])
    goals = tuple(Goal(**goal) for goal in figure["goals"])
    return Measurement(
        Run(**data["run"]),
        Figure(**figure | {"tables": tables, "goals": goals}),
        data["seconds"],
        data["others"],
        tuple(Earlier(**earlier) for earlier in data["history"]),
    )


def _history(before: Measurement) -> tuple[Earlier, ...]:
    run = before.run
    if run.quick:
        return before.history
    values = {goal.id: goal.got for goal in before.figure.goals}
    return (*before.history, Earlier(run.at, run.commit, run.machine["CPU"], values))
