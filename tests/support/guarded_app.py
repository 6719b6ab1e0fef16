"""An app whose function needs every grant that pipelines have."""

from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_imagebuilder as imagebuilder

from cdk_imagebuilder_pipeline import ImagePipeline, WorkflowConfiguration
from support.guarded import STACK
from support.profile import PROFILE


def guarded_app(outdir: Path, name: str = STACK, **changes: Any) -> cdk.App:
    """Return an app with a pipeline of each type; the image pipeline has everything, or what `changes` says instead."""
    app = cdk.App(outdir=str(outdir))
    stack = cdk.Stack(app, name)
    recipe = imagebuilder.CfnImageRecipe(stack, "Recipe", name=name, version="1.0.0", parent_image="ami-1")
    container = imagebuilder.CfnContainerRecipe(
        stack,
        "Container",
        name=name,
        version="1.0.0",
        parent_image="amazonlinux",
        container_type="DOCKER",
        components=[{"componentArn": "arn:aws:imagebuilder:us-east-1:aws:component/update-linux/x.x.x"}],
        target_repository={"service": "ECR", "repositoryName": "app"},
    )
    workflow = imagebuilder.CfnWorkflow(stack, "Workflow", name=name, type="TEST", version="1.0.0", data="{}")
    distribution = imagebuilder.CfnDistributionConfiguration(
        stack, "Distribution", name=name, distributions=[{"region": stack.region}]
    )
    infrastructure = imagebuilder.CfnInfrastructureConfiguration(
        stack, "Infrastructure", name=name, instance_profile_name=PROFILE
    )
    role = iam.Role(stack, "Execution", assumed_by=iam.ServicePrincipal("imagebuilder.amazonaws.com"))  # pyright: ignore[reportArgumentType] (jsii names a parameter otherwise)
    everything: dict[str, Any] = {
        "distribution_configuration": distribution,
        "execution_role": role,
        "workflows": [WorkflowConfiguration(workflow=workflow)],
        "image_scanning_enabled": True,
        "image_log_group": "/logs/image",
        "tags": {"team": "web", "cost": "1"},
    }
    common: dict[str, Any] = {"infrastructure_configuration": infrastructure}
    ImagePipeline(stack, "ImagePipeline", recipe=recipe, **(common | everything | changes))
    scanned: dict[str, Any] = {"image_scanning_enabled": True, "image_scanning_ecr_repository": "scans"}
    ImagePipeline(stack, "ContainerPipeline", recipe=container, **(common | scanned))
    outputs = {
        "ImageRecipeArn": recipe.attr_arn,
        "ContainerRecipeArn": container.attr_arn,
        "InfrastructureConfigurationArn": infrastructure.attr_arn,
        "DistributionConfigurationArn": distribution.attr_arn,
        "WorkflowArn": workflow.attr_arn,
        "ExecutionRole": role.role_arn,
        "StackId": stack.stack_id,
    }
    for key, value in outputs.items():
        cdk.CfnOutput(stack, f"{key}Output", value=value).override_logical_id(key)
    return app
