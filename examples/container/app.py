"""A container image in a repository of its own, scanned for vulnerabilities, with a rule for what is found."""

import aws_cdk as cdk
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_imagebuilder as imagebuilder
from aws_cdk import aws_sns as sns

from cdk_imagebuilder_pipeline import ImagePipeline

DOCKERFILE = """\
FROM {{{ imagebuilder:parentImage }}}
{{{ imagebuilder:environments }}}
{{{ imagebuilder:components }}}
"""

app = cdk.App()
stack = cdk.Stack(app, "ApiImage")

repository = ecr.Repository(stack, "Repository", image_scan_on_push=True)
recipe = imagebuilder.CfnContainerRecipe(
    stack,
    "Recipe",
    name="api",
    version="1.0.0",
    container_type="DOCKER",
    parent_image="amazonlinux:2023",
    dockerfile_template_data=DOCKERFILE,
    components=[
        imagebuilder.CfnContainerRecipe.ComponentConfigurationProperty(
            component_arn=f"arn:{stack.partition}:imagebuilder:{stack.region}:aws:component/update-linux/x.x.x"
        )
    ],
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
    name="api",
    instance_profile_name=iam.InstanceProfile(stack, "InstanceProfile", role=role).instance_profile_name,
)

pipeline = ImagePipeline(
    stack,
    "Pipeline",
    image_pipeline_name="api",
    recipe=recipe,
    infrastructure_configuration=infrastructure,
    image_scanning_enabled=True,
    image_scanning_ecr_repository=repository,
    image_scanning_ecr_tags=["scanned"],
)

findings = sns.Topic(stack, "Findings", enforce_ssl=True)
pipeline.on_cve_detected(
    "Critical",
    target=targets.SnsTopic(findings),
    event_pattern=events.EventPattern(detail={"finding-severity-counts": {"critical": [{"numeric": [">", 0]}]}}),
)
cdk.CfnOutput(stack, "PipelineArn", value=pipeline.image_pipeline_arn)
app.synth()
