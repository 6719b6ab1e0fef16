"""Values of earlier runs stay beside the new ones."""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from imagebuilder_bench.figure import Figure, Goal
from imagebuilder_bench.measurement import Earlier, Measurement, load, store
from imagebuilder_bench.page import write_page
from imagebuilder_bench.run import Run

RESULTS = Path(__file__).parents[2] / "docs" / "benchmarks"


def run(day: int, *, quick: bool = False) -> Run:
    return Run(f"2026-01-0{day}T12:00:00+00:00", f"commit{day}", {"CPU": f"cpu{day}"}, {}, quick)


def measured(day: int, got: float, *, quick: bool = False, text: str = "fast", limit: float = 1.0) -> Measurement:
    goal = Goal(text, got, limit, "", id="speed")
    return Measurement(run(day, quick=quick), Figure("memory", "Memory", "How.", (), (goal,)))


def goals_row(folder: Path, measurements: Sequence[Measurement]) -> str:
    for measurement in measurements:
        store(measurement, folder / "benchmarks")
    (row,) = (line for line in write_page(folder).read_text().splitlines() if line.startswith("| [Memory](#memory)"))
    return row


def test_first_run_has_none_before(tmp_path: Path) -> None:
    assert goals_row(tmp_path, [measured(1, 4.0)]).endswith("| fast | 4.00 × |  |  | **missed** |")


def test_value_stands_beside_the_one_before_and_the_first(tmp_path: Path) -> None:
    row = goals_row(tmp_path, [measured(1, 4.0), measured(2, 3.0), measured(3, 0.9)])
    assert row.endswith("| fast | 0.90 × | 3.00 × | 4.00 × | met |")


def test_history_has_the_date_the_commit_and_the_cpu_of_each_run_newest_first(tmp_path: Path) -> None:
    goals_row(tmp_path, [measured(1, 4.0), measured(2, 3.0), measured(3, 0.9)])
    assert (
        "| earlier run | commit | CPU | fast |\n"
        "|---|---:|---:|---:|\n"
        "| 2026-01-02 | commit2 | cpu2 | 3.00 × |\n"
        "| 2026-01-01 | commit1 | cpu1 | 4.00 × |\n"
    ) in (tmp_path / "benchmarks.md").read_text()


def test_history_follows_the_id_of_a_goal_whose_text_and_limit_change(tmp_path: Path) -> None:
    row = goals_row(
        tmp_path, [measured(1, 4.8, text="at most 1.1", limit=1.1), measured(2, 1.9, text="at most 2.0", limit=2)]
    )
    assert row.endswith("| at most 2.0 | 1.90 × | 4.80 × | 4.80 × | met |")


def test_goal_that_is_new_has_no_value_before(tmp_path: Path) -> None:
    new = measured(2, 3.0)
    new = replace(new, figure=replace(new.figure, goals=(Goal("small", 2.0, 3.0, "", id="size"),)))
    assert goals_row(tmp_path, [measured(1, 4.0), new]).endswith("| small | 2.00 × |  |  | met |")
    # The value of the goal that is gone stays stored.
    assert load_history(tmp_path) == (Earlier("2026-01-01T12:00:00+00:00", "commit1", "cpu1", {"speed": 4.0}),)


def test_quick_run_is_not_part_of_the_history_and_loses_none_of_it(tmp_path: Path) -> None:
    goals_row(
        tmp_path, [measured(1, 4.0), measured(2, 9.0, quick=True), measured(3, 8.0, quick=True), measured(4, 3.0)]
    )
    assert load_history(tmp_path) == (Earlier("2026-01-01T12:00:00+00:00", "commit1", "cpu1", {"speed": 4.0}),)


def load_history(folder: Path) -> tuple[Earlier, ...]:
    stored = load("memory", folder / "benchmarks")
    assert stored is not None
    return stored.history


@pytest.mark.parametrize("name", sorted(file.stem for file in RESULTS.glob("*.json")))
def test_values_of_the_page_stay_when_the_figure_is_measured_again(name: str, tmp_path: Path) -> None:
    shutil.copy(RESULTS / f"{name}.json", tmp_path)
    before = load(name, tmp_path)
    assert before is not None
    ids = [goal.id for goal in before.figure.goals]
    assert len(ids) == len(set(ids)) > 0
    again = store(replace(before, run=run(9)), tmp_path)
    assert load(name, tmp_path) == replace(again, figure=replace(again.figure, picture=""))
    if before.run.quick:
        assert again.history == before.history
        return
    *earlier, latest = again.history
    assert tuple(earlier) == before.history
    at, commit, cpu = before.run.at, before.run.commit, before.run.machine["CPU"]
    assert latest == Earlier(at, commit, cpu, {goal.id: goal.got for goal in before.figure.goals})
