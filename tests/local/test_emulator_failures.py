"""Builds that fail on demand, through boto3."""

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from imagebuilder_local.emulator import ImageBuilder

OWN = "arn:aws:imagebuilder:us-east-1:000000000000:"
ARN = f"{OWN}image-pipeline/my-pipe"
IMAGE = f"{OWN}image/web/1.0.0/1"


def component(service: ImageBuilder, name: str, phase: str, command: str) -> str:
    step = {"name": "Harden", "action": "ExecuteBash", "inputs": {"commands": [command]}}
    arn = f"{OWN}component/{name}/1.0.0/1"
    service.register(arn, data=json.dumps({"phases": [{"name": phase, "steps": [step]}]}))
    return arn


def recipe(service: ImageBuilder, *components: str) -> None:
    service.register(f"{OWN}image-recipe/web/1.0.0", components=[{"componentArn": arn} for arn in components])


def run(client: Any, minimal: dict[str, Any], clock: SimpleNamespace, **more: Any) -> dict[str, Any]:
    """Run a pipeline and return its image when it has ended."""
    client.create_image_pipeline(**minimal | more)
    client.start_image_pipeline_execution(imagePipelineArn=ARN)
    clock.now += 60
    return dict(client.get_image(imageBuildVersionArn=IMAGE)["image"])


@pytest.mark.parametrize("phase", ["build", "validate", "test"])
def test_component_that_exits_fails_its_image_in_its_phase(
    client: Any, service: ImageBuilder, minimal: dict[str, Any], clock: SimpleNamespace, phase: str
) -> None:
    tests = phase == "test"
    failing = component(service, "harden", phase, "exit 3")
    recipe(service, component(service, "fine", phase, "true"), failing)
    image = run(client, minimal, clock)
    context = image["state"]["failureContext"]
    workflow, execution = context.pop("workflowExecutionId"), context.pop("stepExecutionId")
    assert (workflow[:3], execution[:5]) == ("wf-", "step-")
    assert image["state"] == {
        "status": "FAILED",
        "reason": f"Workflow Execution ID: '{workflow}' failed with reason: Document {failing} failed!",
        "failureContext": {
            "imageStatus": "TESTING" if tests else "BUILDING",
            "failedStep": "ApplyTestComponents" if tests else "ApplyBuildComponents",
            "componentFailure": {
                "componentArn": failing,
                "phaseName": phase,
                "stepName": "Harden",
                "action": "ExecuteBash",
                "errorMessage": "exit status 3",
            },
        },
    }
    assert image["outputResources"] == {"amis": []}
    (summary,) = client.list_image_pipeline_images(imagePipelineArn=ARN)["imageSummaryList"]
    assert summary["state"]["status"] == "FAILED"
    assert client.get_image_pipeline(imagePipelineArn=ARN)["imagePipeline"]["lastRunStatus"] == "FAILED"


def test_image_that_will_fail_builds_until_then(
    client: Any, service: ImageBuilder, minimal: dict[str, Any], clock: SimpleNamespace
) -> None:
    recipe(service, component(service, "harden", "test", "exit 1"))
    client.create_image_pipeline(**minimal)
    client.start_image_pipeline_execution(imagePipelineArn=ARN)
    seen = []
    for _ in range(5):
        seen.append(client.get_image(imageBuildVersionArn=IMAGE)["image"]["state"])
        clock.now += 2
    assert [state["status"] for state in seen] == ["PENDING", "CREATING", "BUILDING", "TESTING", "FAILED"]
    assert [set(state) for state in seen[:-1]] == [{"status"}] * 4


def test_build_phases_of_all_components_come_before_any_that_validates(
    client: Any, service: ImageBuilder, minimal: dict[str, Any], clock: SimpleNamespace
) -> None:
    first, second = component(service, "a", "validate", "exit 1"), component(service, "b", "build", "exit 2")
    recipe(service, first, second)
    failure = run(client, minimal, clock)["state"]["failureContext"]["componentFailure"]
    assert (failure["componentArn"], failure["errorMessage"]) == (second, "exit status 2")


def test_phase_that_tests_is_not_run_when_tests_are_disabled(
    client: Any, service: ImageBuilder, minimal: dict[str, Any], clock: SimpleNamespace
) -> None:
    recipe(service, component(service, "harden", "test", "exit 1"))
    image = run(client, minimal, clock, imageTestsConfiguration={"imageTestsEnabled": False})
    assert image["state"] == {"status": "AVAILABLE"}


def test_version_of_a_component_with_wildcards_is_the_newest(
    client: Any, service: ImageBuilder, minimal: dict[str, Any], clock: SimpleNamespace
) -> None:
    failing = component(service, "harden", "build", "exit 1")
    recipe(service, f"{OWN}component/harden/x.x.x")
    context = run(client, minimal, clock)["state"]["failureContext"]
    assert context["componentFailure"]["componentArn"] == failing


def test_component_of_another_account_does_not_fail(
    client: Any, service: ImageBuilder, minimal: dict[str, Any], clock: SimpleNamespace
) -> None:
    recipe(service, "arn:aws:imagebuilder:us-east-1:aws:component/update-linux/x.x.x")
    assert run(client, minimal, clock)["state"]["status"] == "AVAILABLE"


def test_workflow_of_the_pipeline_names_the_step_that_failed(
    client: Any, service: ImageBuilder, minimal: dict[str, Any], clock: SimpleNamespace
) -> None:
    workflow = f"{OWN}workflow/build/mine/1.0.0/1"
    steps = [{"name": "Launch", "action": "LaunchInstance"}, {"name": "Apply", "action": "ExecuteComponents"}]
    service.register(workflow, data=json.dumps({"steps": steps}))
    recipe(service, component(service, "harden", "build", "exit 1"))
    workflows = [{"workflowArn": f"{OWN}workflow/build/mine/1.0.0"}]
    context = run(client, minimal, clock, workflows=workflows, executionRole="builder")["state"]["failureContext"]
    assert (context["workflowArn"], context["failedStep"]) == (workflow, "Apply")


@pytest.fixture
def failing_regions(connect: Callable[..., Any], clock: SimpleNamespace) -> Callable[..., Any]:
    def connected(*regions: str) -> Any:
        service = ImageBuilder(strict_references=False, clock=lambda: clock.now, failing_regions=regions)
        everywhere = [{"region": region} for region in ("us-east-1", "eu-west-1", "ap-south-1")]
        service.register(f"{OWN}distribution-configuration/world", distributions=everywhere)
        return connect(service)

    return connected


def test_region_that_is_told_to_fail_fails_the_distribution_and_the_others_have_their_amis(
    failing_regions: Callable[..., Any], minimal: dict[str, Any], clock: SimpleNamespace
) -> None:
    client = failing_regions("eu-west-1", "eu-north-1")
    image = run(client, minimal, clock, distributionConfigurationArn=f"{OWN}distribution-configuration/world")
    state = image["state"]
    assert state["status"] == "FAILED"
    assert state["reason"].startswith("Distribution failed with JobId '")
    assert state["reason"].endswith(f"', status = 'Failed' for ARN '{IMAGE}'.")
    message = "The local cloud was told that distribution to this Region fails"
    assert state["failureContext"] == {
        "imageStatus": "DISTRIBUTING",
        "distributionFailure": {
            "errorMessage": f"In region 'eu-west-1' - '{message}'",
            "regionFailures": [{"region": "eu-west-1", "status": "FAILED", "errorMessage": message}],
        },
    }
    assert [ami["region"] for ami in image["outputResources"]["amis"]] == ["us-east-1", "ap-south-1"]


def test_pipeline_that_does_not_distribute_to_the_region_does_not_fail(
    failing_regions: Callable[..., Any], minimal: dict[str, Any], clock: SimpleNamespace
) -> None:
    assert run(failing_regions("eu-west-1"), minimal, clock)["state"]["status"] == "AVAILABLE"


def test_environment_tells_which_regions_fail(
    monkeypatch: pytest.MonkeyPatch, minimal: dict[str, Any], connect: Any, clock: SimpleNamespace
) -> None:
    monkeypatch.setenv("IMAGEBUILDER_LOCAL_FAILING_REGIONS", "eu-west-1, us-east-1")
    client = connect(ImageBuilder(strict_references=False, clock=lambda: clock.now))
    failures = run(client, minimal, clock)["state"]["failureContext"]["distributionFailure"]["regionFailures"]
    assert [failure["region"] for failure in failures] == ["us-east-1"]


@pytest.mark.parametrize("text", ["eu-west-1,", "EU", "eu-west-1;us-east-1"])
def test_what_is_no_region_in_the_environment_is_one_error(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("IMAGEBUILDER_LOCAL_FAILING_REGIONS", text)
    with pytest.raises(ValueError, match=r".") as error:
        ImageBuilder()
    assert str(error.value) == (
        f"invalid IMAGEBUILDER_LOCAL_FAILING_REGIONS: got {text!r}, allowed are Regions with commas between them"
    )


def test_failures_of_scheduled_runs_count_when_the_run_ends_and_those_by_hand_do_not(
    client: Any, service: ImageBuilder, minimal: dict[str, Any], clock: SimpleNamespace
) -> None:
    recipe(service, component(service, "harden", "build", "exit 1"))
    schedule = {"scheduleExpression": "rate(1 day)", "autoDisablePolicy": {"failureCount": 2}}
    client.create_image_pipeline(**minimal, schedule=schedule)
    seen = []
    for by_hand in (False, True, False):
        _ = client.start_image_pipeline_execution(imagePipelineArn=ARN) if by_hand else service.run_on_schedule(ARN)
        for seconds in (5, 55):
            clock.now += seconds
            pipeline = client.get_image_pipeline(imagePipelineArn=ARN)["imagePipeline"]
            seen.append((pipeline["consecutiveFailures"], pipeline["status"]))
    assert seen == [
        (0, "ENABLED"),
        (1, "ENABLED"),
        (1, "ENABLED"),
        (1, "ENABLED"),
        (1, "ENABLED"),
        (2, "DISABLED"),
    ]


def test_cancelled_run_neither_counts_nor_resets(
    client: Any, service: ImageBuilder, minimal: dict[str, Any], clock: SimpleNamespace
) -> None:
    client.create_image_pipeline(**minimal)
    service.run_on_schedule(ARN, fails=True)
    clock.now += 60
    image = service.run_on_schedule(ARN)
    client.cancel_image_creation(imageBuildVersionArn=image)
    clock.now += 60
    assert client.get_image_pipeline(imagePipelineArn=ARN)["imagePipeline"]["consecutiveFailures"] == 1


def test_run_of_a_pipeline_that_is_gone_does_not_count_for_another_of_its_name(
    client: Any, service: ImageBuilder, minimal: dict[str, Any], clock: SimpleNamespace
) -> None:
    client.create_image_pipeline(**minimal)
    service.run_on_schedule(ARN, fails=True)
    client.delete_image_pipeline(imagePipelineArn=ARN)
    clock.now += 1
    client.create_image_pipeline(**minimal)
    clock.now += 60
    assert client.get_image_pipeline(imagePipelineArn=ARN)["imagePipeline"]["consecutiveFailures"] == 0
