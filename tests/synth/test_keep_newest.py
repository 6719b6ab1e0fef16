"""The lifecycle policy that keeps the newest images of a pipeline's recipe."""

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_imagebuilder as imagebuilder
from aws_cdk import aws_imagebuilder_alpha as alpha

from cdk_imagebuilder_pipeline import ImagePipeline

ARN = "arn:aws:imagebuilder:eu-west-1:123456789012"
POLICY = "AWS::ImageBuilder::LifecyclePolicy"
Make = Callable[..., ImagePipeline]
Resources = Callable[..., dict[str, Any]]


def test_policy_keeps_the_newest_of_every_version_and_what_stacks_use(
    stack: cdk.Stack, pipeline: Make, resources: Resources
) -> None:
    made = pipeline().keep_newest(5)
    ((_, policy),) = resources(stack, POLICY).items()
    ((role, _),) = ((key, one) for key, one in resources(stack, "AWS::IAM::Role").items() if "Lifecycle" in key)
    assert policy["Properties"] == {
        "Name": "Stack-Web-Lifecycle-5BD4278C",
        "ResourceType": "AMI_IMAGE",
        "ExecutionRole": {"Fn::GetAtt": [role, "Arn"]},
        "PolicyDetails": [
            {
                "Action": {"Type": "DELETE", "IncludeResources": {"Amis": True, "Snapshots": True}},
                "Filter": {"Type": "COUNT", "Value": 5},
                "ExclusionRules": {"TagMap": {"imagebuilder-pipeline:in-use": "true"}},
            }
        ],
        "ResourceSelection": {"Recipes": [{"Name": "web", "SemanticVersion": "x.x.x"}]},
    }
    assert isinstance(made, imagebuilder.CfnLifecyclePolicy)


def test_role_is_assumed_by_image_builder_and_has_the_managed_policy(
    stack: cdk.Stack, pipeline: Make, resources: Resources
) -> None:
    pipeline().keep_newest(5)
    (role,) = (one for key, one in resources(stack, "AWS::IAM::Role").items() if "Lifecycle" in key)
    (statement,) = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "imagebuilder.amazonaws.com"}
    (managed,) = role["Properties"]["ManagedPolicyArns"]
    assert managed["Fn::Join"][1][-1].endswith(":iam::aws:policy/service-role/EC2ImageBuilderLifecycleExecutionPolicy")


def test_given_role_is_used(stack: cdk.Stack, pipeline: Make, resources: Resources) -> None:
    role = iam.Role.from_role_arn(stack, "Role", "arn:aws:iam::123456789012:role/images")
    pipeline().keep_newest(5, execution_role=role)
    (policy,) = resources(stack, POLICY).values()
    assert policy["Properties"]["ExecutionRole"] == "arn:aws:iam::123456789012:role/images"
    assert not [key for key in resources(stack, "AWS::IAM::Role") if "Lifecycle" in key]


def test_container_images_are_deleted_in_their_repository(
    stack: cdk.Stack, pipeline: Make, resources: Resources
) -> None:
    pipeline(recipe=f"{ARN}:container-recipe/web/1.0.0").keep_newest(5)
    (policy,) = resources(stack, POLICY).values()
    (rule,) = policy["Properties"]["PolicyDetails"]
    assert policy["Properties"]["ResourceType"] == "CONTAINER_IMAGE"
    assert rule["Action"]["IncludeResources"] == {"Containers": True}


def test_recipe_of_the_app_is_selected_by_the_name_that_it_was_given(
    stack: cdk.Stack, pipeline: Make, resources: Resources
) -> None:
    recipe = imagebuilder.CfnImageRecipe(stack, "Recipe", name="My Web", version="1.0.0", parent_image="ami-1")
    pipeline(recipe=recipe).keep_newest(5)
    (policy,) = resources(stack, POLICY).values()
    assert policy["Properties"]["ResourceSelection"]["Recipes"][0]["Name"] == "My Web"


def test_recipe_of_the_alpha_l2_is_selected_by_its_name(stack: cdk.Stack, pipeline: Make, resources: Resources) -> None:
    recipe = alpha.ImageRecipe.from_image_recipe_attributes(
        stack, "Recipe", image_recipe_name="web", image_recipe_version="1.0.0"
    )
    pipeline(recipe=recipe).keep_newest(5)
    (policy,) = resources(stack, POLICY).values()
    assert policy["Properties"]["ResourceSelection"]["Recipes"][0]["Name"] == "web"


def test_recipe_that_is_a_parameter_is_selected_by_the_name_in_its_arn(
    stack: cdk.Stack, pipeline: Make, resources: Resources
) -> None:
    recipe = cdk.CfnParameter(stack, "RecipeArn").value_as_string
    pipeline(recipe=recipe, recipe_type="image").keep_newest(5)
    (policy,) = resources(stack, POLICY).values()
    name = policy["Properties"]["ResourceSelection"]["Recipes"][0]["Name"]
    assert name == {"Fn::Select": [1, {"Fn::Split": ["/", {"Ref": "RecipeArn"}]}]}


def test_count_may_be_a_token(stack: cdk.Stack, pipeline: Make, resources: Resources) -> None:
    pipeline().keep_newest(cdk.CfnParameter(stack, "Count", type="Number").value_as_number)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    (policy,) = resources(stack, POLICY).values()
    assert policy["Properties"]["PolicyDetails"][0]["Filter"]["Value"] == {"Ref": "Count"}


@pytest.mark.parametrize("count", [1, 1000])
def test_first_and_last_count_are_allowed(pipeline: Make, count: int) -> None:
    pipeline().keep_newest(count)


REFUSED: list[tuple[Any, str]] = [
    (0, "count is not a number of images that can be kept: got 0, allowed 1 to 1000"),
    (1001, "count is not a number of images that can be kept: got 1001, allowed 1 to 1000"),
    (1.5, "count is not a number of images that can be kept: got 1.5, allowed 1 to 1000"),
    ("5", "count must be a number: got '5', allowed 1 to 1000"),
    (True, "count must be a number: got true, allowed 1 to 1000"),
]


@pytest.mark.parametrize(("count", "message"), REFUSED, ids=range(len(REFUSED)))
def test_count_that_the_service_refuses_is_refused(pipeline: Make, count: Any, message: str) -> None:
    made = pipeline()
    with pytest.raises(ValueError, match=r"^ImagePipeline 'Stack/Web': ") as error:
        made.keep_newest(count)
    assert str(error.value) == f"ImagePipeline 'Stack/Web': {message}"
    assert made.node.try_find_child("Lifecycle") is None


def test_second_call_is_refused(pipeline: Make) -> None:
    made = pipeline()
    made.keep_newest(5)
    with pytest.raises(ValueError, match=r"keep_newest makes the one policy of a pipeline: got a second call"):
        made.keep_newest(5)


def test_recipe_whose_name_nobody_knows_is_refused(pipeline: Make) -> None:
    made = pipeline(recipe="{{resolve:ssm:/recipe}}", recipe_type="image")
    with pytest.raises(ValueError, match="recipe is a dynamic reference"):
        made.keep_newest(5)
