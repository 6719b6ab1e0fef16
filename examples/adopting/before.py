"""The stack before: a native pipeline, which is to be kept when it leaves the template."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_imagebuilder as imagebuilder

app = cdk.App()
stack = cdk.Stack(app, "LegacyImage")
recipe = imagebuilder.CfnImageRecipe(
    stack,
    "Recipe",
    name="legacy",
    version="1.0.0",
    parent_image=f"arn:{stack.partition}:imagebuilder:{stack.region}:aws:image/amazon-linux-2023-x86/x.x.x",
)
# What builds is an EC2 instance, so it needs a role of its own, in an instance profile.
role = iam.Role(
    stack,
    "BuildInstance",
    assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"),
    managed_policies=[
        iam.ManagedPolicy.from_aws_managed_policy_name("AmazonSSMManagedInstanceCore"),
        iam.ManagedPolicy.from_aws_managed_policy_name("EC2InstanceProfileForImageBuilder"),
    ],
)
infrastructure = imagebuilder.CfnInfrastructureConfiguration(
    stack,
    "Infrastructure",
    name="legacy",
    instance_profile_name=iam.InstanceProfile(stack, "InstanceProfile", role=role).instance_profile_name,
)
native = imagebuilder.CfnImagePipeline(
    stack,
    "NativePipeline",
    name="legacy",
    image_recipe_arn=recipe.attr_arn,
    infrastructure_configuration_arn=infrastructure.attr_arn,
)
native.apply_removal_policy(cdk.RemovalPolicy.RETAIN)
# CloudFormation passes over an update of the policies alone.
native.add_metadata("Migration", "kept when this resource leaves the template")
app.synth()
