"""Many Creates at once; `make soak` has 490 of them."""

import pytest

from soak.storm import simulated_storm, storm


def test_storm_of_creates_in_processes_of_their_own_ends_with_one_pipeline_each() -> None:
    result = storm(creates=30, rate=4, seed=4)
    assert result.failures == []
    assert result.faults["CallRateLimitExceededException"] > 0


@pytest.mark.parametrize(("creates", "rate"), [(98, 1), (100, 1), (100, 4)])
def test_storm_on_a_clock_of_its_own_ends_within_the_function_s_time(creates: int, rate: float) -> None:
    # 98 for 1 are as many for each request a second as `make soak` has, 490 for 5. Of 100 the function knows the number.
    result = simulated_storm(creates, rate, seed=4)
    assert result.failures == []
