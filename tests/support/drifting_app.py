"""An app whose template says the members of its pipelines in all ways that a template has."""

from pathlib import Path
from typing import Any, Final

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_imagebuilder as imagebuilder
from constructs import Construct

from cdk_imagebuilder_pipeline import (
    ImagePipeline,
    ImagePipelineProvider,
    ImagePipelineSchedule,
    WorkflowConfiguration,
)

STACK: Final = "Drifting"
PLAIN: Final = f"{STACK}/Plain"
RICH: Final = f"{STACK}/Rich"
NESTED: Final = f"{STACK}/Nested/Inner"


def drifting_app(outdir: Path) -> cdk.App:
    """Return an app of one stack and a nested one: a pipeline with little, one with much, and a nested one."""
    # As the CDK CLI has it by default.
    app = cdk.App(outdir=str(outdir), context={"aws:cdk:enable-path-metadata": True})
    stack = cdk.Stack(app, STACK)
    recipe = imagebuilder.CfnImageRecipe(
        stack, "Recipe", name="drifting", version="1.0.0", parent_image="ami-0abcdef1234567890"
    )
    role: Any = iam.Role(stack, "BuildInstance", assumed_by=_service("ec2"))
    profile = iam.InstanceProfile(stack, "InstanceProfile", role=role)
    infrastructure = imagebuilder.CfnInfrastructureConfiguration(
        stack, "Infrastructure", name="drifting", instance_profile_name=profile.instance_profile_name
    )
    ImagePipeline(stack, "Plain", recipe=recipe, infrastructure_configuration=infrastructure)
    _rich(stack, recipe, infrastructure)
    nested = cdk.NestedStack(stack, "Nested")
    ImagePipeline(
        nested,
        "Inner",
        recipe=recipe,
        infrastructure_configuration=infrastructure,
        provider=ImagePipelineProvider.of(nested),
        description="nested",
    )
    return app


def _rich(
    stack: cdk.Stack, recipe: imagebuilder.CfnImageRecipe, infrastructure: imagebuilder.CfnInfrastructureConfiguration
) -> None:
    description = cdk.CfnParameter(stack, "Description", default="golden")
    masked = cdk.CfnParameter(stack, "Masked", default="s3cret", no_echo=True)
    is_daily = cdk.CfnCondition(stack, "IsDaily", expression=cdk.Fn.condition_equals(description, "golden"))
    schedule = cdk.Fn.condition_if(is_daily.logical_id, "rate(1 day)", "rate(7 days)").to_string()
    ImagePipeline(
        stack,
        "Rich",
        recipe=recipe,
        infrastructure_configuration=infrastructure,
        description=cdk.Fn.sub("${Description} in ${AWS::Region}"),
        schedule=ImagePipelineSchedule(expression=schedule),
        execution_role=_execution_role(stack),
        workflows=[_workflow(stack, masked)],
        tags={"team": cdk.Fn.select(1, cdk.Fn.split("-", "a-web")), "owner": masked.value_as_string},
    )


def _execution_role(scope: Construct) -> iam.Role:
    return iam.Role(scope, "Execution", path="/build/", assumed_by=_service("imagebuilder"))


def _service(name: str) -> Any:
    # Any, because jsii names a parameter of the interface otherwise.
    return iam.ServicePrincipal(f"{name}.amazonaws.com")


def _workflow(stack: cdk.Stack, masked: cdk.CfnParameter) -> WorkflowConfiguration:
    arn = f"arn:{stack.partition}:imagebuilder:{stack.region}:aws:workflow/build/build-image/x.x.x"
    return WorkflowConfiguration(workflow=arn, parameters={"secret": masked.value_as_string})
