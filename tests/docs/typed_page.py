"""The program of docs/types.md."""

from typing import cast

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns

from cdk_imagebuilder_pipeline import ImagePipeline, ImagePipelineProvider

app = cdk.App()
stack = cdk.Stack(app, "Images")
key = kms.Key(stack, "Key")
provider = ImagePipelineProvider(stack, "Provider", encryption_key=cast(kms.IKey, key))
pipeline = ImagePipeline(
    stack,
    "Golden",
    recipe="arn:aws:imagebuilder:eu-west-1:111122223333:image-recipe/golden/1.0.0",
    infrastructure_configuration="arn:aws:imagebuilder:eu-west-1:111122223333:infrastructure-configuration/golden",
    provider=provider,
)
topic = cast(sns.ITopic, sns.Topic(stack, "Failures"))
pipeline.on_image_build_failed("Failed", target=cast(events.IRuleTarget, targets.SnsTopic(topic)))
pipeline.notify_auto_disabled(topic)

builder = cast(iam.IPrincipal, iam.ServicePrincipal("ec2.amazonaws.com"))
iam.Role(stack, "BuildInstance", assumed_by=builder)
rule = pipeline.on_image_build_completed("Completed")
rule.add_target(cast(events.IRuleTarget, targets.SnsTopic(topic)))
app.synth()
