"""CDK Pipelines deploys the stack with the image pipeline, first to a test account, then to production."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_imagebuilder as imagebuilder
from aws_cdk import pipelines
from constructs import Construct

from cdk_imagebuilder_pipeline import ImagePipeline


class Images(cdk.Stage):
    """What is deployed as one."""

    def __init__(self, scope: Construct, construct_id: str, *, env: cdk.Environment | None = None) -> None:
        super().__init__(scope, construct_id, env=env)
        stack = cdk.Stack(self, "Images")
        recipe = imagebuilder.CfnImageRecipe(
            stack,
            "Recipe",
            name="shipped",
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
            name="shipped",
            instance_profile_name=iam.InstanceProfile(stack, "InstanceProfile", role=role).instance_profile_name,
        )
        pipeline = ImagePipeline(
            stack,
            "Pipeline",
            image_pipeline_name="shipped",
            recipe=recipe,
            infrastructure_configuration=infrastructure,
        )
        self.arn = cdk.CfnOutput(stack, "PipelineArn", value=pipeline.image_pipeline_arn)


app = cdk.App()
# The very stage that production gets, for a laptop: `imagebuilder-local deploy` takes it and leaves the rest.
if app.node.try_get_context("local"):
    Images(app, "Local")
else:
    delivery = cdk.Stack(app, "Delivery", env=cdk.Environment(account="111122223333", region="eu-west-1"))
    pipeline = pipelines.CodePipeline(
        delivery,
        "Pipeline",
        cross_account_keys=True,
        synth=pipelines.ShellStep(
            "Synth",
            input=pipelines.CodePipelineSource.connection(
                "example/images",
                "main",
                connection_arn="arn:aws:codeconnections:eu-west-1:111122223333:connection/6f2d1c3e",
            ),
            commands=["pip install -r requirements.txt", "npx aws-cdk@2.1148.1 synth"],
        ),
    )
    pipeline.add_stage(Images(app, "Test", env=cdk.Environment(account="222233334444", region="eu-west-1")))
    production = Images(app, "Production", env=cdk.Environment(account="333344445555", region="eu-west-1"))
    pipeline.add_stage(production, pre=[pipelines.ManualApprovalStep("Release")])
app.synth()
