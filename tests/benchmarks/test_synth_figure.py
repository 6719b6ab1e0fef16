"""The synth figure: what it measures, and in how many processes."""

from collections.abc import Sequence

import pytest

from imagebuilder_bench.bench import Bench
from imagebuilder_bench.figures import synth as figure
from imagebuilder_bench.synths import L1, OURS, Template

SECONDS = {OURS: 2.0, L1: 1.0}


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """The processes that are started, each with the number of pipelines."""
    started: list[tuple[str, int]] = []

    def synth(kind: str, count: int) -> float:
        started.append((kind, count))
        return 0.1 + SECONDS.get(kind, 3.0) * count / 1000

    def warmed(kinds: Sequence[str], count: int) -> list[float]:
        started.append((" and ".join(kinds), count))
        return [SECONDS[kind] * 0.4 for kind in kinds]

    def template(_kind: str, count: int) -> Template:
        return Template(count, {str(number): {} for number in range(count)})

    for fake in (synth, warmed, template):
        monkeypatch.setattr(figure, fake.__name__, fake)
    return started


@pytest.mark.usefixtures("processes")
def test_goals_are_ours_over_l1_in_a_fresh_and_in_a_warmed_process() -> None:
    made = figure.measure(Bench(quick=False))
    assert {goal.text: round(goal.got, 2) for goal in made.goals} == {
        "at most 2.0 × L1's time at 490 pipelines": 1.83,
        "at most 2.0 × L1's time at 490 pipelines in a warmed process": 2.0,
        "at most 2.0 × L1's time per further pipeline": 2.0,
        "linear: a late pipeline costs at most 1.2 × an early one": 1.0,
        "resources per pipeline: 1": 1,
    }


def test_peers_with_a_goal_are_measured_in_each_number_and_the_others_in_the_largest(
    processes: list[tuple[str, int]],
) -> None:
    figure.measure(Bench(quick=False))
    numbers = {kind: {count for name, count in processes if name == kind} for kind, _ in processes}
    assert numbers == {
        OURS: {1, 100, 490},
        L1: {1, 100, 490},
        "alpha L2": {490},
        "AwsCustomResource": {490},
        f"{OURS} and {L1}": {490},
    }
    # A process takes about four seconds to start the CDK, and the figure at most six minutes.
    assert len(processes) <= 60


@pytest.mark.usefixtures("processes")
def test_rows_of_the_warmed_process_stand_last() -> None:
    (table,) = figure.measure(Bench(quick=True)).tables
    assert [row[:5] for row in table.rows[-2:]] == [
        (f"{OURS}, warmed process", "100", "0.80", "0.80 – 0.80", "1"),
        (f"{L1}, warmed process", "100", "0.40", "0.40 – 0.40", "1"),
    ]
    assert {len(row) for row in table.rows} == {len(table.header)}
