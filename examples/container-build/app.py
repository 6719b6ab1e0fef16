"""A container image that deployments build when its recipe has changed, for the task definition of the same stack."""

import aws_cdk as cdk
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_imagebuilder as imagebuilder

from cdk_imagebuilder_pipeline import ImagePipeline

# Components and recipes cannot change. Raise this with the commands, and the next deployment builds the image.
VERSION = "1.0.0"

INSTALL = """\
name: worker
schemaVersion: 1.0
phases:
  - name: build
    steps:
      - name: Install
        action: ExecuteBash
        inputs:
          commands:
            - dnf install --assumeyes python3
"""

DOCKERFILE = """\
FROM {{{ imagebuilder:parentImage }}}
{{{ imagebuilder:environments }}}
{{{ imagebuilder:components }}}
CMD ["python3", "-m", "http.server"]
"""

app = cdk.App()
stack = cdk.Stack(app, "Worker")

repository = ecr.Repository(stack, "Repository")
component = imagebuilder.CfnComponent(stack, "Install", name="worker", version=VERSION, platform="Linux", data=INSTALL)
recipe = imagebuilder.CfnContainerRecipe(
    stack,
    "Recipe",
    name="worker",
    version=VERSION,
    container_type="DOCKER",
    parent_image="amazonlinux:2023",
    dockerfile_template_data=DOCKERFILE,
    components=[imagebuilder.CfnContainerRecipe.ComponentConfigurationProperty(component_arn=component.attr_arn)],
    target_repository=imagebuilder.CfnContainerRecipe.TargetContainerRepositoryProperty(
        service="ECR", repository_name=repository.repository_name
    ),
)

role = iam.Role(
    stack,
    "BuildInstance",
    assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"),
    managed_policies=[
        iam.ManagedPolicy.from_aws_managed_policy_name("AmazonSSMManagedInstanceCore"),
        iam.ManagedPolicy.from_aws_managed_policy_name("EC2InstanceProfileForImageBuilder"),
        iam.ManagedPolicy.from_aws_managed_policy_name("EC2InstanceProfileForImageBuilderECRContainerBuilds"),
    ],
)
infrastructure = imagebuilder.CfnInfrastructureConfiguration(
    stack,
    "Infrastructure",
    name="worker",
    instance_profile_name=iam.InstanceProfile(stack, "InstanceProfile", role=role).instance_profile_name,
)

pipeline = ImagePipeline(
    stack,
    "Pipeline",
    image_pipeline_name="worker",
    recipe=recipe,
    infrastructure_configuration=infrastructure,
)
build = pipeline.build_on_deploy()

task = ecs.FargateTaskDefinition(stack, "Task", cpu=256, memory_limit_mib=512)
task.add_container("Worker", image=ecs.ContainerImage.from_registry(build.image_uri))
repository.grant_pull(task.obtain_execution_role())

cdk.CfnOutput(stack, "PipelineArn", value=pipeline.image_pipeline_arn)
cdk.CfnOutput(stack, "ImageUri", value=build.image_uri)
app.synth()
