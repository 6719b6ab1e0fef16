"""A pipeline that runs every night, stops after three failures in a row, and says so."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_imagebuilder as imagebuilder
from aws_cdk import aws_sns_subscriptions as subscriptions

from cdk_imagebuilder_pipeline import ImagePipeline, ImagePipelineSchedule, ScheduleStartCondition

app = cdk.App()
stack = cdk.Stack(app, "NightlyImage")

recipe = imagebuilder.CfnImageRecipe(
    stack,
    "Recipe",
    name="nightly",
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
    name="nightly",
    instance_profile_name=iam.InstanceProfile(stack, "InstanceProfile", role=role).instance_profile_name,
)
pipeline = ImagePipeline(
    stack,
    "Pipeline",
    image_pipeline_name="nightly",
    recipe=recipe,
    infrastructure_configuration=infrastructure,
    schedule=ImagePipelineSchedule(
        expression="cron(30 2 ? * MON-FRI *)",
        timezone=cdk.TimeZone.EUROPE_LONDON,
        start_condition=ScheduleStartCondition.EXPRESSION_MATCH_AND_DEPENDENCY_UPDATES_AVAILABLE,
        auto_disable_failure_count=3,
    ),
)
topic = pipeline.notify_auto_disabled()
topic.add_subscription(subscriptions.EmailSubscription("images@example.com"))
cdk.CfnOutput(stack, "PipelineArn", value=pipeline.image_pipeline_arn)
app.synth()
