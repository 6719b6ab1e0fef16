"""Random sequences of events and faults, the same ones each time; `make soak` runs 10,000 steps, other ones each time."""

import logging

import pytest

from soak.run import run_machine, run_machine_of_builds, run_machine_of_processes


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    """Hypothesis prints what fails; a log of every event would bury it."""
    for name in ("imagebuilder_pipeline_handler", "imagebuilder_local"):
        caplog.set_level(logging.CRITICAL, name)


def test_no_sequence_of_events_and_faults_leaves_a_stack_stuck_or_a_pipeline_without_owner() -> None:
    figures = run_machine(steps=700, number=1)
    assert figures["events"] > 300
    assert figures["fault: killed"] > 10


def test_nor_does_one_that_processes_work_on_over_sockets() -> None:
    figures = run_machine_of_processes(steps=150, number=1)
    assert figures["deliveries by a process"] > 3


def test_nor_does_one_with_builds_leave_a_build_that_nobody_needs_or_a_resource_without_its_image() -> None:
    figures = run_machine_of_builds(steps=200, number=1)
    assert figures["executions"] > 20
    assert figures["deployments that must succeed"] > 5
