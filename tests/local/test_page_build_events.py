"""What the page is told of builds that a real deploy waits for, with a real state machine that sends the response."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from support.building import FAILING
from support.deployed import Deployed, deployed

BUILD, IMAGE = "Custom::ImagePipelineBuild", "Custom::ImagePipelineImage"


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    with deployed(tmp_path_factory.mktemp("builds")) as made:
        yield made


def build_of(cloud: Deployed, trigger: str) -> dict[str, Any]:
    """Return a build resource that waits, and one that waits after it."""
    waiting = {"ServiceToken": cloud.service_token, "WatcherArn": cloud.watcher_arn}
    build = waiting | {"PipelineArn": {"Ref": "Pipeline"}, "Trigger": trigger}
    return {
        "Build": {"Type": BUILD, "Properties": build | {"WaitSeconds": 1, "TimeoutSeconds": 600, "IsLast": False}},
        "Rest": {"Type": IMAGE, "Properties": waiting | {"ImageArn": {"Ref": "Build"}}},
    }


def shown(cloud: Deployed, name: str) -> dict[str, Any]:
    """Return what the page gets of the newest build of a pipeline."""
    (found,) = [found for found in cloud.seen()["pipelines"] if found["settings"]["name"] == name]
    return dict(found["executions"][0])


def wait_for(condition: Callable[[], Any], seconds: float = 60) -> Any:
    ends = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < ends
        time.sleep(0.1)
    return found


def event_of(cloud: Deployed, stack: str, resource_type: str, state: str) -> Any:
    found = (
        event for event in cloud.events(stack) if (event["resourceType"], event["state"]) == (resource_type, state)
    )
    return next(found, None)


def test_event_waits_for_its_image_and_has_the_looks_at_it_among_its_calls(cloud: Deployed) -> None:
    more = build_of(cloud, "first")
    with ThreadPoolExecutor(1) as pool:
        deploying = pool.submit(cloud.deploy, "Golden", more=more, Name="golden")
        waiting = wait_for(lambda: event_of(cloud, "Golden", BUILD, "waiting"))
        build = shown(cloud, "golden")
        assert (waiting["awaits"], waiting["answer"], waiting["milliseconds"]) == (build["arn"], None, None)
        assert build["builtBy"] == {
            "stack": "Golden",
            "stackId": waiting["stackId"],
            "logicalId": "Build",
            "name": "Build",
            "trigger": "first",
        }
        rest = wait_for(lambda: event_of(cloud, "Golden", IMAGE, "waiting"))
        assert rest["awaits"] == build["arn"]
        assert deploying.result() == "CREATE_COMPLETE"

    build = shown(cloud, "golden")
    assert [build["states"][0]["status"], build["states"][-1]["status"]] == ["PENDING", "AVAILABLE"]
    events = [event_of(cloud, "Golden", kind, "succeeded") for kind in (BUILD, IMAGE)]
    assert [event["answer"]["physicalId"] for event in events] == [build["arn"]] * 2
    assert [event["awaits"] for event in events] == [None, None]
    operations = [[call["operation"] for call in event["calls"]] for event in events]
    assert "StartImagePipelineExecution" in operations[0]
    assert operations[1].count("GetImage") > 1
    assert {call["operation"] for call in cloud.seen()["others"]} == set()


def test_event_of_a_build_that_fails_fails_with_the_failed_step(cloud: Deployed) -> None:
    document = {"Name": "harden", "Platform": "Linux", "Version": "1.0.0", "Data": FAILING}
    recipe = {
        "Name": "harmed",
        "Version": "1.0.0",
        "ParentImage": "ami-1",
        "Components": [{"ComponentArn": {"Ref": "Component"}}],
    }
    more = build_of(cloud, "fails") | {
        "Component": {"Type": "AWS::ImageBuilder::Component", "Properties": document},
        "Harmed": {"Type": "AWS::ImageBuilder::ImageRecipe", "Properties": recipe},
    }
    status = cloud.deploy("Failing", more=more, Name="failing", ImageRecipeArn={"Ref": "Harmed"})
    assert status == "ROLLBACK_COMPLETE"
    failed = event_of(cloud, "Failing", IMAGE, "failed") or event_of(cloud, "Failing", BUILD, "failed")
    assert "in step Harden (ExecuteBash) of phase build" in failed["answer"]["reason"]
