"""Images through boto3: what GetImage returns of them."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from imagebuilder_local.emulator import ImageBuilder

OWN = "arn:aws:imagebuilder:us-east-1:000000000000:"
ARN = f"{OWN}image-pipeline/my-pipe"
IMAGE = f"{OWN}image/web/1.0.0/1"

Refusal = Callable[..., tuple[str, int]]


@pytest.fixture
def pipeline(client: Any, service: ImageBuilder, minimal: dict[str, Any]) -> Any:
    """A client of a service with a pipeline, whose resources have names and members."""
    service.register(
        f"{OWN}image-recipe/web/1.0.0",
        name="Web",
        parentImage="ami-0abcdef1234567890",
        components=[{"componentArn": f"{OWN}component/harden/1.0.0/1"}],
    )
    service.register(f"{OWN}infrastructure-configuration/small", name="Small", instanceProfileName="builder")
    client.create_image_pipeline(**minimal)
    return client


def start(client: Any, **request: Any) -> str:
    return str(client.start_image_pipeline_execution(imagePipelineArn=ARN, **request)["imageBuildVersionArn"])


def image(client: Any, arn: str = IMAGE) -> dict[str, Any]:
    return dict(client.get_image(imageBuildVersionArn=arn)["image"])


def test_image_has_what_it_was_built_from(pipeline: Any, clock: SimpleNamespace) -> None:
    start(pipeline, tags={"run": "manual"})
    assert image(pipeline) == {
        "arn": IMAGE,
        "type": "AMI",
        "name": "Web",
        "version": "1.0.0/1",
        "platform": "Linux",
        "enhancedImageMetadataEnabled": True,
        "state": {"status": "PENDING"},
        "imageRecipe": {
            "arn": f"{OWN}image-recipe/web/1.0.0",
            "type": "AMI",
            "name": "Web",
            "platform": "Linux",
            "owner": "000000000000",
            "version": "1.0.0",
            "components": [{"componentArn": f"{OWN}component/harden/1.0.0/1"}],
            "parentImage": "ami-0abcdef1234567890",
            "dateCreated": "2023-11-14T22:13:20.000Z",
            "tags": {},
        },
        "sourcePipelineArn": ARN,
        "infrastructureConfiguration": {
            "arn": f"{OWN}infrastructure-configuration/small",
            "name": "Small",
            "instanceProfileName": "builder",
            "dateCreated": "2023-11-14T22:13:20.000Z",
            "dateUpdated": "2023-11-14T22:13:20.000Z",
            "tags": {},
        },
        "imageTestsConfiguration": {"imageTestsEnabled": True, "timeoutMinutes": 720},
        "dateCreated": "2023-11-14T22:13:20.000Z",
        "outputResources": {"amis": []},
        "tags": {"run": "manual"},
        "buildType": "USER_INITIATED",
        "imageSource": "CUSTOM",
    }


def test_image_keeps_what_it_was_built_from_when_that_changes(pipeline: Any, service: ImageBuilder) -> None:
    start(pipeline)
    service.register(f"{OWN}infrastructure-configuration/small", instanceProfileName="other")
    assert image(pipeline)["infrastructureConfiguration"]["instanceProfileName"] == "builder"


def test_output_appears_when_the_image_is_available(pipeline: Any, clock: SimpleNamespace) -> None:
    start(pipeline)
    seen = []
    for _ in range(7):
        found = image(pipeline)
        seen.append((found["state"]["status"], len(found["outputResources"].get("amis", ()))))
        clock.now += 2
    assert seen[-3:] == [("DISTRIBUTING", 0), ("INTEGRATING", 0), ("AVAILABLE", 1)]
    assert [count for _, count in seen[:-1]] == [0] * 6
    (ami,) = image(pipeline)["outputResources"]["amis"]
    assert (ami["region"], ami["accountId"], ami["name"]) == (
        "us-east-1",
        "000000000000",
        "Web 2023-11-14T22-13-20.000Z",
    )


def test_each_region_and_account_of_the_distribution_has_an_ami_of_its_own(
    client: Any, service: ImageBuilder, minimal: dict[str, Any], clock: SimpleNamespace
) -> None:
    settings = {"name": "web {{ imagebuilder:buildDate }}", "targetAccountIds": ["111111111111", "222222222222"]}
    distribution = f"{OWN}distribution-configuration/world"
    service.register(
        distribution,
        distributions=[
            {"region": "us-east-1", "amiDistributionConfiguration": settings},
            {"region": "eu-west-1", "amiDistributionConfiguration": settings},
            {"region": "eu-north-1"},
        ],
    )
    client.create_image_pipeline(**minimal, distributionConfigurationArn=distribution)
    for _ in range(2):
        start(client)
    clock.now += 60
    amis = image(client)["outputResources"]["amis"]
    assert [(ami["region"], ami["accountId"]) for ami in amis] == [
        ("us-east-1", "000000000000"),
        ("us-east-1", "111111111111"),
        ("us-east-1", "222222222222"),
        ("eu-west-1", "111111111111"),
        ("eu-west-1", "222222222222"),
        ("eu-north-1", "000000000000"),
    ]
    assert {ami["name"] for ami in amis[:5]} == {"web 2023-11-14T22-13-20.000Z"}
    assert image(client)["outputResources"]["amis"] == amis
    others = image(client, f"{OWN}image/web/1.0.0/2")["outputResources"]["amis"]
    assert len({ami["image"] for ami in [*amis, *others]}) == 12


def test_container_image_is_in_the_repository_of_its_recipe_in_each_region(
    client: Any, service: ImageBuilder, minimal: dict[str, Any], clock: SimpleNamespace
) -> None:
    repository = {"service": "ECR", "repositoryName": "apps"}
    service.register(f"{OWN}container-recipe/app/2.0.0", targetRepository=repository)
    distribution = f"{OWN}distribution-configuration/world"
    settings = {"containerTags": ["stable"], "targetRepository": {"service": "ECR", "repositoryName": "copies"}}
    service.register(
        distribution,
        distributions=[
            {"region": "us-east-1"},
            {"region": "eu-west-1", "containerDistributionConfiguration": settings},
        ],
    )
    del minimal["imageRecipeArn"]
    client.create_image_pipeline(
        **minimal,
        containerRecipeArn=f"{OWN}container-recipe/app/2.0.0",
        distributionConfigurationArn=distribution,
    )
    start(client)
    clock.now += 60
    found = image(client, f"{OWN}image/app/2.0.0/1")
    assert (found["type"], "imageRecipe" in found) == ("DOCKER", False)
    assert found["outputResources"]["containers"] == [
        {"region": "us-east-1", "imageUris": ["000000000000.dkr.ecr.us-east-1.amazonaws.com/apps:2.0.0-1"]},
        {
            "region": "eu-west-1",
            "imageUris": [
                "000000000000.dkr.ecr.eu-west-1.amazonaws.com/copies:2.0.0-1",
                "000000000000.dkr.ecr.eu-west-1.amazonaws.com/copies:stable",
            ],
        },
    ]


def test_version_without_a_build_is_the_newest_available_build(
    client: Any, service: ImageBuilder, minimal: dict[str, Any], clock: SimpleNamespace
) -> None:
    client.create_image_pipeline(**minimal | {"imageRecipeArn": f"{OWN}image-recipe/web/x.x.x"})
    for version in ("1.9.0", "1.10.0", "2.0.0"):
        service.register(f"{OWN}image-recipe/web/{version}")
        start(client)
    clock.now += 60
    start(client)
    found = {
        reference: image(client, f"{OWN}image/web/{reference}")["version"]
        for reference in ("x.x.x", "1.x.x", "1.9.x", "2.0.0", "2.0.0/2")
    }
    assert found == {
        "x.x.x": "2.0.0/1",
        "1.x.x": "1.10.0/1",
        "1.9.x": "1.9.0/1",
        "2.0.0": "2.0.0/1",
        "2.0.0/2": "2.0.0/2",
    }


def test_image_comes_with_the_arns_of_its_latest_versions(pipeline: Any) -> None:
    start(pipeline)
    assert pipeline.get_image(imageBuildVersionArn=IMAGE)["latestVersionReferences"] == {
        "latestVersionArn": f"{OWN}image/web/x.x.x",
        "latestMajorVersionArn": f"{OWN}image/web/1.x.x",
        "latestMinorVersionArn": f"{OWN}image/web/1.0.x",
        "latestPatchVersionArn": f"{OWN}image/web/1.0.0",
    }


@pytest.mark.parametrize("reference", ["1.0.0/1", "1.0.0", "x.x.x", "9.9.9/1"])
def test_image_that_does_not_exist_or_is_not_available_yet_is_404(
    pipeline: Any, refusal: Refusal, reference: str
) -> None:
    if reference != "1.0.0/1":
        start(pipeline)
    assert refusal(pipeline.get_image, imageBuildVersionArn=f"{OWN}image/web/{reference}") == (
        "ResourceNotFoundException",
        404,
    )


def test_log_group_of_the_pipeline_is_that_of_the_image(client: Any, minimal: dict[str, Any]) -> None:
    groups = {"imageLogGroupName": "/aws/imagebuilder/images", "pipelineLogGroupName": "/aws/imagebuilder/pipelines"}
    client.create_image_pipeline(**minimal, loggingConfiguration=groups)
    start(client)
    assert image(client)["loggingConfiguration"] == {"logGroupName": "/aws/imagebuilder/images"}
