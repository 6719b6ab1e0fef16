"""Every prop in every way in which its value can be known only later: what the L1 takes, the construct takes."""

import json
import re
from collections.abc import Mapping
from dataclasses import fields
from fnmatch import fnmatchcase
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_imagebuilder as imagebuilder
from aws_cdk.assertions import Template
from support.apps import new_app
from support.evaluation import Deployment, assert_iam_takes, resources_of
from support.later import WAYS, Later, Prop, each, in_l1, props

from cdk_imagebuilder_pipeline import ImagePipeline, ImagePipelineProps

ARN = "arn:aws:imagebuilder:eu-west-1:123456789012"
ROLE = "arn:aws:iam::123456789012:role/later"
HERE = cdk.Environment(account="123456789012", region="eu-west-1")
THERE = cdk.Environment(account="123456789012", region="us-east-1")

MINIMAL: dict[str, Any] = {
    "recipe": f"{ARN}:image-recipe/web/1.0.0",
    "infrastructure_configuration": f"{ARN}:infrastructure-configuration/web",
}
MINIMAL_L1: dict[str, Any] = {
    "image_recipe_arn": MINIMAL["recipe"],
    "infrastructure_configuration_arn": MINIMAL["infrastructure_configuration"],
    "name": "native",
}
ACTIONS = {
    "recipe": "imagebuilder:GetImageRecipe",
    "infrastructure_configuration": "imagebuilder:GetInfrastructureConfiguration",
    "distribution_configuration": "imagebuilder:GetDistributionConfiguration",
    "execution_role": "iam:PassRole",
    "workflows.workflow": "imagebuilder:GetWorkflow",
}
CASES = list(each(ARN, ROLE, WAYS))
ACROSS = list(each(ARN, ROLE, {"stack": HERE, "Region": THERE}))


def named(case: object) -> str:
    return case.name if isinstance(case, Prop) else str(case)


def test_table_has_every_prop() -> None:
    of_the_construct_alone = {"recipe_type", "provider"}
    in_table = {prop.name.partition(".")[0] for prop in props(ARN, ROLE)}
    assert in_table == {field.name for field in fields(ImagePipelineProps)} - of_the_construct_alone


@pytest.mark.parametrize(("way", "prop"), CASES, ids=named)
def test_value_that_is_known_later_is_rendered_as_the_l1_renders_it(way: str, prop: Prop) -> None:
    app = new_app()
    stack = cdk.Stack(app, "Stack", env=HERE)
    hold(stack, prop, WAYS[way](Later(stack, "Given"), prop))


@pytest.mark.parametrize(("where", "prop"), ACROSS, ids=named)
def test_value_of_another_stack_is_rendered_as_the_l1_renders_it(where: str, prop: Prop) -> None:
    app = new_app()
    producer = cdk.Stack(app, "Producer", env=HERE if where == "stack" else THERE, cross_region_references=True)
    stack = cdk.Stack(app, "Stack", env=HERE, cross_region_references=True)
    hold(stack, prop, Later(stack, "Given").reference(prop, producer))


def hold(stack: cdk.Stack, prop: Prop, value: Any) -> None:
    """Hold that ours and the L1 render a value in the same way, and that the function may do what it is for."""
    ImagePipeline(stack, "Ours", **(MINIMAL | prop.ours(value)))
    if prop.is_in_l1:
        imagebuilder.CfnImagePipeline(stack, "Native", **(MINIMAL_L1 | in_l1(prop, value)))
    template = Template.from_stack(stack).to_json()
    deployment = deployment_of(template, prop)
    by_type = {one["Type"]: one["Properties"] for one in template["Resources"].values()}
    ours = deployment.value(by_type["Custom::ImagePipeline"])
    path = [part if isinstance(part, int) else pascal(part) for part in prop.path]
    if prop.is_in_l1:
        assert found(ours, path) == found(deployment.value(by_type["AWS::ImageBuilder::ImagePipeline"]), path)
    statements = [
        statement
        for kind in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")
        for one in template["Resources"].values()
        if one["Type"] == kind
        for statement in deployment.value(one["Properties"]["PolicyDocument"])["Statement"]
    ]
    for statement in statements:
        assert_iam_takes(statement)
    wanted = found(ours, path)
    if prop.name in ACTIONS and wanted is not None and "dummy-value-for-" not in wanted:
        may = [
            one
            for statement in statements
            if ACTIONS[prop.name] in statement["Action"]
            for one in resources_of(statement)
        ]
        assert any(fnmatchcase(wanted, pattern) for pattern in may), f"{wanted} is not in {may}"


def deployment_of(template: Mapping[str, Any], prop: Prop) -> Deployment:
    text = str(prop.literal).lower() if prop.kind == "boolean" else str(prop.literal)
    written = json.dumps(template)
    of_other_stacks = re.findall(r'"Fn::GetAtt": \["(ExportsReader\w+)", "([^"]+)"\]', written)
    return Deployment(
        references={"Given": text} | {f"{name}.{attribute}": text for name, attribute in of_other_stacks},
        conditions={"AlwaysTrue": True, "AlwaysFalse": False},
        exports=dict.fromkeys(re.findall(r'"Fn::ImportValue": "([^"]+)"', written), text),
        parameter_store={f"resolve:ssm:/later/{prop.name}": text},
    )


def found(properties: Any, path: list[str | int]) -> Any:
    """Return what is at a path, None when it is not there."""
    for part in path:
        match properties:
            case dict():
                properties = properties.get(part)
            case list() if isinstance(part, int) and part < len(properties):
                properties = properties[part]
            case _:
                return None
    return properties


def pascal(name: str) -> str:
    return name if name == "team" else "".join(part.capitalize() for part in name.split("_"))
