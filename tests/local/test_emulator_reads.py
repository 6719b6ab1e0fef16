"""Recipes, components, configurations and images, one by one and in lists, through boto3."""

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from imagebuilder_local.emulator import ImageBuilder

OWN = "arn:aws:imagebuilder:us-east-1:000000000000:"
ARN = f"{OWN}image-pipeline/my-pipe"
NOW = "2023-11-14T22:13:20.000Z"

Refusal = Callable[..., tuple[str, int]]


@pytest.fixture
def service(service: ImageBuilder) -> ImageBuilder:
    """The service with one more of each kind, and with the members that templates give."""
    for version in ("1.0.0", "1.2.0"):
        service.register(
            f"{OWN}image-recipe/golden/{version}",
            name="Golden",
            parentImage="ami-1",
            platform="Windows",
            components=[{"componentArn": f"{OWN}component/harden/1.0.0/1"}],
            tags={"team": "web"},
        )
    service.register(f"{OWN}container-recipe/worker/1.0.0", name="Worker", parentImage="amazonlinux:latest")
    service.register(
        f"{OWN}component/harden/1.0.0/1",
        name="Harden",
        platform="Linux",
        description="Hardens",
        data=json.dumps({"phases": [{"name": "build", "steps": []}, {"name": "test", "steps": []}]}),
    )
    service.register(
        f"{OWN}component/smoke/2.0.0/1", name="Smoke", platform="Windows", data="phases: [{name: test, steps: []}]"
    )
    service.register(
        f"{OWN}infrastructure-configuration/large",
        name="Large",
        instanceTypes=["m5.large"],
        instanceProfileName="builder",
    )
    regions = [{"region": "us-east-1"}, {"region": "eu-west-1"}]
    service.register(f"{OWN}distribution-configuration/world", name="World", distributions=regions)
    return service


def names(response: dict[str, Any], members: str) -> list[str]:
    return [item["name"] for item in response[members]]


def test_image_recipe_is_returned_with_its_members(client: Any) -> None:
    arn = f"{OWN}image-recipe/golden/1.2.0"
    response = client.get_image_recipe(imageRecipeArn=arn)
    assert response["imageRecipe"] == {
        "arn": arn,
        "type": "AMI",
        "name": "Golden",
        "platform": "Windows",
        "owner": "000000000000",
        "version": "1.2.0",
        "components": [{"componentArn": f"{OWN}component/harden/1.0.0/1"}],
        "parentImage": "ami-1",
        "dateCreated": NOW,
        "tags": {"team": "web"},
    }
    assert response["latestVersionReferences"]["latestMinorVersionArn"] == f"{OWN}image-recipe/golden/1.2.x"
    newest = client.get_image_recipe(imageRecipeArn=f"{OWN}image-recipe/golden/1.x.x")
    assert newest["imageRecipe"]["version"] == "1.2.0"


def test_container_recipe_component_and_configurations_are_returned(client: Any) -> None:
    recipe = client.get_container_recipe(containerRecipeArn=f"{OWN}container-recipe/worker/1.0.0")["containerRecipe"]
    assert (recipe["name"], recipe["containerType"], recipe["version"]) == ("Worker", "DOCKER", "1.0.0")
    component = client.get_component(componentBuildVersionArn=f"{OWN}component/harden/x.x.x")["component"]
    assert (component["arn"], component["type"]) == (f"{OWN}component/harden/1.0.0/1", "BUILD")
    assert (component["version"], component["state"]) == ("1.0.0", {"status": "ACTIVE"})
    assert json.loads(component["data"])["phases"][0]["name"] == "build"
    infrastructure = client.get_infrastructure_configuration(
        infrastructureConfigurationArn=f"{OWN}infrastructure-configuration/large"
    )["infrastructureConfiguration"]
    assert (infrastructure["instanceTypes"], infrastructure["dateUpdated"]) == (["m5.large"], NOW)
    distribution = client.get_distribution_configuration(
        distributionConfigurationArn=f"{OWN}distribution-configuration/world"
    )["distributionConfiguration"]
    assert [one["region"] for one in distribution["distributions"]] == ["us-east-1", "eu-west-1"]


def test_component_that_only_tests_is_of_the_type_test(client: Any) -> None:
    component = client.get_component(componentBuildVersionArn=f"{OWN}component/smoke/2.0.0/1")["component"]
    assert component["type"] == "TEST"


@pytest.mark.parametrize(
    ("operation", "member", "resource"),
    [
        ("get_image_recipe", "imageRecipeArn", "image-recipe/none/1.0.0"),
        ("get_container_recipe", "containerRecipeArn", "container-recipe/none/1.0.0"),
        ("get_component", "componentBuildVersionArn", "component/none/1.0.0/1"),
        (
            "get_infrastructure_configuration",
            "infrastructureConfigurationArn",
            "infrastructure-configuration/none",
        ),
        ("get_distribution_configuration", "distributionConfigurationArn", "distribution-configuration/none"),
    ],
)
def test_what_does_not_exist_is_404(client: Any, refusal: Refusal, operation: str, member: str, resource: str) -> None:
    request = {member: f"{OWN}{resource}"}
    assert refusal(getattr(client, operation), **request) == ("ResourceNotFoundException", 404)


def test_lists_have_summaries_of_their_kind_alone(client: Any) -> None:
    recipes = client.list_image_recipes()["imageRecipeSummaryList"]
    assert [recipe["arn"].rpartition(":")[2] for recipe in recipes] == [
        "image-recipe/golden/1.0.0",
        "image-recipe/golden/1.2.0",
        "image-recipe/web/1.0.0",
    ]
    assert recipes[0] == {
        "arn": f"{OWN}image-recipe/golden/1.0.0",
        "name": "Golden",
        "platform": "Windows",
        "owner": "000000000000",
        "parentImage": "ami-1",
        "dateCreated": NOW,
        "tags": {"team": "web"},
    }
    assert names(client.list_container_recipes(), "containerRecipeSummaryList") == ["app", "Worker"]
    infrastructures = client.list_infrastructure_configurations()["infrastructureConfigurationSummaryList"]
    assert [(one["name"], one.get("instanceTypes")) for one in infrastructures] == [
        ("Large", ["m5.large"]),
        ("small", None),
    ]
    (distribution,) = client.list_distribution_configurations()["distributionConfigurationSummaryList"]
    assert (distribution["name"], distribution["regions"]) == ("World", ["us-east-1", "eu-west-1"])


def test_components_are_listed_by_version(client: Any) -> None:
    components = client.list_components()["componentVersionList"]
    assert [(one["arn"], one["type"], one["status"]) for one in components] == [
        (f"{OWN}component/harden/1.0.0", "BUILD", "ACTIVE"),
        (f"{OWN}component/smoke/2.0.0", "TEST", "ACTIVE"),
    ]


@pytest.mark.parametrize(
    ("operation", "members", "filter_", "found"),
    [
        ("list_image_recipes", "imageRecipeSummaryList", ("platform", "Windows"), ["Golden", "Golden"]),
        ("list_image_recipes", "imageRecipeSummaryList", ("parentImage", "ami-1"), ["Golden", "Golden"]),
        ("list_container_recipes", "containerRecipeSummaryList", ("containerType", "DOCKER"), ["app", "Worker"]),
        ("list_components", "componentVersionList", ("type", "TEST"), ["Smoke"]),
        ("list_components", "componentVersionList", ("description", "Hardens"), ["Harden"]),
        ("list_components", "componentVersionList", ("version", "2.0.0"), ["Smoke"]),
        ("list_components", "componentVersionList", ("status", "DEPRECATED"), []),
        ("list_infrastructure_configurations", "infrastructureConfigurationSummaryList", ("name", "La*"), ["Large"]),
        ("list_distribution_configurations", "distributionConfigurationSummaryList", ("name", "World"), ["World"]),
    ],
)
def test_lists_are_filtered(
    client: Any, operation: str, members: str, filter_: tuple[str, str], found: list[str]
) -> None:
    name, value = filter_
    response = getattr(client, operation)(filters=[{"name": name, "values": [value]}])
    assert names(response, members) == found


@pytest.mark.parametrize(
    "operation",
    [
        "list_image_recipes",
        "list_container_recipes",
        "list_components",
        "list_infrastructure_configurations",
        "list_distribution_configurations",
        "list_images",
        "list_image_build_versions",
    ],
)
def test_filter_that_a_list_does_not_know_is_refused(client: Any, refusal: Refusal, operation: str) -> None:
    filters = [{"name": "owner", "values": ["me"]}]
    assert refusal(getattr(client, operation), filters=filters) == ("InvalidParameterValueException", 400)


def test_lists_come_in_pages(client: Any) -> None:
    pages = client.get_paginator("list_image_recipes").paginate(PaginationConfig={"PageSize": 2})
    assert [len(page["imageRecipeSummaryList"]) for page in pages] == [2, 1]


@pytest.mark.parametrize("owner", ["Amazon", "Shared"])
def test_other_owners_have_nothing_here(client: Any, owner: str) -> None:
    assert client.list_image_recipes(owner=owner)["imageRecipeSummaryList"] == []
    assert client.list_container_recipes(owner=owner)["containerRecipeSummaryList"] == []
    assert client.list_components(owner=owner)["componentVersionList"] == []
    assert client.list_images(owner=owner)["imageVersionList"] == []
    assert len(client.list_image_recipes(owner="Self")["imageRecipeSummaryList"]) == 3


@pytest.fixture
def built(client: Any, service: ImageBuilder, minimal: dict[str, Any], clock: SimpleNamespace) -> Any:
    """A client of a service with images golden 1.0.0/1, 1.2.0/1, 1.2.0/2 and web 1.0.0/1."""
    for recipe in ("golden/1.0.0", "golden/1.2.0", "golden/1.2.0", "web/1.0.0"):
        client.create_image_pipeline(**minimal | {"imageRecipeArn": f"{OWN}image-recipe/{recipe}"})
        client.start_image_pipeline_execution(imagePipelineArn=ARN)
        client.delete_image_pipeline(imagePipelineArn=ARN)
        clock.now += 1
    return client


def test_images_are_listed_by_version(built: Any) -> None:
    listed = built.list_images()["imageVersionList"]
    assert [image["arn"].rpartition(":")[2] for image in listed] == [
        "image/golden/1.0.0",
        "image/golden/1.2.0",
        "image/web/1.0.0",
    ]
    assert listed[1] == {
        "arn": f"{OWN}image/golden/1.2.0",
        "name": "Golden",
        "type": "AMI",
        "version": "1.2.0",
        "platform": "Windows",
        "owner": "000000000000",
        "dateCreated": "2023-11-14T22:13:21.000Z",
        "buildType": "USER_INITIATED",
        "imageSource": "CUSTOM",
    }
    windows = built.list_images(filters=[{"name": "platform", "values": ["Windows"]}])["imageVersionList"]
    assert [image["version"] for image in windows] == ["1.0.0", "1.2.0"]


def test_images_are_listed_by_name(built: Any) -> None:
    listed = built.list_images(byName=True)["imageVersionList"]
    assert [(image["arn"], image["name"]) for image in listed] == [
        (f"{OWN}image/golden/x.x.x", "Golden"),
        (f"{OWN}image/web/x.x.x", "web"),
    ]
    assert "version" not in listed[0]


def test_components_are_listed_by_name(client: Any, refusal: Refusal) -> None:
    listed = client.list_components(byName=True)["componentVersionList"]
    assert [one["arn"] for one in listed] == [f"{OWN}component/harden/x.x.x", f"{OWN}component/smoke/x.x.x"]
    filters = [{"name": "version", "values": ["1.0.0"]}]
    assert refusal(client.list_components, byName=True, filters=filters) == ("InvalidParameterValueException", 400)
    assert refusal(client.list_images, byName=True, filters=filters) == ("InvalidParameterValueException", 400)


def test_builds_of_a_version_are_listed_with_their_states(built: Any, clock: SimpleNamespace) -> None:
    listed = built.list_image_build_versions(imageVersionArn=f"{OWN}image/golden/1.2.0")["imageSummaryList"]
    assert [(image["version"], image["state"]["status"]) for image in listed] == [
        ("1.2.0/1", "CREATING"),
        ("1.2.0/2", "CREATING"),
    ]
    clock.now += 60
    listed = built.list_image_build_versions()["imageSummaryList"]
    assert [image["version"] for image in listed] == ["1.0.0/1", "1.2.0/1", "1.2.0/2", "1.0.0/1"]
    assert all(image["outputResources"]["amis"] for image in listed)
