"""A run: it waits for an idle machine, keeps what it has measured, and fails if a limit is exceeded."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from imagebuilder_bench.__main__ import main
from imagebuilder_bench.bench import Bench, taken
from imagebuilder_bench.figure import Figure, Goal
from imagebuilder_bench.idle import busy_ticks, used_cores, wait_until_idle
from imagebuilder_bench.measurement import load
from imagebuilder_bench.measuring import measure_all
from imagebuilder_bench.run import Run
from imagebuilder_local.steps import StepError

RUN = Run("2026-01-01", "abc", {"CPU": "fast"}, {})
QUICK = Run("2026-01-01", "abc", {"CPU": "fast"}, {}, quick=True)


def figure(got: float, *, guards: bool, name: str = "memory") -> Figure:
    goal = Goal("at most 0.75 × crhelper style", got, 0.75, "It grew.", id="crhelper", guards=guards)
    return Figure(name, "Peak memory", "How.", (), (goal,))


def measure(folder: Path, got: float, *, guards: bool = True, run: Run = RUN) -> None:
    measure_all({"memory": lambda _bench: figure(got, guards=guards)}, run, folder, lambda: 0.02)


def readings(*values: float) -> Iterator[float]:
    yield from values
    pytest.fail("more samples than expected")


def test_ticks_that_are_busy_are_all_but_those_of_waiting_and_of_guests() -> None:
    #                      user nice system idle iowait irq softirq steal guest guest_nice
    assert busy_ticks("cpu  1 10 100 7000 7000 1000 10000 100000 7000 7000\ncpu0 9 9 9 9 9 9 9 9 9 9\n") == 111111


def test_used_cores_are_read_from_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("imagebuilder_bench.idle.SECONDS", 0.01)
    assert used_cores() >= 0


def test_idle_machine_is_measured_at_once() -> None:
    assert wait_until_idle(quick=False, sample=readings(0.03).__next__) == 0.03


def test_measuring_waits_for_other_processes_to_end() -> None:
    assert wait_until_idle(quick=False, sample=readings(1.5, 0.1, 0.09).__next__) == 0.09


def test_machine_that_stays_busy_for_a_minute_is_not_measured() -> None:
    with pytest.raises(StepError) as caught:
        wait_until_idle(quick=False, sample=readings(*[1.5] * 19, 1.234).__next__)
    assert str(caught.value) == (
        "the machine was not idle within 60 s: other processes used 1.23 cores for 3 s, allowed is less than 0.10; "
        "end them (`top` shows them) and measure again, or try QUICK=1, which leaves the page as it is"
    )


def test_quick_run_on_a_busy_machine_only_warns(capsys: pytest.CaptureFixture[str]) -> None:
    assert wait_until_idle(quick=True, sample=readings(1.5).__next__) == 1.5
    assert "warning: the machine is not idle: other processes used 1.50 cores" in capsys.readouterr().out


def test_each_figure_is_measured_after_a_check_and_stored_with_its_seconds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    order: list[str] = []

    def idle() -> float:
        order.append("check")
        return 0.04

    def measured(name: str) -> Figure:
        order.append(name)
        return figure(0.5, guards=True, name=name)

    measure_all({"memory": lambda _: measured("memory"), "storm": lambda _: measured("storm")}, RUN, tmp_path, idle)
    assert order == ["check", "memory", "check", "storm"]
    stored = load("storm", tmp_path / "benchmarks")
    assert stored is not None
    assert stored.others == 0.04
    assert stored.seconds is not None
    *_, memory, storm, together, written = capsys.readouterr().out.splitlines()
    assert [line.split()[1:] for line in (memory, storm, together)] == [
        ["s", "memory"],
        ["s", "storm"],
        ["s", "together"],
    ]
    assert written == f"written: {tmp_path / 'benchmarks.md'}"


def test_figures_before_one_that_fails_are_stored(tmp_path: Path) -> None:
    def fails(_bench: Bench) -> Figure:
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        measure_all({"memory": lambda _: figure(0.5, guards=True), "storm": fails}, RUN, tmp_path, lambda: 0.0)
    assert "0.50 ×" in (tmp_path / "benchmarks.md").read_text()


def test_run_that_exceeds_a_guard_fails_after_the_page_is_written(tmp_path: Path) -> None:
    with pytest.raises(StepError) as caught:
        measure(tmp_path, 0.8)
    assert str(caught.value) == (
        "limits that guard against regressions are exceeded:\n"
        "- Peak memory: got 0.80 ×, allowed is at most 0.75 × crhelper style\n"
        "find the change since the earlier runs on the page, and undo it or raise the limit in "
        "benchmarks/imagebuilder_bench/figures with the reason"
    )
    page = (tmp_path / "benchmarks.md").read_text()
    assert "| at most 0.75 × crhelper style | 0.80 × |  |  | **exceeded** |" in page
    assert "- **Limit exceeded**: at most 0.75 × crhelper style. Measured 0.80 ×. It grew." in page


def test_run_that_keeps_its_guards_or_misses_a_goal_does_not_fail(tmp_path: Path) -> None:
    measure(tmp_path, 0.75)
    page = (tmp_path / "benchmarks.md").read_text()
    assert "| 0.75 × |  |  | kept |" in page
    assert "- Limit kept: at most 0.75 × crhelper style. Measured 0.75 ×." in page
    measure(tmp_path, 0.8, guards=False)


def test_quick_run_that_exceeds_a_guard_only_warns(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    measure(tmp_path, 0.8, run=QUICK)
    assert "warning: limits are exceeded" in capsys.readouterr().out


def test_values_of_a_warm_up_do_not_count() -> None:
    asked: list[str] = []

    def take(name: str) -> int:
        asked.append(name)
        return len(asked)

    assert taken(["a", "b"], take, rounds=2) == {"a": [3, 6], "b": [4, 5]}
    assert asked == ["b", "a", "a", "b", "b", "a"]


def test_page_is_written_without_measuring(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    docs = Path(__file__).parents[2] / "docs"
    shutil.copytree(docs / "benchmarks", tmp_path / "benchmarks")
    main(["--page"], docs=tmp_path)
    assert capsys.readouterr().out == f"written: {tmp_path / 'benchmarks.md'}\n"
    assert (tmp_path / "benchmarks.md").read_text("utf-8") == (docs / "benchmarks.md").read_text("utf-8")
