"""The stack after: the same pipeline, adopted and not created again."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_imagebuilder as imagebuilder

from cdk_imagebuilder_pipeline import ImagePipeline

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
pipeline = ImagePipeline(
    stack,
    "Pipeline",
    image_pipeline_name="legacy",
    recipe=recipe,
    infrastructure_configuration=infrastructure,
    adopt_existing=True,
)
cdk.CfnOutput(stack, "PipelineArn", value=pipeline.image_pipeline_arn)
app.synth()
