"""Pipelines in every kind of place: partitions, Regions, stages, nested stacks, under aspects, in an order."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import jsii
import pytest
from aws_cdk import aws_ssm as ssm
from aws_cdk.assertions import Template
from constructs import Construct, IConstruct

from cdk_imagebuilder_pipeline import ImagePipeline

Make = Callable[..., ImagePipeline]
Resources = Callable[..., dict[str, Any]]

PLACES = [
    ("aws", "eu-west-1"),
    ("aws-cn", "cn-north-1"),
    ("aws-us-gov", "us-gov-west-1"),
]


def props_in(partition: str, region: str) -> dict[str, Any]:
    arn = f"arn:{partition}:imagebuilder:{region}:123456789012"
    return {
        "recipe": f"{arn}:image-recipe/web/1.0.0",
        "infrastructure_configuration": f"{arn}:infrastructure-configuration/web",
    }


@pytest.mark.parametrize(("partition", "region"), PLACES)
def test_pipeline_in_each_partition_has_arns_of_that_partition(app: cdk.App, partition: str, region: str) -> None:
    stack = cdk.Stack(app, "Stack", env=cdk.Environment(account="123456789012", region=region))
    pipeline = ImagePipeline(stack, "Web", **props_in(partition, region), image_log_group="web")
    pipeline.on_image_build_failed("Failed")
    pipeline.notify_auto_disabled()
    resources = Template.from_stack(stack).to_json()["Resources"]
    text = repr([r for r in resources.values() if r["Type"] != "AWS::Lambda::Function"])
    assert f"arn:{partition}:imagebuilder:{region}:123456789012:image-recipe/web/1.0.0" in text
    assert [other for other, _ in PLACES if other != partition and f"arn:{other}:" in text] == []
    assert "{'Ref': 'AWS::Partition'}" in text


def test_stacks_of_several_regions_each_have_a_function_and_rules_of_their_region(app: cdk.App) -> None:
    stacks: dict[str, cdk.Stack] = {}
    for region in ("eu-west-1", "us-east-1"):
        stacks[region] = cdk.Stack(app, region, env=cdk.Environment(account="123456789012", region=region))
        ImagePipeline(stacks[region], "Web", **props_in("aws", region)).on_image_build_failed("Failed")
    for region, stack in stacks.items():
        template = Template.from_stack(stack)
        template.resource_count_is("AWS::Lambda::Function", 1)
        (rule,) = template.find_resources("AWS::Events::Rule").values()
        images = rule["Properties"]["EventPattern"]["resources"]
        assert f":imagebuilder:{region}:123456789012:image/web/" in repr(images)


class Production(cdk.Stage):
    def __init__(self, scope: Construct, construct_id: str, **props: Any) -> None:
        super().__init__(scope, construct_id)
        self.stack = cdk.Stack(self, "Images")
        ImagePipeline(self.stack, "Web", **props)


def test_two_stages_of_one_app_have_two_pipelines_that_do_not_share_a_name(
    app: cdk.App, minimal: dict[str, Any]
) -> None:
    stages = [Production(app, name, **minimal) for name in ("Test", "Live")]
    assembly = app.synth()
    names = {
        resource["Properties"]["Name"]
        for stage in stages
        for stack in assembly.get_nested_assembly(stage.artifact_id).stacks
        for resource in stack.template["Resources"].values()
        if resource["Type"] == "Custom::ImagePipeline"
    }
    assert len({name.lower() for name in names}) == 2


def test_pipeline_in_a_nested_stack_is_referred_to_from_its_parent(
    stack: cdk.Stack, pipeline: Make, resources: Resources
) -> None:
    nested = cdk.NestedStack(stack, "Nested")
    made = pipeline("Web", nested)
    ssm.StringParameter(stack, "Parameter", string_value=made.image_pipeline_arn)
    (parameter,) = resources(stack, "AWS::SSM::Parameter").values()
    (child,) = resources(stack, "AWS::CloudFormation::Stack")
    assert parameter["Properties"]["Value"]["Fn::GetAtt"][0] == child


def test_pipeline_of_another_stack_is_referred_to_by_an_export(
    app: cdk.App, pipeline: Make, resources: Resources
) -> None:
    other = cdk.Stack(app, "Other")
    ssm.StringParameter(other, "Parameter", string_value=pipeline().image_pipeline_arn)
    (parameter,) = resources(other, "AWS::SSM::Parameter").values()
    assert "Fn::ImportValue" in parameter["Properties"]["Value"]


@jsii.implements(cdk.IAspect)
class Retain:
    def visit(self, node: IConstruct) -> None:
        if isinstance(node, cdk.CfnResource) and node.cfn_resource_type == "Custom::ImagePipeline":
            node.apply_removal_policy(cdk.RemovalPolicy.RETAIN)
            node.add_property_override("Description", "by an aspect")


def test_aspect_reaches_the_resource(app: cdk.App, stack: cdk.Stack, pipeline: Make, resources: Resources) -> None:
    pipeline()
    cdk.Aspects.of(app).add(Retain())
    (resource,) = resources(stack, "Custom::ImagePipeline").values()
    assert (resource["DeletionPolicy"], resource["Properties"]["Description"]) == ("Retain", "by an aspect")


def test_pipeline_waits_for_what_it_depends_on_and_others_for_it(
    stack: cdk.Stack, pipeline: Make, resources: Resources
) -> None:
    before = ssm.StringParameter(stack, "Before", string_value="1")
    after = ssm.StringParameter(stack, "After", string_value="1")
    made = pipeline()
    made.node.add_dependency(before)
    after.node.add_dependency(made)
    ((logical_id, resource),) = resources(stack, "Custom::ImagePipeline").items()
    parameters = resources(stack, "AWS::SSM::Parameter")
    (first,) = (key for key in parameters if key.startswith("Before"))
    (last,) = (value for key, value in parameters.items() if key.startswith("After"))
    assert first in resource["DependsOn"]
    assert logical_id in last["DependsOn"]


@pytest.mark.parametrize("policy", [cdk.RemovalPolicy.RETAIN, cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE])
def test_removal_policy_is_that_of_the_resource(
    stack: cdk.Stack, pipeline: Make, resources: Resources, policy: cdk.RemovalPolicy
) -> None:
    pipeline().apply_removal_policy(policy)
    (resource,) = resources(stack, "Custom::ImagePipeline").values()
    assert resource["DeletionPolicy"].startswith("Retain")


def test_stack_synthesises_the_same_twice(tmp_path: Path, minimal: dict[str, Any]) -> None:
    templates: list[Any] = []
    for index in range(2):
        app = cdk.App(outdir=str(tmp_path / str(index)))
        stack = cdk.Stack(app, "Stack")
        for name in ("A", "B"):
            made = ImagePipeline(stack, name, **minimal, image_log_group="web")
            made.on_event("Rule")
        templates.append(app.synth().get_stack_by_name("Stack").template)
    assert templates[0] == templates[1]
