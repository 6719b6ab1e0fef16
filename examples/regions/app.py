"""One pipeline in each of several accounts and Regions.

Without the context key `environments` there is one stack, for whatever account and Region the credentials are of.
"""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_imagebuilder as imagebuilder
from constructs import Construct

from cdk_imagebuilder_pipeline import ImagePipeline


class BaseImage(cdk.Stack):
    """Recipe, infrastructure and pipeline of one account and Region, since Image Builder keeps each to itself."""

    def __init__(self, scope: Construct, construct_id: str, *, env: cdk.Environment | None = None) -> None:
        super().__init__(scope, construct_id, env=env)
        recipe = imagebuilder.CfnImageRecipe(
            self,
            "Recipe",
            name="base",
            version="1.0.0",
            parent_image=f"arn:{self.partition}:imagebuilder:{self.region}:aws:image/amazon-linux-2023-x86/x.x.x",
        )
        # What builds is an EC2 instance, so it needs a role of its own, in an instance profile.
        role = iam.Role(
            self,
            "BuildInstance",
            assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"),
            managed_policies=[
                iam.ManagedPolicy.from_aws_managed_policy_name("AmazonSSMManagedInstanceCore"),
                iam.ManagedPolicy.from_aws_managed_policy_name("EC2InstanceProfileForImageBuilder"),
            ],
        )
        infrastructure = imagebuilder.CfnInfrastructureConfiguration(
            self,
            "Infrastructure",
            name="base",
            instance_profile_name=iam.InstanceProfile(self, "InstanceProfile", role=role).instance_profile_name,
        )
        pipeline = ImagePipeline(
            self,
            "Pipeline",
            image_pipeline_name="base",
            recipe=recipe,
            infrastructure_configuration=infrastructure,
        )
        cdk.CfnOutput(self, "PipelineArn", value=pipeline.image_pipeline_arn)


app = cdk.App()
environments = app.node.try_get_context("environments") or ""
for environment in filter(None, environments.split(",")):
    account, region = environment.split("/")
    BaseImage(app, f"BaseImage-{account}-{region}", env=cdk.Environment(account=account, region=region))
if not environments:
    BaseImage(app, "BaseImage")
app.synth()
