"""The pauses between the attempts of a request: by the kind of trouble, and by the number of pipelines if it is known."""

import random
from itertools import pairwise

import pytest

from imagebuilder_model.storms import PIPELINES_VARIABLE
from imagebuilder_pipeline_handler.imagebuilder.pauses import pause
from imagebuilder_pipeline_handler.runtime.clock import Clock


class LongestJitter(Clock):
    """Draws the longest pause of all."""

    def jitter(self, most: float) -> float:
        return most


class ShortestJitter(Clock):
    """Draws the shortest pause of all."""

    def jitter(self, most: float) -> float:
        return 0 * most


def bounds(attempts: int, throttled: float | None) -> tuple[float, float]:
    """Return the seconds of the shortest and of the longest pause, rounded."""
    shortest, longest = (pause(attempts, throttled, 288.0, clock()) for clock in (ShortestJitter, LongestJitter))
    return round(shortest, 6), round(longest, 6)


@pytest.mark.parametrize(
    ("throttled", "longest"),
    [(30.0, {1: 8, 2: 20, 3: 20, 1000: 20}), (None, {1: 1, 2: 2, 3: 4, 4: 8, 5: 10, 1000: 10})],
)
def test_pause_has_full_jitter_and_grows(
    throttled: float | None, longest: dict[int, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(PIPELINES_VARIABLE, raising=False)
    assert {attempts: bounds(attempts, throttled) for attempts in longest} == {
        attempts: (0, most) for attempts, most in longest.items()
    }


@pytest.mark.parametrize(
    ("number", "seconds"),
    [
        ("200", [(0, 3), (3, 10), (10, 11)]),
        ("490", [(0, 7.35), (7.35, 24.5), (24.5, 26.95)]),
        ("1000", [(0, 15), (15, 50), (50, 55)]),
        ("9999", [(0, 15), (15, 50), (50, 55)]),
    ],
)
def test_throttled_request_is_sent_once_in_each_window_of_a_known_number_of_pipelines(
    number: str, seconds: list[tuple[float, float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PIPELINES_VARIABLE, number)
    assert bounds(1, 0.0) == seconds[0]
    for attempts, ((start, end), following) in enumerate(pairwise(seconds), start=2):
        for throttled in (start + 0.01, end):
            sent = bounds(attempts, throttled)
            assert sent == pytest.approx((following[0] - throttled, following[1] - throttled), abs=1e-5)
    assert bounds(4, seconds[-1][0] + 0.01) == (0, 20)


@pytest.mark.parametrize(("room", "longest"), [(20.0, 20.0), (10.0, 10.0), (1.5, 1.5), (0.5, 20.0), (-1.0, 20.0)])
def test_pause_is_shortened_to_the_time_left_while_there_is_some(
    room: float, longest: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(PIPELINES_VARIABLE, raising=False)
    assert pause(3, 30.0, room, LongestJitter()) == longest


def test_number_of_pipelines_changes_no_pause_after_another_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PIPELINES_VARIABLE, "490")
    assert bounds(1, None) == (0, 1)


@pytest.mark.parametrize(
    "value", ["", " ", "0", "99", "-490", "+490", "4.9e2", "490 ", "490\n", "4_90", "many", "٤٩٠", "9" * 5000, "{}"]
)
def test_value_that_is_no_number_of_many_pipelines_counts_as_none(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PIPELINES_VARIABLE, value)
    assert [bounds(attempts, 0.0) for attempts in (1, 2)] == [(0, 8), (0, 20)]


def test_pauses_of_many_events_fill_a_window_evenly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PIPELINES_VARIABLE, "1000")
    random.seed(4)
    clock = Clock()
    sent = [5.0 + pause(2, 5.0, 288.0, clock) for _ in range(7000)]
    assert [round(sum(start <= moment < start + 5 for moment in sent), -2) for start in range(15, 50, 5)] == [1000] * 7
