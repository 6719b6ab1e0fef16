"""A world of its own for each test."""

from collections import Counter
from collections.abc import Iterator

import pytest
from support.function import Function
from support.simulation import Simulation
from support.stack import CloudFormation, Stack

from imagebuilder_local.emulator import ImageBuilder
from soak.templates import new_service


@pytest.fixture
def simulation() -> Simulation:
    return Simulation(0)


@pytest.fixture
def service(simulation: Simulation) -> ImageBuilder:
    return new_service(clock=lambda: simulation.now, seconds_per_state=0)  # failed runs are counted at once


@pytest.fixture
def function(simulation: Simulation, service: ImageBuilder) -> Iterator[Function]:
    function = Function(simulation, service, Counter())
    with function.installed():
        yield function


@pytest.fixture
def stack(simulation: Simulation, function: Function) -> Stack:
    return Stack(CloudFormation(simulation, function, Counter()), "Blue")
