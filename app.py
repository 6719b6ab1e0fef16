"""The example app: a golden image, built every week, from its component to its pipeline.

It deploys unchanged to AWS (`cdk deploy`) and to a laptop's local cloud (`make local`).
"""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_imagebuilder as imagebuilder
from constructs import Construct

from cdk_imagebuilder_pipeline import ImagePipeline, ImagePipelineSchedule

HARDEN = """\
name: harden
schemaVersion: 1.0
phases:
  - name: build
    steps:
      - name: UpdatePackages
        action: ExecuteBash
        inputs:
          commands:
            - dnf upgrade --assumeyes
"""


class GoldenImage(cdk.Stack):
    """Everything that EC2 Image Builder needs to bake one Amazon Linux image a week."""

    def __init__(
        self, scope: Construct, construct_id: str, *, description: str = "Amazon Linux, patched weekly"
    ) -> None:
        super().__init__(scope, construct_id)
        component = imagebuilder.CfnComponent(
            self, "Harden", name="harden", version="1.0.0", platform="Linux", data=HARDEN
        )
        recipe = imagebuilder.CfnImageRecipe(
            self,
            "Recipe",
            name="golden",
            version="1.0.0",
            parent_image=f"arn:{self.partition}:imagebuilder:{self.region}:aws:image/amazon-linux-2023-x86/x.x.x",
            components=[imagebuilder.CfnImageRecipe.ComponentConfigurationProperty(component_arn=component.attr_arn)],
        )
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
            name="golden",
            instance_profile_name=iam.InstanceProfile(self, "InstanceProfile", role=role).instance_profile_name,
        )
        pipeline = ImagePipeline(
            self,
            "Pipeline",
            recipe=recipe,
            infrastructure_configuration=infrastructure,
            description=description,
            schedule=ImagePipelineSchedule(expression="cron(0 6 ? * SUN *)", timezone="Europe/London"),
        )
        cdk.CfnOutput(self, "PipelineArn", value=pipeline.image_pipeline_arn)
        cdk.CfnOutput(self, "PipelineName", value=pipeline.image_pipeline_name)


if __name__ == "__main__":
    app = cdk.App()
    GoldenImage(app, "GoldenImage")
    app.synth()
