"""One pipeline in each of several accounts and Regions.

Without the context key `environments` there is one stack, for whatever account and Region the credentials are of.
"""

import aws_cdk as cdk
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
        infrastructure = imagebuilder.CfnInfrastructureConfiguration(
            self, "Infrastructure", name="base", instance_profile_name="EC2InstanceProfileForImageBuilder"
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
