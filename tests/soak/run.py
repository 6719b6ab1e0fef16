"""Runs the machine for so many steps."""

from collections import Counter
from typing import Any

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from soak.builds import Builds
from soak.machine import Machine, MachineOfProcesses
from soak.processes import Processes

_STEPS_OF_A_SEQUENCE = 25
_SEQUENCES_OF_A_ROUND = 40


def run_machine(steps: int, number: int) -> Counter[str]:
    """Run so many steps at least, everything in this process. A seed gives the same ones again."""
    return _run(Machine, steps, number)


def run_machine_of_processes(steps: int, number: int) -> Counter[str]:
    """Run so many steps, of which some are worked on by processes of their own."""
    with Processes() as processes:
        MachineOfProcesses.workers = processes.serve
        try:
            return _run(MachineOfProcesses, steps, number)
        finally:
            MachineOfProcesses.workers = None


def run_machine_of_builds(steps: int, number: int) -> Counter[str]:
    """Run so many steps with builds that a stack waits for."""
    return _run(Builds, steps, number)


def _run(machine: type[RuleBasedStateMachine], steps: int, number: int) -> Counter[str]:
    figures: Counter[str] = Counter()
    while figures["steps"] < steps:
        left = -(-(steps - figures["steps"]) // _STEPS_OF_A_SEQUENCE)
        _run_round(machine, min(_SEQUENCES_OF_A_ROUND, left), f"{number} {figures['rounds']}", figures)
        figures["rounds"] += 1
    return figures


def _run_round(machine: type[RuleBasedStateMachine], sequences: int, number: str, into: Counter[str]) -> None:
    chosen = settings(
        max_examples=sequences,
        stateful_step_count=_STEPS_OF_A_SEQUENCE,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
        phases=[Phase.generate, Phase.shrink],
        report_multiple_bugs=False,
    )
    # A class of its own for each round: the seed belongs to the class.
    of_this_round: Any = seed(number)(type(f"{machine.__name__}OfARound", (machine,), {"figures": into}))
    run_state_machine_as_test(of_this_round, settings=chosen)
