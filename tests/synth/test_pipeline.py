"""What a pipeline gives: its attributes, its name, its tags, its removal policy."""

import re
from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from constructs import Construct
from support.apps import new_app

from cdk_imagebuilder_pipeline import ImagePipeline, ImagePipelineProvider
from imagebuilder_model import load_model

ARN = "arn:aws:imagebuilder:eu-west-1:123456789012"
NAME = re.compile(load_model().shapes["ResourceName"].pattern or "")
Make = Callable[..., ImagePipeline]


def test_attributes_are_the_reference_and_the_attributes_of_the_resource(stack: cdk.Stack, pipeline: Make) -> None:
    made = pipeline()
    assert stack.resolve([made.image_pipeline_arn, made.image_pipeline_name, made.client_token]) == [
        {"Ref": "Web3C8945DB"},
        {"Fn::GetAtt": ["Web3C8945DB", "Name"]},
        {"Fn::GetAtt": ["Web3C8945DB", "ClientToken"]},
    ]


def test_removal_policy_is_that_of_the_resource(
    stack: cdk.Stack, pipeline: Make, resources: Callable[..., dict[str, Any]]
) -> None:
    pipeline().apply_removal_policy(cdk.RemovalPolicy.RETAIN)
    (resource,) = resources(stack, "Custom::ImagePipeline").values()
    assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("Retain", "Retain")


@pytest.mark.parametrize(
    "construct_ids",
    [
        ["Web"],
        ["a" * 200, "b" * 200],
        ["äöü"],
        ["名前", "✓"],
        ["Web Server", "a_b.c"],
        ["-"],
        ["Resource"],
        ["Default"],
    ],
)
def test_generated_name_is_valid_for_any_construct_id(
    stack: cdk.Stack, minimal: dict[str, Any], resources: Callable[..., dict[str, Any]], construct_ids: list[str]
) -> None:
    scope: Construct = stack
    for construct_id in construct_ids:
        scope = Construct(scope, construct_id)
    ImagePipeline(scope, "Pipeline", **minimal)
    ImagePipeline(scope, "✓", **minimal)
    names = [r["Properties"]["Name"] for r in resources(stack, "Custom::ImagePipeline").values()]
    assert len({name.lower() for name in names}) == 2
    assert all(NAME.fullmatch(name) for name in names)


def test_generated_name_of_the_longest_path_fills_the_limit(
    stack: cdk.Stack, minimal: dict[str, Any], properties: Callable[[], dict[str, Any]]
) -> None:
    props: dict[str, Any] = minimal | {"recipe": f"{ARN}:container-recipe/web/1.0.0"}
    ImagePipeline(stack, "p" * 200, **props)
    assert len(properties()["Name"]) == 128


def test_generated_name_is_the_same_at_every_synth_and_another_for_the_other_type_of_recipe(
    minimal: dict[str, Any], resources: Callable[..., dict[str, Any]]
) -> None:
    names: list[str] = []
    for kind in ("image-recipe", "image-recipe", "container-recipe"):
        stack = cdk.Stack(new_app(), "Stack")
        props: dict[str, Any] = minimal | {"recipe": f"{ARN}:{kind}/web/1.0.0"}
        ImagePipeline(stack, "Web", **props)
        (resource,) = resources(stack, "Custom::ImagePipeline").values()
        names.append(resource["Properties"]["Name"])
    assert names == ["Stack-Web-3B3D323C-image", "Stack-Web-3B3D323C-image", "Stack-Web-3B3D323C-container"]


def test_two_stacks_of_one_app_have_two_names(
    app: cdk.App, minimal: dict[str, Any], resources: Callable[..., dict[str, Any]]
) -> None:
    stacks = [cdk.Stack(app, "A"), cdk.Stack(app, "B")]
    for stack in stacks:
        ImagePipeline(stack, "Web", **minimal)
    (one,), (other,) = (resources(stack, "Custom::ImagePipeline").values() for stack in stacks)
    assert one["Properties"]["Name"] != other["Properties"]["Name"]


def test_tags_of_any_scope_reach_the_pipeline_and_win_over_its_own(
    app: cdk.App, stack: cdk.Stack, pipeline: Make, properties: Callable[[], dict[str, Any]]
) -> None:
    made = pipeline(tags={"team": "web", "kept": "1", "gone": "1"})
    cdk.Tags.of(app).add("fromApp", "a")
    cdk.Tags.of(stack).add("team", "platform")
    cdk.Tags.of(made).add("own", cdk.Aws.REGION)
    cdk.Tags.of(made).remove("gone")
    assert properties()["Tags"] == {"fromApp": "a", "kept": "1", "own": {"Ref": "AWS::Region"}, "team": "platform"}


def test_tags_of_the_stack_itself_reach_the_pipeline_which_cloudformation_would_leave_out(
    app: cdk.App, minimal: dict[str, Any], resources: Callable[..., dict[str, Any]]
) -> None:
    stack = cdk.Stack(app, "Tagged", tags={"cost-centre": "7", "team": "stack", "stage": "stack"})
    nested = cdk.NestedStack(stack, "Nested")
    nested.tags.set_tag("stage", "nested")
    ImagePipeline(stack, "Web", **minimal, tags={"team": "web"})
    ImagePipeline(nested, "Web", **minimal)
    cdk.Tags.of(stack).add("stage", "scope", exclude_resource_types=["aws:cdk:stack", "AWS::CloudFormation::Stack"])
    (outer,), (inner,) = (resources(one, "Custom::ImagePipeline").values() for one in (stack, nested))
    assert outer["Properties"]["Tags"] == {"cost-centre": "7", "stage": "scope", "team": "web"}
    assert inner["Properties"]["Tags"] == {"cost-centre": "7", "stage": "scope", "team": "stack"}


def test_tags_of_the_stack_count_among_those_that_a_pipeline_may_have(app: cdk.App, minimal: dict[str, Any]) -> None:
    stack = cdk.Stack(app, "Tagged", tags={f"key{index}": "" for index in range(25)})
    ImagePipeline(stack, "Web", **minimal, tags={f"own{index}": "" for index in range(24)})
    with pytest.raises(RuntimeError, match=r"\[Tagged/Web\] tags is too large: got 49 entries, allowed "):
        app.synth()


def test_tags_may_be_kept_from_pipelines_by_their_resource_type(
    stack: cdk.Stack, pipeline: Make, properties: Callable[[], dict[str, Any]]
) -> None:
    pipeline()
    cdk.Tags.of(stack).add("a", "1", exclude_resource_types=["Custom::ImagePipeline"])
    assert "Tags" not in properties()


@pytest.mark.parametrize(
    ("tags", "message"),
    [
        ({"a": "v" * 257}, r"tags\['a'\] is too large: got 257 characters, allowed at most 256"),
        ({"✓": ""}, r"tags\['✓'\] has a key that does not match the pattern: got '✓'"),
        (
            {f"k{i}": "" for i in range(49)},
            "tags is too large: got 49 entries, allowed 48, because the resource adds 2",
        ),
        (
            {"imagebuilder-pipeline:logical-id": ""},
            r"tags\['imagebuilder-pipeline:logical-id'\] is set by the resource",
        ),
    ],
)
def test_wrong_tag_that_a_scope_brings_stops_the_synth_with_the_path(
    app: cdk.App, stack: cdk.Stack, pipeline: Make, tags: dict[str, str], message: str
) -> None:
    pipeline()
    for key, value in tags.items():
        cdk.Tags.of(stack).add(key, value)
    with pytest.raises(RuntimeError, match=rf"\[Stack/Web\] {message}"):
        app.synth()


def test_tag_that_is_a_token_passes_the_synth(app: cdk.App, stack: cdk.Stack, pipeline: Make) -> None:
    pipeline()
    cdk.Tags.of(stack).add("a", cdk.Fn.import_value("Value"))
    app.synth()


def test_tag_of_a_scope_may_be_a_value_of_another_stack(
    app: cdk.App, stack: cdk.Stack, pipeline: Make, properties: Callable[[], dict[str, Any]]
) -> None:
    other = cdk.Stack(app, "Other")
    topic = cdk.CfnResource(other, "Topic", type="AWS::SNS::Topic")
    pipeline()
    cdk.Tags.of(stack).add("topic", topic.ref)
    assert properties()["Tags"] == {"topic": {"Fn::ImportValue": "Other:ExportsOutputRefTopicA7DE468A"}}


def test_tags_of_the_stack_are_those_that_it_has_when_its_first_pipeline_is_made(
    stack: cdk.Stack, pipeline: Make, properties: Callable[[], dict[str, Any]]
) -> None:
    ImagePipelineProvider.of(stack)
    stack.tags.set_tag("team", "web")
    pipeline()
    assert properties()["Tags"] == {"team": "web"}


def test_values_that_are_tokens_are_rendered_as_what_they_stand_for(
    pipeline: Make, properties: Callable[[], dict[str, Any]]
) -> None:
    pipeline(
        description=cdk.Fn.ref("Text"),
        image_tests_timeout=cdk.Duration.minutes(cdk.Token.as_number({"Ref": "Minutes"})),
        image_tests_enabled=cdk.Fn.condition_if("Condition", value_if_true=True, value_if_false=False),
        image_tags={"aKey": cdk.Fn.ref("Text")},
    )
    found = properties()
    assert found["Description"] == {"Ref": "Text"}
    assert found["ImageTestsConfiguration"] == {
        "ImageTestsEnabled": {"Fn::If": ["Condition", True, False]},
        "TimeoutMinutes": {"Ref": "Minutes"},
    }
    assert found["ImageTags"] == {"aKey": {"Ref": "Text"}}


def test_token_duration_that_is_not_in_minutes_is_refused(pipeline: Make) -> None:
    with pytest.raises(ValueError, match=r"^ImagePipeline 'Stack/Web': image_tests_timeout must be "):
        pipeline(image_tests_timeout=cdk.Duration.hours(cdk.Token.as_number({"Ref": "Hours"})))
