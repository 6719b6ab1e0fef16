"""Stack with the resources that the probes' pipelines refer to: recipes of both types and configurations."""

from typing import Any, NamedTuple

import aws_cdk as cdk
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam
from aws_cdk import aws_imagebuilder as imagebuilder
from tools.smoke_aws.account import Account

COMPONENT = """\
name: smoke
schemaVersion: 1.0
phases:
  - name: build
    steps:
      - name: Nothing
        action: ExecuteBash
        inputs:
          commands: ["true"]
"""
DOCKERFILE = (
    "FROM {{{ imagebuilder:parentImage }}}\n{{{ imagebuilder:environments }}}\n{{{ imagebuilder:components }}}\n"
)


class Parts(NamedTuple):
    """ARNs of the resources that pipelines refer to."""

    image_recipe: str
    other_image_recipe: str
    container_recipe: str
    infrastructure: str
    distribution: str


def add_parts(account: Account, stack: cdk.Stack) -> None:
    """Add the resources to the stack. Its outputs are the fields of `Parts`."""
    prefix, tags = account.prefix, account.tags
    component = imagebuilder.CfnComponent(
        stack, "Component", name=prefix, version="1.0.0", platform="Linux", data=COMPONENT, tags=tags
    )
    recipes = {
        field: imagebuilder.CfnImageRecipe(
            stack,
            field,
            name=f"{prefix}-{name}",
            version="1.0.0",
            parent_image=account.arn("image/amazon-linux-2023-x86/x.x.x", owner="aws"),
            components=[imagebuilder.CfnImageRecipe.ComponentConfigurationProperty(component_arn=component.attr_arn)],
            tags=tags,
        )
        for field, name in (("image_recipe", "image"), ("other_image_recipe", "other"))
    }
    repository = ecr.Repository(stack, "Repository", removal_policy=cdk.RemovalPolicy.DESTROY, empty_on_delete=True)
    container = imagebuilder.CfnContainerRecipe(
        stack,
        "ContainerRecipe",
        name=f"{prefix}-container",
        version="1.0.0",
        container_type="DOCKER",
        parent_image=account.arn("image/amazon-linux-x86-2/x.x.x", owner="aws"),
        dockerfile_template_data=DOCKERFILE,
        components=[imagebuilder.CfnContainerRecipe.ComponentConfigurationProperty(component_arn=component.attr_arn)],
        target_repository=imagebuilder.CfnContainerRecipe.TargetContainerRepositoryProperty(
            service="ECR", repository_name=repository.repository_name
        ),
        tags=tags,
    )
    infrastructure = imagebuilder.CfnInfrastructureConfiguration(
        stack,
        "Infrastructure",
        name=prefix,
        instance_profile_name=_instance_profile(stack),
        resource_tags=tags,
        tags=tags,
    )
    distribution = imagebuilder.CfnDistributionConfiguration(
        stack,
        "Distribution",
        name=prefix,
        distributions=[
            imagebuilder.CfnDistributionConfiguration.DistributionProperty(
                region=account.region,
                ami_distribution_configuration={
                    "Name": f"{prefix}-{{{{ imagebuilder:buildDate }}}}",
                    "AmiTags": tags,
                },
            )
        ],
        tags=tags,
    )
    made: tuple[Any, ...] = (*recipes.values(), container, infrastructure, distribution)
    for field, part in zip(Parts._fields, made, strict=True):
        cdk.CfnOutput(stack, f"Output{field.replace('_', '')}", value=part.attr_arn)


def parts_of(outputs: dict[str, str]) -> Parts:
    """Return the parts from the outputs of the stack."""
    return Parts(**{field: outputs[f"Output{field.replace('_', '')}"] for field in Parts._fields})


def _instance_profile(stack: cdk.Stack) -> str:
    principal: Any = iam.ServicePrincipal("ec2.amazonaws.com")  # pyright does not recognise it as an IPrincipal
    policies = ["AmazonSSMManagedInstanceCore", "EC2InstanceProfileForImageBuilder"]
    role: Any = iam.Role(
        stack,
        "BuildInstance",
        assumed_by=principal,
        managed_policies=[iam.ManagedPolicy.from_aws_managed_policy_name(policy) for policy in policies],
    )
    return iam.InstanceProfile(stack, "InstanceProfile", role=role).instance_profile_name
