"""CloudFormation's own image and lifecycle policy, through CloudFormation itself."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import WaiterError
from support.profile import PROFILE, make_instance_profile

from imagebuilder_local.cloud import LocalCloud

OWN = "arn:aws:imagebuilder:us-east-1:000000000000:"


@pytest.fixture(scope="module")
def clients(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, Any]]:
    cloud = LocalCloud(tmp_path_factory.mktemp("images") / "cloud")
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


def resource(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": f"AWS::ImageBuilder::{kind}", "Properties": properties}


def template(command: str = "true", version: str = "1.0.0", **image: Any) -> dict[str, Any]:
    """Return the resources of a stack with an image whose component runs a command."""
    step = {"name": "Harden", "action": "ExecuteBash", "inputs": {"commands": [command]}}
    data = json.dumps({"schemaVersion": 1.0, "phases": [{"name": "build", "steps": [step]}]})
    references = {"ImageRecipeArn": {"Ref": "Recipe"}, "InfrastructureConfigurationArn": {"Ref": "Infrastructure"}}
    return {
        "Component": resource("Component", Name="harden", Version=version, Platform="Linux", Data=data),
        "Recipe": resource(
            "ImageRecipe",
            Name="Golden",
            Version=version,
            ParentImage="ami-0abcdef1234567890",
            Components=[{"ComponentArn": {"Ref": "Component"}}],
        ),
        "Infrastructure": resource("InfrastructureConfiguration", Name="golden", InstanceProfileName=PROFILE),
        "Image": resource("Image", **references | image),
    }


def outputs(*names: str) -> dict[str, Any]:
    return {name.replace(".", ""): {"Value": {"Fn::GetAtt": ["Image", name]}} for name in names}


def put(cloudformation: Any, given: dict[str, Any], *attributes: str, update: bool = False) -> dict[str, str]:
    """Create or update the stack and return its outputs; WaiterError if that fails."""
    body = json.dumps({"Resources": given, "Outputs": outputs("Arn", *attributes)})
    action, waiter = ("update", "stack_update_complete") if update else ("create", "stack_create_complete")
    getattr(cloudformation, f"{action}_stack")(StackName="images", TemplateBody=body)
    cloudformation.get_waiter(waiter).wait(StackName="images", WaiterConfig={"Delay": 0.05, "MaxAttempts": 200})
    (described,) = cloudformation.describe_stacks(StackName="images")["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in described["Outputs"]}


@pytest.fixture
def stack(clients: tuple[Any, Any]) -> Iterator[Any]:
    """CloudFormation; the stack is deleted afterwards."""
    cloudformation, _ = clients
    yield cloudformation
    cloudformation.delete_stack(StackName="images")
    waiter = cloudformation.get_waiter("stack_delete_complete")
    waiter.wait(StackName="images", WaiterConfig={"Delay": 0.05, "MaxAttempts": 200})


def reason(cloudformation: Any) -> str:
    events = cloudformation.describe_stack_events(StackName="images")["StackEvents"]
    failed = (event for event in reversed(events) if event["ResourceStatus"].endswith("_FAILED"))
    return str(next(failed)["ResourceStatusReason"])


def test_image_is_built_when_the_stack_is_and_gives_its_ami(stack: Any, clients: tuple[Any, Any]) -> None:
    given = template(Tags={"team": "web"}, ImageTestsConfiguration={"ImageTestsEnabled": "false"})
    found = put(stack, given, "ImageId", "Name", "LatestVersion.Arn", "LatestVersion.Major")
    image = clients[1].get_image(imageBuildVersionArn=found["Arn"])["image"]
    assert found == {
        "Arn": image["arn"],
        "ImageId": image["outputResources"]["amis"][0]["image"],
        "Name": "Golden",
        "LatestVersionArn": f"{OWN}image/golden/x.x.x",
        "LatestVersionMajor": f"{OWN}image/golden/1.x.x",
    }
    assert (image["state"], image["tags"]) == ({"status": "AVAILABLE"}, {"team": "web"})
    assert image["imageTestsConfiguration"]["imageTestsEnabled"] is False
    assert "sourcePipelineArn" not in image


def test_image_is_gone_with_its_stack(stack: Any, clients: tuple[Any, Any]) -> None:
    arn = put(stack, template())["Arn"]
    stack.delete_stack(StackName="images")
    waiter = stack.get_waiter("stack_delete_complete")
    waiter.wait(StackName="images", WaiterConfig={"Delay": 0.05, "MaxAttempts": 200})
    with pytest.raises(clients[1].exceptions.ResourceNotFoundException):
        clients[1].get_image(imageBuildVersionArn=arn)


def test_image_that_was_deleted_by_hand_does_not_hold_up_its_stack(stack: Any, clients: tuple[Any, Any]) -> None:
    clients[1].delete_image(imageBuildVersionArn=put(stack, template())["Arn"])


def test_component_that_fails_is_the_reason_in_the_services_words(stack: Any) -> None:
    with pytest.raises(WaiterError):
        put(stack, template("exit 3"))
    words = reason(stack)
    assert words.startswith(
        "Resource handler returned message: \"Error occurred during operation 'Workflow Execution ID"
    )
    assert f"failed with reason: Document {OWN}component/harden/1.0.0/1 failed!" in words


def test_changed_recipe_builds_a_new_image_and_changed_tags_do_not(stack: Any, clients: tuple[Any, Any]) -> None:
    first = put(stack, template(Tags={"a": "1", "b": "1"}))["Arn"]
    assert put(stack, template(Tags={"a": "2"}), update=True)["Arn"] == first
    assert clients[1].list_tags_for_resource(resourceArn=first)["tags"] == {"a": "2"}
    second = put(stack, template(version="1.1.0"), update=True)["Arn"]
    assert second.rpartition("/")[0] == f"{OWN}image/golden/1.1.0"
    with pytest.raises(clients[1].exceptions.ResourceNotFoundException):
        clients[1].get_image(imageBuildVersionArn=first)


def test_container_image_gives_its_uri_and_no_ami(stack: Any) -> None:
    given = template()
    given["Recipe"] = resource(
        "ContainerRecipe",
        Name="app",
        Version="1.0.0",
        ParentImage="amazonlinux:latest",
        ContainerType="DOCKER",
        TargetRepository={"Service": "ECR", "RepositoryName": "apps"},
        Components=[{"ComponentArn": {"Ref": "Component"}}],
    )
    given["Image"]["Properties"]["ContainerRecipeArn"] = given["Image"]["Properties"].pop("ImageRecipeArn")
    uri = put(stack, given, "ImageUri")["ImageUri"]
    assert uri.startswith("000000000000.dkr.ecr.us-east-1.amazonaws.com/apps:1.0.0-")


def test_image_of_a_recipe_that_does_not_exist_is_refused(stack: Any) -> None:
    with pytest.raises(WaiterError):
        put(stack, template(ImageRecipeArn=f"{OWN}image-recipe/none/1.0.0"))
    assert f"'{OWN}image-recipe/none/1.0.0' cannot be found" in reason(stack)


def with_pipeline(description: str, **settings: Any) -> dict[str, Any]:
    given = template()
    references = given["Image"]["Properties"]
    given["Pipeline"] = resource("ImagePipeline", Name="golden", Description=description, **references)
    settings["DeploymentId"] = {"Fn::GetAtt": ["Pipeline", "DeploymentId"]}
    given["Image"] = resource("Image", ImagePipelineExecutionSettings=settings)
    return given


@pytest.mark.parametrize(("on_update", "builds"), [(True, 2), (False, 1)])
def test_pipeline_is_run_for_an_image_and_again_on_updates_if_that_is_wanted(
    stack: Any, clients: tuple[Any, Any], on_update: bool, builds: int
) -> None:
    settings = {"OnUpdate": True} if on_update else {}
    first = put(stack, with_pipeline("first", **settings))["Arn"]
    image = clients[1].get_image(imageBuildVersionArn=first)["image"]
    assert image["sourcePipelineArn"] == f"{OWN}image-pipeline/golden"
    second = put(stack, with_pipeline("second", **settings), update=True)["Arn"]
    assert len({first, second}) == builds


def test_lifecycle_policy_is_registered(stack: Any, clients: tuple[Any, Any]) -> None:
    policy = resource(
        "LifecyclePolicy",
        Name="Old Images",
        ExecutionRole="arn:aws:iam::000000000000:role/cleaner",
        ResourceType="AMI_IMAGE",
        PolicyDetails=[{"Action": {"Type": "DELETE"}, "Filter": {"Type": "COUNT", "Value": 3}}],
        ResourceSelection={"Recipes": [{"Name": "golden", "SemanticVersion": "x.x.x"}]},
        Tags={"team": "web"},
    )
    given = template() | {"Policy": policy}
    body = json.dumps({"Resources": given, "Outputs": {"Arn": {"Value": {"Fn::GetAtt": ["Policy", "Arn"]}}}})
    stack.create_stack(StackName="images", TemplateBody=body)
    waiter = stack.get_waiter("stack_create_complete")
    waiter.wait(StackName="images", WaiterConfig={"Delay": 0.05, "MaxAttempts": 200})
    (described,) = stack.describe_stacks(StackName="images")["Stacks"]
    arn = described["Outputs"][0]["OutputValue"]
    assert arn == f"{OWN}lifecycle-policy/old-images"
    assert clients[1].list_tags_for_resource(resourceArn=arn)["tags"] == {"team": "web"}
