"""OnDelete: a pipeline is deleted, kept without running, or not touched while it builds."""

import time
from typing import Any

import pytest
from support.cloudformation import Resource
from support.registered import KINDS

from imagebuilder_local.emulator import ImageBuilder


@pytest.fixture
def now() -> list[float]:
    """The time of the emulator, in seconds since the epoch."""
    return [time.time()]


@pytest.fixture
def service(now: list[float]) -> ImageBuilder:
    service = ImageBuilder(clock=lambda: now[0])
    for kind in KINDS:
        service.register(service.arn(kind))
    return service


def run(service: ImageBuilder) -> str:
    """Run the pipeline and return the ARN of its image."""
    request = {"imagePipelineArn": service.arn("image-pipeline/golden"), "clientToken": "1"}
    return str(service.call("StartImagePipelineExecution", request)["imageBuildVersionArn"])


def test_pipeline_that_ran_is_disabled_and_kept_without_an_owner(
    resource: Resource, service: ImageBuilder, minimal: dict[str, Any]
) -> None:
    arn = resource.create(**minimal, OnDelete="DISABLE", Tags={"team": "web"})["PhysicalResourceId"]
    run(service)
    assert resource.delete()["Status"] == "SUCCESS"
    (kept,) = service.pipelines()
    assert (kept["status"], kept["tags"]) == ("DISABLED", {"team": "web"})
    assert resource.create(**minimal)["Reason"].startswith("NotOurs: ")
    adopted = resource.create(**minimal, AdoptExisting="true")
    assert (adopted["Status"], adopted["PhysicalResourceId"]) == ("SUCCESS", arn)


def test_pipeline_that_never_ran_is_deleted_whatever_is_to_be_kept(
    resource: Resource, service: ImageBuilder, minimal: dict[str, Any]
) -> None:
    resource.create(**minimal, OnDelete="DISABLE")
    assert resource.delete()["Status"] == "SUCCESS"
    assert service.pipelines() == []


def test_delete_is_refused_while_the_pipeline_builds_and_done_when_it_rests(
    resource: Resource, service: ImageBuilder, minimal: dict[str, Any], now: list[float]
) -> None:
    resource.create(**minimal, OnDelete="REFUSE_WHILE_BUILDING")
    image = run(service)
    refused = resource.delete()
    assert (refused["Status"], len(service.pipelines())) == ("FAILED", 1)
    assert refused["Reason"].startswith("StillBuilding: ")
    assert refused["Reason"].endswith(image)
    now[0] += 3600
    assert resource.delete()["Status"] == "SUCCESS"
    assert service.pipelines() == []


@pytest.mark.parametrize("on_delete", ["DISABLE", "REFUSE_WHILE_BUILDING"])
def test_adopted_pipeline_is_given_back_whatever_on_delete_says(
    resource: Resource, service: ImageBuilder, minimal: dict[str, Any], on_delete: str
) -> None:
    request = {
        "name": "golden",
        "imageRecipeArn": minimal["ImageRecipeArn"],
        "infrastructureConfigurationArn": minimal["InfrastructureConfigurationArn"],
        "clientToken": "1",
    }
    service.call("CreateImagePipeline", request)
    resource.create(**minimal, AdoptExisting="true", OnDelete=on_delete)
    run(service)
    assert resource.delete()["Status"] == "SUCCESS"
    (kept,) = service.pipelines()
    assert (kept["status"], kept.get("tags", {})) == ("ENABLED", {})


def test_unknown_value_is_reported_with_the_known_ones(resource: Resource, minimal: dict[str, Any]) -> None:
    answer = resource.create(**minimal, OnDelete="KEEP")
    known = "DELETE, DISABLE, REFUSE_WHILE_BUILDING"
    assert answer["Reason"].endswith(f"OnDelete is not an allowed value: got 'KEEP', allowed are {known}")
