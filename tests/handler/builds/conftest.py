"""The function and its watcher in this process, with a pipeline to run and a clock that goes on with the waits."""

from collections.abc import Iterator
from functools import partial

import pytest
from support.building import FAILING_REGION, SECONDS_PER_STATE
from support.clock import AdvancingClock
from support.cloudformation import Resource, ResponseServer
from support.environment import client_here, new_handler
from support.waiting import StateMachines, Waiting

from imagebuilder_local.emulator import ImageBuilder
from imagebuilder_pipeline_handler.watcher import Watcher


@pytest.fixture(scope="session")
def all_machines() -> Iterator[StateMachines]:
    with StateMachines() as machines:
        yield machines


@pytest.fixture
def machines(all_machines: StateMachines, monkeypatch: pytest.MonkeyPatch) -> StateMachines:
    all_machines.reset()
    monkeypatch.setenv("AWS_ENDPOINT_URL_SFN", all_machines.url)
    return all_machines


@pytest.fixture
def clock() -> AdvancingClock:
    return AdvancingClock()


@pytest.fixture
def service(clock: AdvancingClock) -> ImageBuilder:
    """Image Builder with a recipe whose build takes nine minutes, by the clock that the waits advance."""
    service = ImageBuilder(
        clock=lambda: clock.now().timestamp(),
        seconds_per_state=SECONDS_PER_STATE,
        failing_regions={FAILING_REGION},
    )
    service.register(service.arn("image-recipe/golden/1.0.2"), components=[])
    service.register(service.arn("container-recipe/golden/1.0.2"))
    service.register(service.arn("infrastructure-configuration/golden"))
    return service


@pytest.fixture
def pipeline(service: ImageBuilder, resource: Resource) -> str:
    """A pipeline of the stack; its ARN."""
    made = resource.create(
        Name="golden",
        ImageRecipeArn=service.arn("image-recipe/golden/1.0.2"),
        InfrastructureConfigurationArn=service.arn("infrastructure-configuration/golden"),
    )
    return str(made["PhysicalResourceId"])


@pytest.fixture
def build(responses: ResponseServer, machines: StateMachines, clock: AdvancingClock, pipeline: str) -> Waiting:
    del pipeline
    return waiting("Custom::ImagePipelineBuild", "Build", responses, machines, clock)


@pytest.fixture
def image(responses: ResponseServer, machines: StateMachines, clock: AdvancingClock) -> Waiting:
    return waiting("Custom::ImagePipelineImage", "Part2", responses, machines, clock)


def waiting(
    resource_type: str, logical_id: str, responses: ResponseServer, machines: StateMachines, clock: AdvancingClock
) -> Waiting:
    return Waiting(
        new_handler(clock=clock),
        responses,
        logical_id,
        resource_type=resource_type,
        machines=machines,
        look=Watcher(partial(client_here, clock.timeouts), clock=clock),
        clock=clock,
    )
