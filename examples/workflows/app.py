"""A pipeline with a build workflow of AWS and two test workflows of its own, which run side by side."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_imagebuilder as imagebuilder
from aws_cdk import aws_logs as logs

from cdk_imagebuilder_pipeline import ImagePipeline, WorkflowConfiguration, WorkflowOnFailure

BOOT = """\
name: boot
schemaVersion: 1.0
parameters:
  - name: instanceType
    type: string
    default: t3.small
steps:
  - name: LaunchTestInstance
    action: LaunchInstance
    onFailure: Abort
    inputs:
      waitFor: ssmAgent
  - name: TerminateTestInstance
    action: TerminateInstance
    onFailure: Continue
    inputs:
      instanceId.$: $.stepOutputs.LaunchTestInstance.instanceId
"""

app = cdk.App()
stack = cdk.Stack(app, "TestedImage")

recipe = imagebuilder.CfnImageRecipe(
    stack,
    "Recipe",
    name="tested",
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
    name="tested",
    instance_profile_name=iam.InstanceProfile(stack, "InstanceProfile", role=role).instance_profile_name,
)


def booting(name: str) -> imagebuilder.CfnWorkflow:
    """Return a workflow that starts an instance of the image and stops it."""
    return imagebuilder.CfnWorkflow(stack, name, name=name.lower(), version="1.0.0", type="TEST", data=BOOT)


pipeline = ImagePipeline(
    stack,
    "Pipeline",
    image_pipeline_name="tested",
    recipe=recipe,
    infrastructure_configuration=infrastructure,
    workflows=[
        WorkflowConfiguration(
            workflow=f"arn:{stack.partition}:imagebuilder:{stack.region}:aws:workflow/build/build-image/x.x.x"
        ),
        WorkflowConfiguration(workflow=booting("Boot"), parallel_group="tests"),
        WorkflowConfiguration(
            workflow=booting("BootLarge"),
            parameters={"instanceType": "t3.large"},
            parallel_group="tests",
            on_failure=WorkflowOnFailure.CONTINUE,
        ),
    ],
    # Outside of /aws/imagebuilder/, so the execution role has to be allowed to write to it: the construct does that.
    image_log_group=logs.LogGroup(stack, "BuildLog", retention=logs.RetentionDays.ONE_MONTH),
)
cdk.CfnOutput(stack, "PipelineArn", value=pipeline.image_pipeline_arn)
app.synth()
