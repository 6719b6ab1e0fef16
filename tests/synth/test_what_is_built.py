"""The trigger of a build on deploy: each thing that is built changes it, and nothing else does."""

import json
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_imagebuilder as imagebuilder
from aws_cdk import aws_imagebuilder_alpha as alpha
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Template
from support.apps import new_app
from support.evaluation import Deployment

from cdk_imagebuilder_pipeline import (
    ImagePipeline,
    ImagePipelineSchedule,
    ImagePipelineStatus,
    RecipeType,
    WorkflowConfiguration,
    WorkflowOnFailure,
)
from cdk_imagebuilder_pipeline.values.resources import rendered_properties

ARN = "arn:aws:imagebuilder:eu-west-1:123456789012"


def built(stack: cdk.Stack, **changes: Any) -> None:
    """Put a pipeline with everything of the app into a stack; `changes` are of one of its resources or of its props."""

    def of(part: str, /, **properties: Any) -> dict[str, Any]:
        return {**properties, **changes.get(part, {})}

    component = imagebuilder.CfnComponent(
        stack, "Component", **of("component", name="harden", version="1.0.0", platform="Linux", data="phases: []")
    )
    image_recipe = of(
        "image_recipe",
        name="golden",
        version="1.0.0",
        parent_image="ami-1",
        components=[{"componentArn": component.attr_arn}],
    )
    recipe = imagebuilder.CfnImageRecipe(stack, "Recipe", **image_recipe)
    infrastructure = imagebuilder.CfnInfrastructureConfiguration(
        stack, "Infrastructure", **of("infrastructure", name="golden", instance_profile_name="golden")
    )
    regions = [{"region": "eu-west-1", "amiDistributionConfiguration": {"Name": "golden"}}]
    distribution = imagebuilder.CfnDistributionConfiguration(
        stack, "Distribution", **of("distribution", name="golden", distributions=regions)
    )
    workflow = imagebuilder.CfnWorkflow(
        stack, "Workflow", **of("workflow", name="golden", type="TEST", version="1.0.0", data="steps: []")
    )
    configured = of("configured", parameters={"level": "1"}, on_failure=WorkflowOnFailure.ABORT)
    props = of(
        "props",
        recipe=recipe,
        infrastructure_configuration=infrastructure,
        distribution_configuration=distribution,
        workflows=[WorkflowConfiguration(workflow=workflow, **configured)],
    )
    made = ImagePipeline(stack, "Golden", **props)
    made.build_on_deploy(**of("build", triggers={"benchmark": "2026-11"}))


def trigger(make: Callable[..., None] = built, **changes: Any) -> Any:
    stack = cdk.Stack(new_app(), "Stack")
    make(stack, **changes)
    return trigger_in(stack)


def trigger_in(stack: cdk.Stack) -> Any:
    (found,) = Template.from_stack(stack).find_resources("Custom::ImagePipelineBuild").values()
    return found["Properties"]["Trigger"]


@pytest.fixture(scope="module")
def before() -> str:
    found: str = trigger()
    return found


def test_trigger_is_32_hexadecimal_digits_and_the_same_in_each_synthesis(before: str) -> None:
    assert int(before, 16)
    assert len(before) == 32
    assert trigger() == before


def test_place_in_the_app_does_not_count(before: str) -> None:
    stack = cdk.Stack(cdk.Stage(new_app(), "Production"), "Renamed")
    built(stack)
    assert trigger_in(stack) == before


IN: list[dict[str, Any]] = [
    {"component": {"data": "phases: [build]"}},
    {"component": {"version": "1.0.1"}},
    {"image_recipe": {"version": "1.0.1"}},
    {"image_recipe": {"parent_image": "ami-2"}},
    {"image_recipe": {"components": []}},
    {"props": {"recipe": f"{ARN}:image-recipe/other/1.0.0"}},
    {"props": {"recipe": f"{ARN}:container-recipe/other/1.0.0"}},
    {"infrastructure": {"name": "other"}},
    {"props": {"infrastructure_configuration": f"{ARN}:infrastructure-configuration/golden"}},
    {"distribution": {"distributions": [{"region": "eu-west-2"}]}},
    {"props": {"distribution_configuration": None}},
    {"workflow": {"data": "steps: [one]"}},
    {"configured": {"parameters": {"level": "2"}}},
    {"configured": {"on_failure": WorkflowOnFailure.CONTINUE}},
    {"props": {"workflows": None}},
    {"build": {"triggers": {"benchmark": "2026-12"}}},
    {"build": {"triggers": {"other": "2026-11"}}},
    {"build": {"triggers": None}},
]


@pytest.mark.parametrize("change", IN, ids=lambda change: next(iter(change)))
def test_what_is_built_changes_the_trigger(before: str, change: dict[str, Any]) -> None:
    assert trigger(**change) != before


OUT: list[dict[str, Any]] = [
    {"props": {"image_pipeline_name": "other"}},
    {"props": {"description": "other"}},
    {"props": {"schedule": ImagePipelineSchedule(expression="rate(7 days)")}},
    {"props": {"status": ImagePipelineStatus.DISABLED}},
    {"props": {"tags": {"team": "web"}}},
    {"props": {"image_tags": {"team": "web"}}},
    {"props": {"image_tests_enabled": False}},
    {"props": {"image_scanning_enabled": True}},
    {"props": {"image_log_group": "/aws/imagebuilder/other"}},
    {"props": {"execution_role": "other"}},
    {"props": {"enhanced_image_metadata_enabled": False}},
    {"infrastructure": {"instance_types": ["m7g.large"]}},
    {"infrastructure": {"instance_profile_name": "other"}},
    {"component": {"tags": {"team": "web"}}},
    {"image_recipe": {"tags": {"team": "web"}}},
    {"distribution": {"description": "other"}},
    {"build": {"image_tags": {"team": "web"}, "triggers": {"benchmark": "2026-11"}}},
    {"build": {"timeout": cdk.Duration.hours(2), "triggers": {"benchmark": "2026-11"}}},
    {"build": {"removal_policy": cdk.RemovalPolicy.DESTROY, "triggers": {"benchmark": "2026-11"}}},
]


@pytest.mark.parametrize("change", OUT, ids=lambda change: next(iter(change)))
def test_what_is_not_built_does_not_change_the_trigger(before: str, change: dict[str, Any]) -> None:
    assert trigger(**change) == before


def test_tags_of_the_app_do_not_count(before: str) -> None:
    app = new_app()
    stack = cdk.Stack(app, "Stack")
    cdk.Tags.of(app).add("team", "web")
    built(stack)
    assert trigger_in(stack) == before


def test_change_after_the_build_is_made_counts(before: str) -> None:
    stack = cdk.Stack(new_app(), "Stack")
    built(stack)
    component: Any = stack.node.find_child("Component")
    component.data = "phases: [build]"
    assert trigger_in(stack) == trigger(component={"data": "phases: [build]"}) != before


def test_change_after_the_trigger_was_read_counts() -> None:
    stack = cdk.Stack(new_app(), "Stack")
    built(stack)
    resource: Any = stack.node.find_child("Golden").node.find_child("Build").node.find_child("Resource")
    stack.resolve(resource._cfn_properties)
    component: Any = stack.node.find_child("Component")
    component.data = "phases: [build]"
    assert trigger_in(stack) == trigger(component={"data": "phases: [build]"})


def at_deploy(found: Any, deployment: Deployment) -> str:
    value = deployment.value(found)
    assert isinstance(value, str)
    return value


def with_a_parameter(stack: cdk.Stack, **changes: Any) -> None:
    parameter = cdk.CfnParameter(stack, "Parent")
    built(stack, **({"image_recipe": {"parent_image": parameter.value_as_string}} | changes))


def test_parameter_is_joined_so_that_its_change_at_deploy_is_a_change() -> None:
    found = trigger(with_a_parameter)
    digest, value = found["Fn::Join"][1]
    assert (found["Fn::Join"][0], value) == ("+", {"Ref": "Parent"})
    assert len(digest) == 32
    first, second = (at_deploy(found, Deployment({"Parent": ami})) for ami in ("ami-1", "ami-2"))
    assert first != second


def test_value_is_joined_once_and_its_other_place_counts() -> None:
    def make(stack: cdk.Stack, **order: Any) -> None:
        names = [cdk.CfnParameter(stack, name).value_as_string for name in ("A", "B")]
        data = order["data"].format(*names)
        built(stack, component={"data": data})

    one, other, more = (trigger(make, data=data) for data in ("{0} {1} {0}", "{0} {1} {1}", "{0} {1} {0}"))
    assert one["Fn::Join"][1][1:] == other["Fn::Join"][1][1:] == [{"Ref": "A"}, {"Ref": "B"}]
    assert one == more != other


def expressions(stack: cdk.Stack) -> dict[str, tuple[Any, Any]]:
    """Return values that are known at deploy, each with what is joined of it."""
    bucket = s3.CfnBucket(stack, "Bucket")
    key = kms.CfnKey(stack, "Key")
    names = cdk.CfnParameter(stack, "Names", type="CommaDelimitedList")
    cdk.CfnParameter(stack, "Number")
    cdk.CfnMapping(stack, "Images", mapping={"eu-west-1": {"ami": "ami-1"}}, lazy=False)
    return {
        "reference": (bucket.ref, {"Ref": "Bucket"}),
        "attribute": (bucket.attr_domain_name, {"Fn::GetAtt": ["Bucket", "DomainName"]}),
        "ARN, by the shorter id": (key.attr_arn, {"Ref": "Key"}),
        "part of a text": (f"s3://{bucket.ref}/x", {"Ref": "Bucket"}),
        "part of a value": (cdk.Fn.select(1, cdk.Fn.split("/", bucket.ref)), {"Ref": "Bucket"}),
        "import": (cdk.Fn.import_value("Parent"), {"Fn::ImportValue": "Parent"}),
        "mapping": (
            cdk.Fn.find_in_map("Images", cdk.Aws.REGION, "ami"),
            {"Fn::FindInMap": ["Images", {"Ref": "AWS::Region"}, "ami"]},
        ),
        "raw reference": (cdk.Fn.ref("Number"), {"Ref": "Number"}),
        "substituted": (cdk.Fn.sub("a ${Number} ${AWS::Region} ${!Bucket}"), {"Ref": "Number"}),
        "substituted attribute": (cdk.Fn.sub("${Bucket.Arn}"), {"Fn::GetAtt": ["Bucket", "Arn"]}),
        "substituted with a map": (cdk.Fn.sub("${X}", {"X": bucket.ref}), {"Ref": "Bucket"}),
        "list": (cdk.Fn.join("", names.value_as_list), {"Fn::Join": [",", {"Ref": "Names"}]}),
    }


NAMES = list(expressions(cdk.Stack(new_app(), "Stack")))


@pytest.mark.parametrize("name", NAMES)
def test_value_known_at_deploy_is_joined_in_its_shortest_form(name: str) -> None:
    def make(stack: cdk.Stack) -> None:
        built(stack, component={"data": expressions(stack)[name][0]})

    joined = trigger(make)["Fn::Join"][1][1:]
    assert joined == [expressions(cdk.Stack(new_app(), "Stack"))[name][1]]


def test_pseudo_parameters_are_not_joined() -> None:
    assert isinstance(trigger(component={"data": f"{cdk.Aws.REGION} {cdk.Aws.ACCOUNT_ID}"}), str)


def test_text_around_a_value_counts() -> None:
    def make(stack: cdk.Stack, text: str) -> None:
        built(stack, component={"data": f"{text} {cdk.CfnParameter(stack, 'P').value_as_string}"})

    one, other = (trigger(make, text=text)["Fn::Join"][1][0] for text in ("a", "b"))
    assert one != other


def chosen(stack: cdk.Stack, **changes: Any) -> None:
    """Let a condition select between two recipes of the app, one of which is not made without it."""
    condition = cdk.CfnCondition(stack, "IsNew", expression=cdk.Fn.condition_equals(cdk.Aws.REGION, "eu-west-1"))
    key = kms.CfnKey(stack, "Key")
    key.cfn_options.condition = condition
    new = imagebuilder.CfnImageRecipe(
        stack, "New", name="new", version="1.0.0", parent_image=changes.get("parent", "ami-1"),
        block_device_mappings=[{"ebs": {"kmsKeyId": key.attr_arn}}],
    )  # fmt: skip
    new.cfn_options.condition = condition
    old = imagebuilder.CfnImageRecipe(stack, "Old", name="old", version="1.0.0", parent_image="ami-1")
    arn = cdk.Token.as_string(cdk.Fn.condition_if("IsNew", new.attr_arn, old.attr_arn))
    made = ImagePipeline(
        stack,
        "Golden",
        recipe=arn,
        recipe_type=RecipeType.IMAGE,
        infrastructure_configuration=f"{ARN}:infrastructure-configuration/a",
    )
    made.build_on_deploy()


def test_choice_of_a_condition_is_joined_and_what_is_in_a_branch_stays_in_it() -> None:
    found = trigger(chosen)
    assert found["Fn::Join"][1][1:] == [{"Fn::If": ["IsNew", {"Fn::Join": ["+", ["0", {"Ref": "Key"}]]}, "1"]}]
    values = {at_deploy(found, Deployment({"Key": "k"}, {"IsNew": is_new})) for is_new in (True, False)}
    assert len(values) == 2


def test_content_of_each_branch_counts() -> None:
    one, other = (trigger(chosen, parent=parent)["Fn::Join"][1][0] for parent in ("ami-1", "ami-2"))
    assert one != other


def test_image_of_another_build_is_a_value_known_at_deploy() -> None:
    stack = cdk.Stack(new_app(), "Stack")
    base = ImagePipeline(
        stack,
        "Base",
        recipe=f"{ARN}:image-recipe/base/1.0.0",
        infrastructure_configuration=f"{ARN}:infrastructure-configuration/a",
    ).build_on_deploy()
    built(stack, image_recipe={"parent_image": base.image_id})
    found = Template.from_stack(stack).find_resources("Custom::ImagePipelineBuild")
    (child,) = (one["Properties"]["Trigger"] for name, one in found.items() if name.startswith("Golden"))
    (name,) = (name for name in found if name.startswith("Base"))
    assert child["Fn::Join"][1][1] == {"Fn::GetAtt": [name, "ImageId"]}


def alpha_pipeline(stack: cdk.Stack, **changes: Any) -> None:
    component = alpha.Component(
        stack,
        "Component",
        platform=alpha.Platform.LINUX,
        data=alpha.ComponentData.from_json_object({"a": changes.get("a", 1)}),
    )
    recipe: Any = alpha.ImageRecipe(
        stack,
        "Recipe",
        base_image=alpha.BaseImage("ami-1"),
        components=[alpha.ComponentConfiguration(component=component)],
    )
    distribution: Any = alpha.DistributionConfiguration(stack, "Distribution")
    distribution.add_ami_distributions(alpha.AmiDistribution(region="eu-west-1", ami_name=changes.get("name", "web")))
    infrastructure: Any = alpha.InfrastructureConfiguration(stack, "Infrastructure")
    made = ImagePipeline(
        stack,
        "Golden",
        recipe=recipe,
        infrastructure_configuration=infrastructure,
        distribution_configuration=distribution,
    )
    made.build_on_deploy()


@pytest.mark.parametrize("change", [{"a": 2}, {"name": "golden"}])
def test_resources_of_the_alpha_l2_are_followed(change: dict[str, Any]) -> None:
    before = trigger(alpha_pipeline)
    assert trigger(alpha_pipeline) == before
    assert trigger(alpha_pipeline, **change) != before


def across(app: cdk.App, parent: str = "ami-1") -> Any:
    recipes, stack = cdk.Stack(app, "Recipes"), cdk.Stack(app, "Stack")
    parameter = cdk.CfnParameter(recipes, "P")
    recipe = imagebuilder.CfnImageRecipe(
        recipes, "Recipe", name="golden", version=parameter.value_as_string, parent_image=parent
    )
    made = ImagePipeline(
        stack, "Golden", recipe=recipe, infrastructure_configuration=f"{ARN}:infrastructure-configuration/a"
    )
    made.build_on_deploy()
    template = app.synth().get_stack_by_name("Stack").template
    (found,) = (one for one in template["Resources"].values() if one["Type"] == "Custom::ImagePipelineBuild")
    return found["Properties"]["Trigger"]


def test_recipe_of_another_stack_is_followed_without_an_export_for_its_parameters() -> None:
    one, other = across(new_app()), across(new_app(), "ami-2")
    assert isinstance(one, str)
    assert one != other


def test_resource_that_pipelines_share_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Any] = []

    def count(resource: Any) -> Any:
        read.append(resource.node.path)
        return rendered_properties(resource)

    monkeypatch.setattr("cdk_imagebuilder_pipeline.values.what_is_built.rendered_properties", count)
    app = new_app()
    stack = cdk.Stack(app, "Stack")
    components = [
        imagebuilder.CfnComponent(stack, f"C{n}", name=f"component{n}", version="1.0.0", platform="Linux", data="x")
        for n in range(5)
    ]
    recipe = imagebuilder.CfnImageRecipe(
        stack, "Recipe", name="golden", version="1.0.0", parent_image="ami-1",
        components=[{"componentArn": one.attr_arn} for one in components],
    )  # fmt: skip
    for number in range(60):
        ImagePipeline(
            stack, f"P{number}", recipe=recipe, infrastructure_configuration=f"{ARN}:infrastructure-configuration/a"
        ).build_on_deploy()
    begun = time.monotonic()
    app.synth()
    # Once for the function's policy, and once in the synthesis.
    assert Counter(read) == dict.fromkeys(read, 2)
    assert len(set(read)) == 6
    assert time.monotonic() - begun < 30
    assert len({json.dumps(one) for one in triggers_of(app)}) == 1


def triggers_of(app: cdk.App) -> list[Any]:
    resources = app.synth().get_stack_by_name("Stack").template["Resources"].values()
    return [one["Properties"]["Trigger"] for one in resources if one["Type"] == "Custom::ImagePipelineBuild"]


@pytest.mark.parametrize("description", [None, "", "golden"])
def test_resource_and_its_reference_as_text_have_one_trigger(description: str | None) -> None:
    def made(*, as_text: bool) -> Any:
        stack = cdk.Stack(new_app(), "Stack")
        recipe = imagebuilder.CfnImageRecipe(
            stack, "Recipe", name="golden", version="1.0.0", parent_image="ami-1", description=description
        )
        infrastructure = imagebuilder.CfnInfrastructureConfiguration(
            stack, "Infrastructure", name="golden", instance_profile_name="golden"
        )
        ImagePipeline(
            stack,
            "Golden",
            recipe=recipe.image_recipe_ref.image_recipe_arn if as_text else recipe,
            infrastructure_configuration=(
                infrastructure.infrastructure_configuration_ref.infrastructure_configuration_arn
                if as_text
                else infrastructure
            ),
        ).build_on_deploy()
        return trigger_in(stack)

    assert made(as_text=True) == made(as_text=False)
