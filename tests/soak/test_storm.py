"""Many Creates at once; `make soak` has 490 of them."""

from soak.storm import simulated_storm, storm


def test_storm_of_creates_in_processes_of_their_own_ends_with_one_pipeline_each() -> None:
    result = storm(creates=30, rate=4, seed=4)
    assert result.failures == []
    assert result.faults["CallRateLimitExceededException"] > 0


def test_storm_on_a_clock_of_its_own_ends_within_the_function_s_time() -> None:
    # As many for each request a second as `make soak` has: 490 for 5.
    result = simulated_storm(creates=98, rate=1, seed=4)
    assert result.failures == []
