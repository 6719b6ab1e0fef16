"""The types of AWS::ImageBuilder that ministack lacks, through CloudFormation itself."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import WaiterError
from support.profile import PROFILE, make_instance_profile

from imagebuilder_local.cloud import LocalCloud

OWN = "arn:aws:imagebuilder:us-east-1:000000000000:"


@pytest.fixture(scope="module")
def clients(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, Any]]:
    cloud = LocalCloud(tmp_path_factory.mktemp("types") / "cloud")
    state = cloud.start()
    make_instance_profile(cloud)
    settings: dict[str, Any] = {
        "region_name": state.region,
        "aws_access_key_id": state.access_key_id,
        "aws_secret_access_key": state.secret_access_key,
        "verify": str(cloud.folder.certificate_authority),
    }
    cloudformation = boto3.client("cloudformation", endpoint_url=state.endpoint, **settings)
    imagebuilder = boto3.client("imagebuilder", endpoint_url=state.imagebuilder_endpoint, **settings)
    yield cloudformation, imagebuilder
    cloudformation.close()
    imagebuilder.close()
    cloud.stop()


def resources(version: str = "1.0.0", **extra: Any) -> dict[str, Any]:
    component = {"Name": "Harden", "Version": version, "Platform": "Linux", "Data": "{}"}
    recipe = {"Name": "Web", "Version": version, "ParentImage": "p", "Components": [{"ComponentArn": {"Ref": "C"}}]}
    container = {"ContainerType": "DOCKER", "TargetRepository": {"Service": "ECR", "RepositoryName": "web"}}
    types = {
        "C": ("Component", component),
        "R": ("ImageRecipe", recipe),
        "K": ("ContainerRecipe", recipe | container),
        "I": ("InfrastructureConfiguration", {"Name": "Web", "InstanceProfileName": PROFILE}),
        "D": ("DistributionConfiguration", {"Name": "Web", "Distributions": [{"Region": "us-east-1"}]}),
        "W": ("Workflow", {"Name": "Scan It", "Type": "TEST", "Version": version, "Data": "{}"}),
    }
    return {
        key: {"Type": f"AWS::ImageBuilder::{name}", "Properties": value} for key, (name, value) in types.items()
    } | extra


def put(cloudformation: Any, stack: str, given: dict[str, Any]) -> dict[str, str]:
    outputs = {key: {"Value": {"Fn::GetAtt": [key, "Arn"]}} for key in given}
    body = json.dumps({"Resources": given, "Outputs": outputs})
    names = {name["StackName"] for name in cloudformation.describe_stacks()["Stacks"]}
    action, waiter = ("update", "stack_update_complete") if stack in names else ("create", "stack_create_complete")
    getattr(cloudformation, f"{action}_stack")(StackName=stack, TemplateBody=body)
    cloudformation.get_waiter(waiter).wait(StackName=stack, WaiterConfig={"Delay": 0.05, "MaxAttempts": 200})
    (described,) = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in described["Outputs"]}


def failure(cloudformation: Any, stack: str) -> str:
    events = cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
    failed = (event for event in reversed(events) if event["ResourceStatus"].endswith("_FAILED"))
    return str(next(failed)["ResourceStatusReason"])


def delete(cloudformation: Any, stack: str) -> None:
    cloudformation.delete_stack(StackName=stack)
    waiter = cloudformation.get_waiter("stack_delete_complete")
    waiter.wait(StackName=stack, WaiterConfig={"Delay": 0.05, "MaxAttempts": 200})


def test_each_type_has_the_arn_of_its_kind_and_goes_with_its_stack(clients: tuple[Any, Any]) -> None:
    cloudformation, imagebuilder = clients
    outputs = put(cloudformation, "kinds", resources())
    assert outputs == {
        "C": f"{OWN}component/harden/1.0.0/1",
        "R": f"{OWN}image-recipe/web/1.0.0",
        "K": f"{OWN}container-recipe/web/1.0.0",
        "I": f"{OWN}infrastructure-configuration/web",
        "D": f"{OWN}distribution-configuration/web",
        "W": f"{OWN}workflow/test/scan-it/1.0.0/1",
    }
    assert imagebuilder.list_tags_for_resource(resourceArn=outputs["R"])["tags"] == {}
    delete(cloudformation, "kinds")
    with pytest.raises(imagebuilder.exceptions.ResourceNotFoundException):
        imagebuilder.list_tags_for_resource(resourceArn=outputs["R"])


def test_new_version_replaces_the_old_one(clients: tuple[Any, Any]) -> None:
    cloudformation, imagebuilder = clients
    put(cloudformation, "versions", resources())
    assert put(cloudformation, "versions", resources("1.0.1"))["R"] == f"{OWN}image-recipe/web/1.0.1"
    with pytest.raises(imagebuilder.exceptions.ResourceNotFoundException):
        imagebuilder.list_tags_for_resource(resourceArn=f"{OWN}image-recipe/web/1.0.0")
    delete(cloudformation, "versions")


def test_changed_version_that_keeps_its_number_is_refused(clients: tuple[Any, Any]) -> None:
    cloudformation, _ = clients
    given = resources()
    put(cloudformation, "frozen", given)
    given["R"]["Properties"]["Description"] = "other"
    with pytest.raises(WaiterError):
        put(cloudformation, "frozen", given)
    assert f"{OWN}image-recipe/web/1.0.0 cannot be changed: give it another Version" in failure(
        cloudformation, "frozen"
    )
    delete(cloudformation, "frozen")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"InstanceProfileName": None}, "required properties are missing: InstanceProfileName"),
        ({"InstanceProfileName": None, "Name": None}, "required properties are missing: InstanceProfileName, Name"),
    ],
)
def test_missing_property_is_named(clients: tuple[Any, Any], change: dict[str, Any], reason: str) -> None:
    cloudformation, _ = clients
    given = {"I": resources()["I"]}
    given["I"]["Properties"] = {key: value for key, value in given["I"]["Properties"].items() if key not in change}
    with pytest.raises(WaiterError):
        put(cloudformation, "missing", given)
    assert reason in failure(cloudformation, "missing")
    delete(cloudformation, "missing")


def test_recipe_of_a_component_that_does_not_exist_is_refused(clients: tuple[Any, Any]) -> None:
    cloudformation, _ = clients
    given = {"R": resources()["R"]}
    given["R"]["Properties"]["Components"] = [{"ComponentArn": f"{OWN}component/none/1.0.0/1"}]
    with pytest.raises(WaiterError):
        put(cloudformation, "dangling", given)
    assert f"{OWN}component/none/1.0.0/1 does not exist" in failure(cloudformation, "dangling")
    delete(cloudformation, "dangling")


def test_recipe_that_a_pipeline_refers_to_does_not_go(clients: tuple[Any, Any], tmp_path: Path) -> None:
    cloudformation, imagebuilder = clients
    outputs = put(cloudformation, "referred", resources())
    pipeline = imagebuilder.create_image_pipeline(
        name="holder", imageRecipeArn=outputs["R"], infrastructureConfigurationArn=outputs["I"]
    )
    with pytest.raises(WaiterError):
        delete(cloudformation, "referred")
    assert "has other resources depended on it" in failure(cloudformation, "referred")
    imagebuilder.delete_image_pipeline(imagePipelineArn=pipeline["imagePipelineArn"])
    delete(cloudformation, "referred")


def test_image_shows_the_properties_that_its_resources_have_in_the_template(clients: tuple[Any, Any]) -> None:
    cloudformation, imagebuilder = clients
    given = resources()
    given["R"]["Properties"] |= {
        "AdditionalInstanceConfiguration": {"SystemsManagerAgent": {"UninstallAfterBuild": "true"}}
    }
    given["I"]["Properties"] |= {"InstanceTypes": ["m5.large"], "Logging": {"S3Logs": {"S3BucketName": "logs"}}}
    given["D"]["Properties"]["Distributions"] = [
        {"Region": "eu-west-1", "AmiDistributionConfiguration": {"Name": "web", "TargetAccountIds": ["111122223333"]}}
    ]
    for resource in "RID":
        given[resource]["Properties"]["Tags"] = {"team": resource}
    outputs = put(cloudformation, "shown", given)
    pipeline = imagebuilder.create_image_pipeline(
        name="shown",
        imageRecipeArn=outputs["R"],
        infrastructureConfigurationArn=outputs["I"],
        distributionConfigurationArn=outputs["D"],
    )["imagePipelineArn"]
    started = imagebuilder.start_image_pipeline_execution(imagePipelineArn=pipeline)
    image = imagebuilder.get_image(imageBuildVersionArn=started["imageBuildVersionArn"])["image"]
    recipe, infrastructure = image["imageRecipe"], image["infrastructureConfiguration"]
    distribution = image["distributionConfiguration"]
    assert (image["name"], recipe["name"], recipe["parentImage"]) == ("Web", "Web", "p")
    assert recipe["components"] == [{"componentArn": outputs["C"]}]
    assert recipe["additionalInstanceConfiguration"] == {"systemsManagerAgent": {"uninstallAfterBuild": True}}
    assert (infrastructure["instanceProfileName"], infrastructure["instanceTypes"]) == (PROFILE, ["m5.large"])
    assert infrastructure["logging"] == {"s3Logs": {"s3BucketName": "logs"}}
    assert distribution["distributions"] == [
        {"region": "eu-west-1", "amiDistributionConfiguration": {"name": "web", "targetAccountIds": ["111122223333"]}}
    ]
    assert [found["tags"] for found in (recipe, infrastructure, distribution)] == [{"team": name} for name in "RID"]
    imagebuilder.delete_image_pipeline(imagePipelineArn=pipeline)
    delete(cloudformation, "shown")
