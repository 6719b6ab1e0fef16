"""Amounts on the page of cost follow from the prices there, the state machine and the benchmarks."""

import json
import re
from pathlib import Path

import pytest

from cdk_imagebuilder_pipeline.provider.waiting import _definition

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "cost.md").read_text(encoding="utf-8")
REQUEST, GB_SECOND, TRANSITION = 0.20 / 1e6, 0.00001667, 0.025 / 1000


def number(pattern: str) -> float:
    (found,) = re.findall(pattern, PAGE)
    return float(found)


def memory_row() -> list[str]:
    figure = json.loads((ROOT / "docs/benchmarks/cold-start-256.json").read_text())["figure"]
    (row,) = (row for table in figure["tables"] for row in table["rows"] if row[0] == "256 MiB (default)")
    return [str(cell) for cell in row]


def test_first_event_costs_what_the_benchmark_measured() -> None:
    measured = float(memory_row()[3])
    assert number(r"takes \[([\d.]+) GB-seconds\]") == measured
    assert number(r"GB-seconds\]\(\S+\): ([\d.]+) ") == pytest.approx(REQUEST + measured * GB_SECOND, rel=0.2)


def test_waiting_for_a_build_costs_its_transitions() -> None:
    states = _definition("arn")["States"]
    assert isinstance(states, dict)
    looks = 40 * 60 / states["Wait"]["Seconds"]
    assert number(r"(\d+) looks of 3 transitions") == looks
    # Each look is a task, a choice and a wait.
    assert len(states) - 1 == 3
    assert number(r"(\d+) transitions, 0\.006") == looks * 3
    assert looks * 3 * TRANSITION == pytest.approx(0.006)
    watcher = number(r"\d+ calls: ([\d.]+) ")
    assert watcher == pytest.approx(looks * (REQUEST + float(memory_row()[5]) * GB_SECOND), rel=0.2)
