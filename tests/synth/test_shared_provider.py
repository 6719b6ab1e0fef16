"""Options of the provider that the pipelines of a stack share, and what stays the same when they change."""

import inspect
import re
from collections.abc import Callable
from functools import reduce
from operator import or_
from typing import Any, get_type_hints

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_lambda as lambda_
from support.apps import new_app

from cdk_imagebuilder_pipeline import ImagePipeline, ImagePipelineProvider, ImagePipelineProviderOptions

Make = Callable[..., ImagePipeline]
Resources = Callable[..., dict[str, Any]]

GIVEN_TWICE = (
    "ImagePipelineProvider 'Stack/Custom::ImagePipelineProvider': the stack already has a shared provider: got {}, "
    "options are allowed once, before the first pipeline of the stack: move ImagePipelineProvider.of(...) up"
)


def test_options_change_the_shared_provider_and_not_its_logical_ids(resources: Resources) -> None:
    stacks = [cdk.Stack(new_app(), "Stack"), cdk.Stack(new_app(), "Stack")]
    ImagePipelineProvider.of(
        stacks[1],
        architecture=lambda_.Architecture.X86_64,
        vpc=ec2.Vpc.from_vpc_attributes(
            stacks[1], "Vpc", vpc_id="vpc-1", availability_zones=["a"], private_subnet_ids=["subnet-1"]
        ),
    )
    for stack in stacks:
        ImagePipeline(stack, "Web", recipe=RECIPE, infrastructure_configuration=INFRASTRUCTURE)
    before, after = (resources(stack, "AWS::Lambda::Function") for stack in stacks)
    assert before.keys() == after.keys()
    (name,) = after
    assert after[name]["Properties"]["Architectures"] == ["x86_64"]
    assert after[name]["Properties"]["VpcConfig"]["SubnetIds"] == ["subnet-1"]
    tokens = [next(iter(resources(s, "Custom::ImagePipeline").values()))["Properties"]["ServiceToken"] for s in stacks]
    assert tokens == [{"Fn::GetAtt": [name, "Arn"]}] * 2


def test_pipelines_made_afterwards_share_it(stack: cdk.Stack, pipeline: Make, resources: Resources) -> None:
    shared = ImagePipelineProvider.of(stack, timeout=cdk.Duration.minutes(1))
    pipeline("A")
    made = pipeline("B")
    assert ImagePipelineProvider.of(made) is ImagePipelineProvider.get_or_create(stack) is shared
    assert [one["Properties"]["Timeout"] for one in resources(stack, "AWS::Lambda::Function").values()] == [60]


def test_options_after_the_first_pipeline_are_refused(stack: cdk.Stack, pipeline: Make) -> None:
    pipeline()
    with pytest.raises(ValueError, match=r"^ImagePipelineProvider ") as error:
        ImagePipelineProvider.of(stack, timeout=cdk.Duration.minutes(1), memory_size=cdk.Size.gibibytes(1))
    assert str(error.value) == GIVEN_TWICE.format("timeout, memory_size")


def test_options_a_second_time_are_refused(stack: cdk.Stack) -> None:
    ImagePipelineProvider.of(stack, architecture=lambda_.Architecture.X86_64)
    with pytest.raises(ValueError, match=r"^ImagePipelineProvider ") as error:
        ImagePipelineProvider.of(stack, architecture=lambda_.Architecture.X86_64)
    assert str(error.value) == GIVEN_TWICE.format("architecture")


def test_options_are_those_of_the_provider(stack: cdk.Stack) -> None:
    init = {name: one for name, one in get_type_hints(ImagePipelineProvider.__init__).items() if name != "return"}
    keywords = [
        one.name
        for one in inspect.signature(ImagePipelineProvider.__init__).parameters.values()
        if one.kind is one.KEYWORD_ONLY
    ]
    options = get_type_hints(ImagePipelineProviderOptions)
    assert list(options) == keywords
    assert {name: _without_none(init[name]) for name in keywords} == options


def test_default_of_each_option_is_told_alike_where_it_is_described() -> None:
    described = " ".join((inspect.getdoc(ImagePipelineProvider.__init__) or "").split())
    source = " ".join(inspect.getsource(ImagePipelineProviderOptions).split())
    defaults = re.findall(r"(\w+): [\w.\[\]]+ \"\"\".*?Default: (.*?)\.\"\"\"", source)
    assert len(defaults) == len(get_type_hints(ImagePipelineProviderOptions))
    assert [f"{name}: {default}" for name, default in defaults if default.split(";")[0] not in described] == []


def _without_none(hint: Any) -> Any:
    left = [one for one in getattr(hint, "__args__", ()) if one is not type(None)]
    return reduce(or_, left) if type(None) in getattr(hint, "__args__", ()) else hint


RECIPE = "arn:aws:imagebuilder:eu-west-1:123456789012:image-recipe/web/1.0.0"
INFRASTRUCTURE = "arn:aws:imagebuilder:eu-west-1:123456789012:infrastructure-configuration/web"
