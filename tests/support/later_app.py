"""Apps with a stack for each way in which values are known only later, and in it a pipeline for each prop."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_imagebuilder as imagebuilder
from aws_cdk import aws_ssm as ssm

from cdk_imagebuilder_pipeline import ImagePipeline
from support.later import WAYS, Later, Prop, each, in_l1, props
from support.profile import PROFILE

ACCOUNT = "000000000000"
REGION = "us-east-1"
ARN = f"arn:aws:imagebuilder:{REGION}:{ACCOUNT}"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/later"
ENV = cdk.Environment(account=ACCOUNT, region=REGION)
LOOK_UP = "look-up"
OTHER_STACK = "other stack"
REFUSED_OF_L1 = {
    ("condition without value", "image_tags"),
    ("condition without value", "schedule.auto_disable_failure_count"),
}
"""What only the construct takes: a map that is left empty counts as none. To the API it is too small, or lacks a member."""


def name_of(way: str, prop: str, owner: str) -> str:
    return f"{way}-{prop}-{owner}".replace(" ", "-").replace("_", "-").replace(".", "-").lower()


def surroundings(app: cdk.App) -> cdk.Stack:
    """Make what the values refer to, and the parameters that have them."""
    stack = cdk.Stack(app, "Surroundings", env=ENV)
    parent = f"arn:aws:imagebuilder:{REGION}:aws:image/amazon-linux-2023-x86/x.x.x"
    for name in ("web", "later"):
        imagebuilder.CfnImageRecipe(stack, f"{name}-recipe", name=name, version="1.0.0", parent_image=parent)
        imagebuilder.CfnInfrastructureConfiguration(
            stack, f"{name}-infrastructure", name=name, instance_profile_name=PROFILE
        )
    imagebuilder.CfnDistributionConfiguration(
        stack, "distribution", name="later", distributions=[{"region": REGION, "amiDistributionConfiguration": {}}]
    )
    imagebuilder.CfnWorkflow(stack, "workflow", name="later", type="TEST", version="1.0.0", data="{}")
    principal: Any = iam.ServicePrincipal("imagebuilder.amazonaws.com")
    iam.Role(stack, "role", role_name="later", assumed_by=principal)
    named = [unique(prop, way) for prop in props(ARN, ROLE) for way in ("dynamic reference", "look-up")]
    for name, prop in {prop.name: prop for prop in named}.items():
        text = str(prop.literal).lower() if prop.kind == "boolean" else str(prop.literal)
        ssm.CfnParameter(stack, f"parameter-{name}", name=f"/later/{name}", type="String", value=text)
    return stack


def unique(prop: Prop, way: str) -> Prop:
    """Return a prop whose literal is another one for each way, if it has to be."""
    if prop.name != "image_pipeline_name":
        return prop
    literal = name_of(way, prop.name, "ours")
    return replace(prop, literal=literal, name=f"{prop.name}.{way.replace(' ', '-')}", is_in_l1=False)


def pipelines(stack: cdk.Stack, way: str, producer: cdk.Stack) -> None:
    for _, listed in each(ARN, ROLE, {way: None}):
        prop = unique(listed, way)
        later = Later(stack, f"Given{prop.name.replace('.', '').replace('_', '').replace('-', '')}")
        value = later.reference(prop, producer) if way == OTHER_STACK else WAYS[way](later, prop)
        ours: dict[str, Any] = {
            "recipe": f"{ARN}:image-recipe/web/1.0.0",
            "infrastructure_configuration": f"{ARN}:infrastructure-configuration/web",
            "image_pipeline_name": name_of(way, listed.name, "ours"),
        }
        ImagePipeline(stack, f"ours-{prop.name}", **(ours | prop.ours(value)))
        native: dict[str, Any] = {
            "image_recipe_arn": ours["recipe"],
            "infrastructure_configuration_arn": ours["infrastructure_configuration"],
            "name": name_of(way, prop.name, "native"),
        }
        if prop.is_in_l1 and (way, prop.name) not in REFUSED_OF_L1:
            imagebuilder.CfnImagePipeline(stack, f"native-{prop.name}", **(native | in_l1(prop, value)))


def app_of(outdir: Path) -> cdk.App:
    """Return an app of all ways but the look-up, with what they and the look-up refer to."""
    app = cdk.App(outdir=str(outdir))
    producer = surroundings(app)
    for way in (*WAYS, OTHER_STACK):
        if way != LOOK_UP:
            stack = stack_of(app, way)
            stack.add_stack_dependency(producer)
            pipelines(stack, way, producer)
    return app


def stack_of(app: cdk.App, way: str) -> cdk.Stack:
    return cdk.Stack(app, way.title().replace(" ", "").replace("-", ""), env=ENV)


def main() -> None:
    """Make the stack of the look-up: the CDK CLI runs this once more with what it found."""
    app = cdk.App()
    stack = stack_of(app, LOOK_UP)
    pipelines(stack, LOOK_UP, stack)
    app.synth()


if __name__ == "__main__":
    main()
