"""The newest image without building: its resource, its attributes, its grant, and what is refused."""

import re
from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_imagebuilder as imagebuilder
from aws_cdk import aws_imagebuilder_alpha as alpha
from aws_cdk import aws_ssm as ssm
from aws_cdk.assertions import Template
from support.evaluation import Deployment

from cdk_imagebuilder_pipeline import BuiltImage, ImagePipeline, ImagePipelineProvider, LatestImage

HERE = "arn:aws:imagebuilder:eu-west-1:123456789012"
IMAGE = "Custom::ImagePipelineImage"
RECIPE = f"{HERE}:image-recipe/web/1.0.0"
CONTAINER = f"{HERE}:container-recipe/web/1.0.0"
TOKEN = "arn:aws:lambda:eu-west-1:123456789012:function:images"
Resources = Callable[..., dict[str, Any]]


@pytest.fixture
def stack(app: cdk.App) -> cdk.Stack:
    return cdk.Stack(app, "Stack", env=cdk.Environment(account="123456789012", region="eu-west-1"))


def latest(stack: cdk.Stack, **options: Any) -> LatestImage:
    return ImagePipeline.latest_image(stack, "Newest", **options)


def reads(stack: cdk.Stack) -> Any:
    """Return the resources whose images the function may read."""
    (policy,) = Template.from_stack(stack).find_resources("AWS::IAM::Policy").values()
    statements = policy["Properties"]["PolicyDocument"]["Statement"]
    (statement,) = (one for one in statements if one["Action"] == ["imagebuilder:GetImage"])
    assert "Condition" not in statement
    return statement["Resource"]


def own(name: object, version: str = "*.*.*") -> Any:
    before = "arn:aws:imagebuilder:eu-west-1:123456789012:image/"
    return cdk.Fn.join("", [before, str(name), f"/{version}"])


def test_newest_image_of_a_recipe_is_one_resource_that_waits_for_nothing(
    stack: cdk.Stack, resources: Resources
) -> None:
    image = latest(stack, recipe=RECIPE)
    assert isinstance(image, BuiltImage)
    (found,) = resources(stack, IMAGE).values()
    (function,) = resources(stack, "AWS::Lambda::Function")
    assert found["Properties"] == {
        "ServiceToken": {"Fn::GetAtt": [function, "Arn"]},
        "ServiceTimeout": 1080,
        "ImageArn": {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":imagebuilder:eu-west-1:123456789012:image/web/x.x.x"]]},
        "WaitSeconds": 0,
    }  # fmt: skip
    assert resources(stack, "Custom::ImagePipeline") == resources(stack, "AWS::StepFunctions::StateMachine") == {}
    assert image.node.path == "Stack/Newest"
    assert [child.node.id for child in image.node.children] == ["Resource"]


def test_triggers_are_a_hash_that_changes_with_them(stack: cdk.Stack, resources: Resources) -> None:
    for number, triggers in enumerate((None, {}, {"month": "10"}, {"month": "11"}, {"month": "11"})):
        ImagePipeline.latest_image(stack, f"Newest{number}", recipe=RECIPE, triggers=triggers)
    found = [one["Properties"].get("Trigger") for _, one in sorted(resources(stack, IMAGE).items())]
    assert found[:2] == [None, None]
    assert found[3] == found[4] != found[2]
    assert [len(one) for one in found[2:]] == [32, 32, 32]


def test_trigger_may_be_a_parameter(stack: cdk.Stack, resources: Resources) -> None:
    month = cdk.CfnParameter(stack, "Month")
    latest(stack, recipe=RECIPE, triggers={"month": month.value_as_string})
    (found,) = resources(stack, IMAGE).values()
    assert Deployment({"Month": "11"}).value(found["Properties"]["Trigger"]).endswith("11")


RECIPES: list[Any] = [
    lambda stack: imagebuilder.CfnImageRecipe(stack, "Recipe", name="web", version="1.0.0", parent_image="ami-1"),
    lambda stack: (
        imagebuilder.CfnImageRecipe(stack, "Recipe", name="web", version="1.0.0", parent_image="ami-1").attr_arn
    ),
    lambda stack: alpha.ImageRecipe(
        stack,
        "Recipe",
        base_image=alpha.BaseImage.from_string("ami-1"),
    ),
    lambda stack: cdk.CfnParameter(stack, "Recipe").value_as_string,
]


@pytest.mark.parametrize("make", RECIPES, ids=["L1", "its ARN", "alpha", "parameter"])
def test_name_is_taken_out_of_a_recipe_that_is_known_at_deploy(
    stack: cdk.Stack, resources: Resources, make: Callable[[cdk.Stack], Any]
) -> None:
    latest(stack, recipe=make(stack))
    (found,) = resources(stack, IMAGE).values()
    name = next(key for key in Template.from_stack(stack).to_json()["Resources"] | {"Recipe": 0} if "Recipe" in key)
    deployment = Deployment({"Recipe": RECIPE, name: RECIPE, f"{name}.Arn": RECIPE})
    assert deployment.value(found["Properties"]["ImageArn"]) == f"{HERE}:image/web/x.x.x"
    assert deployment.value(reads(stack)) == [f"{HERE}:image/web/*.*.*"]


@pytest.mark.parametrize(
    ("arn", "granted"),
    [
        (f"{HERE}:image/web/x.x.x", ["*.*.*"]),
        (f"{HERE}:image/web/1.x.x", ["1.*.*"]),
        (f"{HERE}:image/web/1.0.0", ["1.0.0", "1.0.0/*"]),
        (f"{HERE}:image/web/1.0.0/2", ["1.0.0/2"]),
        ("arn:aws:imagebuilder:eu-west-1:aws:image/amazon-linux-2023-x86/x.x.x", ["*.*.*"]),
    ],
)
def test_image_arn_is_looked_up_as_it_is_and_the_function_may_read_no_other(
    stack: cdk.Stack, resources: Resources, arn: str, granted: list[str]
) -> None:
    latest(stack, image_arn=arn)
    (found,) = resources(stack, IMAGE).values()
    assert found["Properties"]["ImageArn"] == arn
    image = "/".join(arn.split("/")[:2])
    assert reads(stack) == [f"{image}/{version}" for version in granted]


def test_image_arn_that_is_known_at_deploy_may_name_any_version_of_its_image(
    stack: cdk.Stack, resources: Resources
) -> None:
    latest(stack, image_arn=cdk.CfnParameter(stack, "Image").value_as_string)
    (found,) = resources(stack, IMAGE).values()
    assert found["Properties"]["ImageArn"] == {"Ref": "Image"}
    assert Deployment({"Image": f"{HERE}:image/web/1.0.0/1"}).value(reads(stack)) == [f"{HERE}:image/web/*"]


def test_attributes_are_those_of_a_build(stack: cdk.Stack) -> None:
    image = latest(stack, recipe=RECIPE)
    found = [image.image_id, image.image_id_in("us-east-1"), image.image_version, image.image_arn]
    (name,) = {one["Fn::GetAtt"][0] for one in stack.resolve(found) if "Fn::GetAtt" in one}
    assert stack.resolve(found) == [
        {"Fn::GetAtt": [name, "ImageId"]},
        {"Fn::GetAtt": [name, "ImageId.us-east-1"]},
        {"Fn::GetAtt": [name, "Version"]},
        {"Ref": name},
    ]
    ec2.LaunchTemplate(stack, "Template", machine_image=image.machine_image)
    (template,) = Template.from_stack(stack).find_resources("AWS::EC2::LaunchTemplate").values()
    assert template["Properties"]["LaunchTemplateData"]["ImageId"] == {"Fn::GetAtt": [name, "ImageId"]}


def test_output_of_the_other_type_of_recipe_is_refused_and_of_an_arn_it_is_not(stack: cdk.Stack) -> None:
    message = r"^LatestImage 'Stack/Newest': image_id is not what the pipeline builds: got a recipe of type container"
    container = latest(stack, recipe=CONTAINER)
    assert container.image_uri
    with pytest.raises(ValueError, match=message):
        _ = container.image_id
    either = ImagePipeline.latest_image(stack, "Either", image_arn=f"{HERE}:image/web/x.x.x")
    assert either.image_uri
    assert either.image_id_in("us-east-1")


def test_windows_recipe_makes_a_windows_machine_image(stack: cdk.Stack) -> None:
    component = imagebuilder.CfnComponent(stack, "Component", name="c", version="1.0.0", platform="Windows", data="d")
    recipe = imagebuilder.CfnImageRecipe(
        stack,
        "Recipe",
        name="win",
        version="1.0.0",
        parent_image="ami-1",
        components=[imagebuilder.CfnImageRecipe.ComponentConfigurationProperty(component_arn=component.attr_arn)],
    )
    windows = latest(stack, recipe=recipe).machine_image.get_image(stack)
    linux = ImagePipeline.latest_image(stack, "Linux", recipe=RECIPE).machine_image.get_image(stack)
    assert windows.os_type == ec2.OperatingSystemType.WINDOWS
    assert linux.os_type == ec2.OperatingSystemType.LINUX


def test_construct_that_depends_on_the_image_is_deployed_after_it(stack: cdk.Stack, resources: Resources) -> None:
    image = latest(stack, recipe=RECIPE)
    after = cdk.CfnResource(stack, "After", type="Some::Service::Thing")
    after.node.add_dependency(image)
    (name,) = resources(stack, IMAGE)
    assert resources(stack)["After"]["DependsOn"] == [name]


def test_recipe_whose_parent_is_the_newest_image_makes_no_circle(stack: cdk.Stack, resources: Resources) -> None:
    parent = latest(stack, recipe=RECIPE)
    child = imagebuilder.CfnImageRecipe(stack, "Child", name="child", version="1.0.0", parent_image=parent.image_id)
    ImagePipeline(
        stack, "Pipeline", recipe=child, infrastructure_configuration=f"{HERE}:infrastructure-configuration/w"
    )
    newest = ImagePipeline.latest_image(stack, "NewestChild", recipe=child)
    cdk.CfnOutput(stack, "Id", value=newest.image_id)
    assert len(resources(stack, IMAGE)) == 2  # Template.from_stack refuses circles
    before = Deployment({}).value(reads(stack))
    assert [one.rpartition(":")[2] for one in before] == ["image/web/*.*.*", "image/*"]


def test_provider_of_another_stack_is_used_only_where_it_serves(app: cdk.App, stack: cdk.Stack) -> None:
    provider = ImagePipelineProvider(cdk.Stack(app, "Provider"), "Provider")
    with pytest.raises(
        ValueError, match=r"^LatestImage 'Stack/Newest': provider 'Provider/Provider' belongs to another"
    ):
        latest(stack, recipe=RECIPE, provider=provider)


def test_provider_that_is_deployed_elsewhere_gets_no_grants(stack: cdk.Stack, resources: Resources) -> None:
    provider = ImagePipelineProvider.from_service_token(stack, "Provider", TOKEN)
    latest(stack, recipe=RECIPE, provider=provider)
    assert [one["Type"] for one in resources(stack).values()] == [IMAGE]


def test_provider_of_many_stacks_reads_the_images_that_its_owner_allows(app: cdk.App) -> None:
    stack = cdk.Stack(app, "Shared")
    provider = ImagePipelineProvider(stack, "Provider", stack_names=["Team*"])
    assert "'imagebuilder:GetImage'" not in str(provider.policy.documents())
    provider.policy.allow_read("image", f"{HERE}:image/golden/*")
    assert reads(stack) == [f"{HERE}:image/golden/*"]


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({}, "latest_image needs the recipe or the ARN of the image: got neither, give recipe or image_arn"),
    ({"recipe": RECIPE, "image_arn": f"{HERE}:image/web/x.x.x"}, "latest_image needs the recipe or the ARN of the image: got both, give recipe or image_arn"),
    ({"recipe": "web"}, "recipe must be a recipe construct or the ARN of a recipe: got 'web'"),
    ({"recipe": 3}, "recipe must be a recipe construct or the ARN of a recipe: got 3"),
    ({"image_arn": f"{HERE}:image/web"}, "image_arn does not match the pattern"),
    ({"image_arn": RECIPE}, "image_arn does not match the pattern"),
    ({"image_arn": 3}, "image_arn must be a string: got 3"),
    ({"recipe": RECIPE, "triggers": ["11"]}, "triggers must be a map: got a list"),
    ({"recipe": RECIPE, "triggers": {"month": 11}}, "triggers['month'] must be a string: got 11"),
    ({"recipe": "{{resolve:ssm:/recipe}}"}, "recipe is a dynamic reference, so CloudFormation cannot extract the recipe name"),
    ({"triggers": {"month": 11}}, "2 problems:\n- latest_image needs"),
]  # fmt: skip


@pytest.mark.parametrize(("options", "message"), REFUSED, ids=range(len(REFUSED)))
def test_wrong_arguments_are_refused_with_every_problem(
    stack: cdk.Stack, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=f"^LatestImage 'Stack/Newest': {re.escape(message)}"):
        latest(stack, **options)
    assert stack.node.try_find_child("Newest") is None


def test_looked_up_recipe_is_not_judged_before_it_is_known(stack: cdk.Stack) -> None:
    image = latest(stack, recipe=ssm.StringParameter.value_from_lookup(stack, "/recipe"))
    assert image.image_id
    assert image.image_uri
