"""What the machine found, each in as few steps as it takes."""

from typing import Any

import pytest
from support.function import Function, Outage, Plan
from support.simulation import EPOCH, Simulation
from support.stack import Stack, Template

from imagebuilder_local.emulator import ImageBuilder
from soak.templates import MISSING_RECIPE, OWN, REGISTERED, properties_of

MINIMAL = {
    "name": "golden",
    "imageRecipeArn": OWN + REGISTERED[0],
    "infrastructureConfigurationArn": OWN + REGISTERED[4],
}
GARBLED = {"status": 200, "body": "<html>"}
THROTTLED = "CallRateLimitExceededException"
DENIED = {"code": "AccessDeniedException", "status": 403}


@pytest.fixture
def deploy(simulation: Simulation, stack: Stack) -> Any:
    """Deploy one resource with these members beside the minimal ones, while this goes wrong; tell whether that worked."""

    def deployed(*plans: Plan, **members: Any) -> bool:
        outcome: list[bool] = []
        template: Template = {"Pipeline": properties_of(MINIMAL | members)}
        stack.waiting_plans.extend(plans)
        simulation.spawn(lambda: outcome.append(stack.deploy(template)))
        simulation.run()
        return outcome == [True]

    return deployed


@pytest.mark.parametrize("fault", [THROTTLED, "ResourceInUseException"])
def test_create_that_was_killed_and_then_only_turned_away_leaves_no_pipeline(
    function: Function, service: ImageBuilder, deploy: Any, fault: Any
) -> None:
    # The first delivery dies when the call has taken effect; until the second has no time left, nobody listens to it.
    function.outages.append(Outage(fault, EPOCH + 400, begins=EPOCH + 30))
    assert not deploy(Plan(kills=[4]))
    assert next(call.operation for call in service.calls() if call.error is None) == "CreateImagePipeline"
    assert service.pipelines() == []


def test_rollback_of_an_update_that_disabled_the_pipeline_enables_it_again(service: ImageBuilder, deploy: Any) -> None:
    assert deploy()
    # The update is done and answered, and the answer is not taken: the event fails, and is rolled back.
    assert not deploy(Plan(is_deaf=True), status="DISABLED")
    assert service.pipelines()[0]["status"] == "ENABLED"


def test_status_that_the_template_no_longer_gives_is_reset(service: ImageBuilder, deploy: Any) -> None:
    assert deploy(status="DISABLED")
    assert deploy()
    assert service.pipelines()[0]["status"] == "ENABLED"


def test_status_that_the_service_set_outlives_an_update_that_fails(service: ImageBuilder, deploy: Any) -> None:
    schedule = {"scheduleExpression": "rate(1 day)", "autoDisablePolicy": {"failureCount": 1}}
    assert deploy(schedule=schedule)
    service.run_on_schedule(service.pipelines()[0]["arn"], fails=True)
    assert not deploy(schedule=schedule, **MISSING_RECIPE)
    assert service.pipelines()[0]["status"] == "DISABLED"


def test_denials_with_other_trouble_between_them_are_no_lasting_denial(service: ImageBuilder, deploy: Any) -> None:
    # Nobody hears of the Create; its Delete is denied once, hangs for longer than denials are waited out, is denied again.
    assert not deploy(Plan(is_deaf=True), Plan(calls=[DENIED, "hang", "hang", DENIED]))
    assert service.pipelines() == []


def test_delete_that_a_proxy_answered_is_not_done(
    simulation: Simulation, stack: Stack, service: ImageBuilder, deploy: Any
) -> None:
    assert deploy()
    stack.waiting_plans.append(Plan(calls=[{"delay": 0.0}, GARBLED]))
    simulation.spawn(stack.delete)
    simulation.run()
    assert (stack.is_stable, service.pipelines()) == (True, [])


def test_update_that_a_proxy_answered_is_not_done(service: ImageBuilder, deploy: Any) -> None:
    assert deploy()
    assert deploy(Plan(calls=[{"delay": 0.0}, GARBLED]), description="other")
    assert service.pipelines()[0]["description"] == "other"


def test_update_that_only_a_proxy_answers_fails(service: ImageBuilder, deploy: Any) -> None:
    assert deploy()
    assert not deploy(Plan(calls=[{"delay": 0.0}, *[GARBLED] * 20]), description="other")
    assert "description" not in service.pipelines()[0]


def test_event_that_was_answered_out_of_time_is_not_delivered_again(
    function: Function, service: ImageBuilder, simulation: Simulation, stack: Stack, deploy: Any
) -> None:
    # A function that does not end is invoked once more, which would make what the stack has been rolled back from.
    service.call("CreateImagePipeline", {**MINIMAL, "tags": {"theirs": "x"}, "clientToken": "by hand"})
    function.outages.append(Outage("hang", EPOCH + 400))
    assert not deploy(AdoptExisting=True)
    assert [pipeline["tags"] for pipeline in service.pipelines()] == [{"theirs": "x"}]
    assert [call.operation for call in service.calls() if call.error is None].count("UpdateImagePipeline") == 0
