"""Recipes, configurations and workflows given as constructs, as ARNs and as tokens."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_imagebuilder as imagebuilder

from cdk_imagebuilder_pipeline import ImagePipeline, RecipeType, WorkflowConfiguration

ARN = "arn:aws:imagebuilder:eu-west-1:123456789012"
Properties = Callable[[], dict[str, Any]]


@dataclass
class OnlyArn:
    """What an imported resource of the alpha L2 looks like from Python: the ARN, and no reference."""

    image_recipe_arn: str | None = None
    container_recipe_arn: str | None = None
    infrastructure_configuration_arn: str | None = None
    distribution_configuration_arn: str | None = None
    workflow_arn: str | None = None


def image_recipe(stack: cdk.Stack) -> imagebuilder.CfnImageRecipe:
    return imagebuilder.CfnImageRecipe(
        stack,
        "Recipe",
        name="web",
        version="1.0.0",
        parent_image="ami-0123456789abcdef0",
        components=[{"componentArn": f"{ARN}:component/web/1.0.0/1"}],
    )


def container_recipe(stack: cdk.Stack) -> imagebuilder.CfnContainerRecipe:
    return imagebuilder.CfnContainerRecipe(
        stack,
        "Recipe",
        name="web",
        version="1.0.0",
        parent_image="amazonlinux:latest",
        container_type="DOCKER",
        components=[{"componentArn": f"{ARN}:component/web/1.0.0/1"}],
        target_repository=imagebuilder.CfnContainerRecipe.TargetContainerRepositoryProperty(
            service="ECR", repository_name="web"
        ),
    )


def test_l1_image_recipe_is_an_image_recipe(
    stack: cdk.Stack, pipeline: Callable[..., ImagePipeline], properties: Properties
) -> None:
    pipeline(recipe=image_recipe(stack))
    assert properties()["ImageRecipeArn"] == {"Ref": "Recipe"}


def test_l1_container_recipe_is_a_container_recipe(
    stack: cdk.Stack, pipeline: Callable[..., ImagePipeline], properties: Properties
) -> None:
    pipeline(recipe=container_recipe(stack))
    assert properties()["ContainerRecipeArn"] == {"Ref": "Recipe"}


def test_l1_configurations_and_workflow_are_referred_to_by_arn(
    stack: cdk.Stack, pipeline: Callable[..., ImagePipeline], properties: Properties
) -> None:
    infrastructure = imagebuilder.CfnInfrastructureConfiguration(
        stack, "Infrastructure", name="web", instance_profile_name="web"
    )
    distribution = imagebuilder.CfnDistributionConfiguration(stack, "Distribution", name="web", distributions=[])
    workflow = imagebuilder.CfnWorkflow(stack, "Workflow", name="smoke", type="TEST", version="1.0.0", data="{}")
    principal: Any = iam.AccountRootPrincipal()  # pyright does not see an IPrincipal in it
    pipeline(
        infrastructure_configuration=infrastructure,
        distribution_configuration=distribution,
        workflows=[WorkflowConfiguration(workflow=workflow)],
        execution_role=iam.Role(stack, "Role", assumed_by=principal),
    )
    found = properties()
    assert found["InfrastructureConfigurationArn"] == {"Ref": "Infrastructure"}
    assert found["DistributionConfigurationArn"] == {"Ref": "Distribution"}
    assert found["Workflows"] == [{"WorkflowArn": {"Ref": "Workflow"}}]
    assert found["ExecutionRole"]["Fn::GetAtt"][0].startswith("Role")


@pytest.mark.parametrize(
    ("recipe", "member"),
    [
        (OnlyArn(image_recipe_arn=f"{ARN}:image-recipe/web/1.0.0"), "ImageRecipeArn"),
        (OnlyArn(container_recipe_arn=f"{ARN}:container-recipe/web/1.0.0"), "ContainerRecipeArn"),
        (f"{ARN}:container-recipe/web/x.x.x", "ContainerRecipeArn"),
        (f"arn:{cdk.Aws.PARTITION}:imagebuilder:{cdk.Aws.REGION}:{cdk.Aws.ACCOUNT_ID}:image-recipe/web/1.0.0", "ImageRecipeArn"),
    ],
)  # fmt: skip
def test_type_of_recipe_is_read_from_the_attribute_or_the_arn(
    pipeline: Callable[..., ImagePipeline], properties: Properties, recipe: Any, member: str
) -> None:
    pipeline(recipe=recipe)
    assert properties().keys() == {"Name", member, "InfrastructureConfigurationArn"}


def test_objects_with_only_an_arn_are_taken_for_configurations_and_workflows(
    pipeline: Callable[..., ImagePipeline], properties: Properties
) -> None:
    infrastructure = f"{ARN}:infrastructure-configuration/web"
    distribution = f"{ARN}:distribution-configuration/web"
    workflow: Any = OnlyArn(workflow_arn=f"{ARN}:workflow/test/smoke/1.0.0/1")
    pipeline(
        infrastructure_configuration=OnlyArn(infrastructure_configuration_arn=infrastructure),
        distribution_configuration=OnlyArn(distribution_configuration_arn=distribution),
        workflows=[WorkflowConfiguration(workflow=workflow)],
    )
    found = properties()
    assert found["InfrastructureConfigurationArn"] == infrastructure
    assert found["DistributionConfigurationArn"] == distribution
    assert found["Workflows"] == [{"WorkflowArn": workflow.workflow_arn}]


def test_token_that_does_not_say_its_type_is_refused_with_the_two_ways_out(
    pipeline: Callable[..., ImagePipeline],
) -> None:
    with pytest.raises(
        ValueError,
        match=r"^ImagePipeline 'Stack/Web': recipe has a type that is known only at .* construct, or set recipe_type=",
    ):
        pipeline(recipe=cdk.Fn.import_value("Recipe"))


@pytest.mark.parametrize(
    ("recipe_type", "member"), [(RecipeType.IMAGE, "ImageRecipeArn"), (RecipeType.CONTAINER, "ContainerRecipeArn")]
)
def test_token_with_a_recipe_type_is_that_type(
    pipeline: Callable[..., ImagePipeline], properties: Properties, recipe_type: RecipeType, member: str
) -> None:
    pipeline(recipe=cdk.Fn.import_value("Recipe"), recipe_type=recipe_type)
    assert properties()[member] == {"Fn::ImportValue": "Recipe"}
