"""An AMI that each deployment builds when it has changed, and an Auto Scaling group that runs it."""

import aws_cdk as cdk
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_imagebuilder as imagebuilder

from cdk_imagebuilder_pipeline import ImagePipeline

NGINX = """\
name: nginx
schemaVersion: 1.0
phases:
  - name: build
    steps:
      - name: Install
        action: ExecuteBash
        inputs:
          commands:
            - dnf install --assumeyes nginx
            - systemctl enable nginx
"""

app = cdk.App()
stack = cdk.Stack(app, "WebFleet")

component = imagebuilder.CfnComponent(stack, "Nginx", name="fleet-nginx", version="1.0.0", platform="Linux", data=NGINX)
recipe = imagebuilder.CfnImageRecipe(
    stack,
    "Recipe",
    name="fleet",
    version="1.0.0",
    parent_image=f"arn:{stack.partition}:imagebuilder:{stack.region}:aws:image/amazon-linux-2023-x86/x.x.x",
    components=[imagebuilder.CfnImageRecipe.ComponentConfigurationProperty(component_arn=component.attr_arn)],
)
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
    name="fleet",
    instance_profile_name=iam.InstanceProfile(stack, "InstanceProfile", role=role).instance_profile_name,
    instance_types=["t3.small"],
)
pipeline = ImagePipeline(
    stack, "Pipeline", image_pipeline_name="fleet", recipe=recipe, infrastructure_configuration=infrastructure
)

# The pipeline runs when the recipe, a component or this trigger changes, and the stack waits for the AMI.
build = pipeline.build_on_deploy(triggers={"patches": "2026-11"})

# Old AMIs and snapshots are deleted, whatever version of the recipe made them. The one in use stays.
pipeline.keep_newest(5)

vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0)
template = ec2.LaunchTemplate(
    stack,
    "Template",
    machine_image=build.machine_image,
    instance_type=ec2.InstanceType("t3.small"),
    security_group=ec2.SecurityGroup(stack, "Instances", vpc=vpc),
    require_imdsv2=True,
)
group = autoscaling.AutoScalingGroup(
    stack,
    "Group",
    vpc=vpc,
    vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC),
    launch_template=template,
    min_capacity=1,
    max_capacity=2,
)
cdk.CfnOutput(stack, "PipelineArn", value=pipeline.image_pipeline_arn)
cdk.CfnOutput(stack, "ImageId", value=build.image_id)
app.synth()
