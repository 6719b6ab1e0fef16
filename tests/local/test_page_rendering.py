"""Builds and waiting events as the page's scripts render them, without a browser."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree.ElementTree import Element

import pytest
from support.building import FAILING
from support.rendering import called, rendered, text

from imagebuilder_local.emulator import ImageBuilder
from imagebuilder_local.page import Timeline, view
from imagebuilder_model.ownership import LOGICAL_ID_TAG, STACK_ID_TAG, WHAT_IS_BUILT_TAG

OWN = "arn:aws:imagebuilder:us-east-1:000000000000:"
ARN = f"{OWN}image-pipeline/my-pipe"
STACK = "arn:aws:cloudformation:us-east-1:000000000000:stack/Golden/0c9c6c1e"
TRIGGER = "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8"
TAGS = {STACK_ID_TAG: STACK, LOGICAL_ID_TAG: "Build", WHAT_IS_BUILT_TAG: TRIGGER}
MARKUP = '<script>window.pwned = 1</script><img src="x" onerror="window.pwned = 1">'


@pytest.fixture
def pipeline(client: Any, minimal: dict[str, Any]) -> Any:
    """A client of a service with a pipeline."""
    client.create_image_pipeline(**minimal)
    return client


def start(client: Any, **request: Any) -> str:
    return str(client.start_image_pipeline_execution(imagePipelineArn=ARN, **request)["imageBuildVersionArn"])


def shown(service: ImageBuilder) -> dict[str, Any]:
    """Return the only pipeline as the page gets it."""
    (pipeline,) = json.loads(json.dumps(view(Timeline(), service)))["pipelines"]
    return dict(pipeline)


def row(folder: Path, service: ImageBuilder, **more: Any) -> Element:
    return rendered(folder, "build", "buildRow", shown(service)["executions"][0] | more)


def walk(build: Element) -> list[tuple[str, str]]:
    """Return the states that a row shows, each with its mark: `step` for the current one, `ahead` or none."""
    (states,) = build.iterfind(".//ol[@class='walk']")
    return [(text(state).split()[0], state.get("aria-current") or state.get("class") or "") for state in states]


def facts(build: Element, label: str) -> dict[str, str]:
    (group,) = build.iterfind(f".//*[@aria-label='{label}']")
    return {text(pair[0]): text(pair[1]) for pair in group.iterfind(".//dl/div")}


def test_running_build_marks_its_state_among_those_passed_and_to_come(
    pipeline: Any, service: ImageBuilder, clock: SimpleNamespace, tmp_path: Path
) -> None:
    start(pipeline)
    clock.now += 5
    build = row(tmp_path, service)
    assert walk(build) == [
        ("PENDING", ""),
        ("CREATING", ""),
        ("BUILDING", "step"),
        ("TESTING", "ahead"),
        ("DISTRIBUTING", "ahead"),
        ("INTEGRATING", "ahead"),
        ("AVAILABLE", "ahead"),
    ]
    assert "BUILDING +4.00 s" in text(build)
    assert "TESTING (not yet)" in text(build)
    assert "manual" in text(build)
    assert not build.findall(".//*[@aria-label='Failure']")


def test_available_build_shows_an_ami_for_each_region_and_account(
    client: Any, service: ImageBuilder, minimal: dict[str, Any], clock: SimpleNamespace, tmp_path: Path
) -> None:
    distribution = f"{OWN}distribution-configuration/wide"
    regions: list[dict[str, Any]] = [{"region": "us-east-1"}, {"region": "eu-west-1"}]
    service.register(distribution, distributions=regions)
    client.create_image_pipeline(**minimal, distributionConfigurationArn=distribution)
    start(client)
    clock.now += 60
    amis = facts(row(tmp_path, service), "AMIs by Region")
    assert list(amis) == ["us-east-1", "eu-west-1"]
    assert all(ami.startswith("ami-") for ami in amis.values())

    regions[1]["amiDistributionConfiguration"] = {"targetAccountIds": ["111122223333"]}
    service.register(distribution, distributions=regions)
    start(client)
    clock.now += 60
    amis = facts(row(tmp_path, service), "AMIs by Region")
    assert list(amis) == ["us-east-1, account 000000000000", "eu-west-1, account 111122223333"]


def test_container_build_shows_its_image_uris(
    client: Any, service: ImageBuilder, minimal: dict[str, Any], clock: SimpleNamespace, tmp_path: Path
) -> None:
    del minimal["imageRecipeArn"]
    client.create_image_pipeline(**minimal, containerRecipeArn=f"{OWN}container-recipe/app/2.0.0")
    start(client)
    clock.now += 60
    uris = facts(row(tmp_path, service), "Image URIs by Region")
    assert uris == {"us-east-1": "000000000000.dkr.ecr.us-east-1.amazonaws.com/app:2.0.0-1"}


def test_failed_build_shows_phase_step_component_exit_status_and_reason(
    client: Any, service: ImageBuilder, minimal: dict[str, Any], clock: SimpleNamespace, tmp_path: Path
) -> None:
    component = f"{OWN}component/harden/1.0.0/1"
    service.register(component, data=FAILING)
    service.register(f"{OWN}image-recipe/web/1.0.0", components=[{"componentArn": component}])
    client.create_image_pipeline(**minimal)
    start(client)
    clock.now += 60
    build = row(tmp_path, service)
    assert walk(build)[-1] == ("FAILED", "step")
    assert facts(build, "Failure") == {
        "Failed while": "BUILDING",
        "Phase": "build",
        "Step": "Harden (ExecuteBash)",
        "Component": "harden/1.0.0/1",
        "Workflow step": "ApplyBuildComponents",
        "Error": "exit status 3",
    }
    assert f"Document {component} failed!" in text(build)


def test_failed_distribution_shows_each_region_with_its_error(
    pipeline: Any, service: ImageBuilder, clock: SimpleNamespace, tmp_path: Path
) -> None:
    start(pipeline)
    clock.now += 60
    failed = {"region": "ap-south-1", "status": "FAILED", "errorMessage": "no key"}
    context = {"imageStatus": "DISTRIBUTING", "distributionFailure": {"errorMessage": "x", "regionFailures": [failed]}}
    build = row(tmp_path, service, state={"status": "FAILED", "reason": MARKUP, "failureContext": context})
    assert facts(build, "Failure") == {"Failed while": "DISTRIBUTING", "ap-south-1": "no key"}
    assert MARKUP in text(build)
    assert not build.findall(".//script")


@pytest.mark.parametrize(
    ("trigger", "expected"),
    [
        ("first", "first"),
        (TRIGGER, "5e884898da28047…"),
        (f"{OWN}image-recipe/golden/1.0.0", "golden/1.0.0"),
    ],
)
def test_build_of_a_resource_shows_it_and_its_short_trigger(
    pipeline: Any, service: ImageBuilder, tmp_path: Path, trigger: str, expected: str
) -> None:
    start(pipeline, tags={**TAGS, WHAT_IS_BUILT_TAG: trigger})
    build = row(tmp_path, service, event=7)
    assert f"Built by Build in Golden , trigger {expected}" in text(build)
    assert [link.get("href") for link in build.iterfind(".//a")] == ["#event-7"]
    assert [code.get("title") for code in build.iterfind(".//code[@title]")] == [trigger]
    assert not row(tmp_path, service).findall(".//a")


def test_pipeline_shows_its_newest_build_and_folds_the_earlier_ones(
    pipeline: Any, service: ImageBuilder, tmp_path: Path
) -> None:
    card = rendered(tmp_path, "pipeline", "pipelineCard", shown(service))
    assert "Not built yet" in text(card)
    images = [start(pipeline) for _ in range(12)]
    card = rendered(tmp_path, "pipeline", "pipelineCard", shown(service))
    assert [build.get("id") for build in card.iterfind("ul/li")] == [f"build-{images[-1]}"]
    (earlier,) = card.iterfind("details[@data-key='executions']")
    assert [build.get("id") for build in earlier.iterfind("ul/li")] == [f"build-{arn}" for arn in images[-2:1:-1]]
    assert (text(earlier[0]), text(earlier[-1])) == ("Earlier builds (11)", "2 older builds not shown")


def test_event_and_build_find_each_other(pipeline: Any, service: ImageBuilder, tmp_path: Path) -> None:
    image = start(pipeline, tags=TAGS)
    start(pipeline)
    timeline = Timeline()
    for number in range(2):
        event = timeline.begin(
            request_type="Create",
            logical_id="Build",
            props={"Trigger": TRIGGER},
            stack_name="Golden",
            stack_id=STACK if number else f"{STACK}other",
            resource_type="Custom::ImagePipelineBuild",
        )
        timeline.function_returned(event)
    state = json.loads(json.dumps(view(timeline, service)))
    own, other = state["events"]
    assert (own["awaits"], other["awaits"]) == (image, None)
    manual, built = state["pipelines"][0]["executions"]
    assert called(tmp_path, "links", "eventOf", built, state) == own["number"]
    assert called(tmp_path, "links", "eventOf", manual, state) is None
    assert called(tmp_path, "links", "withBuild", own, state) == own | {"build": {"status": "PENDING"}}
    assert called(tmp_path, "links", "withBuild", other, state) == other

    timeline.operations.record(
        event_id="1",
        stack_id=STACK,
        stack_name="Golden",
        logical_id="Golden",
        physical_id=STACK,
        resource_type="AWS::CloudFormation::Stack",
        status="CREATE_IN_PROGRESS",
        reason="",
    )
    (deployment,) = view(timeline, service)["deployments"]
    state["deployments"] = [deployment]
    assert called(tmp_path, "news", "sentences", state) == [
        [deployment["id"], "create of Golden: in progress"],
        [manual["arn"], "Build 1.0.0/2 of My Pipe: running"],
        [built["arn"], "Build 1.0.0/1 of My Pipe: running"],
    ]
