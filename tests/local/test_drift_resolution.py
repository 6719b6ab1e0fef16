"""Intrinsic functions of a deployed template, resolved from what CloudFormation tells."""

import json
from typing import Any

import pytest

from imagebuilder_local.drift.errors import DriftError
from imagebuilder_local.drift.pipelines import pipelines_of
from imagebuilder_local.drift.references import PIPELINE
from imagebuilder_local.drift.resolution import Resolver
from imagebuilder_local.drift.stack import Resource, Stack, read
from imagebuilder_local.drift.template import parsed
from imagebuilder_local.drift.unknown import Unknown, first_unknown

STACK_ID = "arn:aws-cn:cloudformation:cn-north-1:111122223333:stack/Golden/6f2d1c3e"
RECIPE = "arn:aws-cn:imagebuilder:cn-north-1:111122223333:image-recipe/golden/1.0.0"

PARAMETERS: dict[str, Any] = {
    "Stage": {"Type": "String"},
    "Zones": {"Type": "CommaDelimitedList"},
    "Subnets": {"Type": "List<AWS::EC2::Subnet::Id>"},
    "Secret": {"Type": "String", "NoEcho": True},
    "Lost": {"Type": "String"},
    "Stored": {"Type": "AWS::SSM::Parameter::Value<String>"},
    "StoredList": {"Type": "AWS::SSM::Parameter::Value<CommaDelimitedList>"},
    "Untold": {"Type": "AWS::SSM::Parameter::Value<String>"},
}
CONDITIONS: dict[str, Any] = {
    "IsProd": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]},
    "IsTest": {"Fn::Not": [{"Condition": "IsProd"}]},
    "Both": {"Fn::And": [{"Condition": "IsProd"}, {"Condition": "IsTest"}]},
    "Either": {"Fn::Or": [{"Condition": "Masked"}, {"Condition": "IsProd"}]},
    "Neither": {"Fn::And": [{"Condition": "Masked"}, {"Condition": "IsTest"}]},
    "Masked": {"Fn::Equals": [{"Ref": "Secret"}, "x"]},
    "NotMasked": {"Fn::Not": [{"Condition": "Masked"}]},
    "OrMasked": {"Fn::Or": [{"Condition": "IsTest"}, {"Condition": "Masked"}]},
    "Odd": {"Fn::Contains": [["a"], "a"]},
}
RESOURCES = {
    "Recipe": Resource("AWS::ImageBuilder::ImageRecipe", RECIPE),
    "Other": Resource("Custom::ImagePipeline", "arn:of-a-pipeline"),
    "Role": Resource("AWS::IAM::Role", "builder"),
    "Deep": Resource("AWS::IAM::Role", "deep"),
    "Hidden": Resource("AWS::IAM::Role", "hidden"),
    "Bare": Resource("AWS::IAM::Role", "bare"),
    "Topic": Resource("AWS::SNS::Topic", "arn:of-a-topic"),
    "Unmade": Resource("AWS::SNS::Topic", ""),
}


def resolved(value: Any) -> Any:
    """Return a property as the resource gets it."""
    template = {
        "Parameters": PARAMETERS,
        "Conditions": CONDITIONS,
        "Mappings": {"Sizes": {"prod": {"type": "large", "list": ["a", "b"]}}},
        "Resources": {
            "Pipeline": {"Type": "Custom::ImagePipeline", "Properties": {"Value": value}},
            "Role": {},
            "Deep": {"Properties": {"Path": {"Fn::Sub": "/${Stage}/"}}},
            "Hidden": {"Properties": {"Path": {"Ref": "Secret"}}},
            "Bare": {"Properties": {"Path": {"Ref": "AWS::NoValue"}}},
        },
    }
    stack = Stack(
        client=None,
        id=STACK_ID,
        parameters={
            "Stage": "prod",
            "Zones": "a, b",
            "Subnets": "subnet-1,subnet-2",
            "Secret": "****",
            "Stored": "/name",
            "Untold": "/name",
        },
        from_parameter_store={"Stored": "value", "StoredList": "a,b"},
        # As botocore gives it: parsed from JSON.
        template=parsed(json.loads(json.dumps(template))),
        resources=RESOURCES,
        notification_arns=["arn:of-a-topic"],
    )
    stack.exports = {"shared-recipe": "arn:of-a-shared-recipe"}
    return Resolver(stack).properties("Pipeline").get("Value")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("text", "text"),
        (True, "true"),
        (720, "720"),
        ({"Ref": "Stage"}, "prod"),
        ({"Ref": "Zones"}, ["a", "b"]),
        ({"Ref": "Stored"}, "value"),
        ({"Ref": "StoredList"}, ["a", "b"]),
        ({"Ref": "Subnets"}, ["subnet-1", "subnet-2"]),
        ({"Ref": "Recipe"}, RECIPE),
        ({"Ref": "Topic"}, "arn:of-a-topic"),
        ({"Ref": "AWS::NoValue"}, None),
        ({"Ref": "AWS::Region"}, "cn-north-1"),
        ({"Ref": "AWS::Partition"}, "aws-cn"),
        ({"Ref": "AWS::AccountId"}, "111122223333"),
        ({"Ref": "AWS::StackId"}, STACK_ID),
        ({"Ref": "AWS::StackName"}, "Golden"),
        ({"Ref": "AWS::URLSuffix"}, "amazonaws.com.cn"),
        ({"Ref": "AWS::NotificationARNs"}, ["arn:of-a-topic"]),
        ({"Fn::GetAtt": ["Recipe", "Arn"]}, RECIPE),
        ({"Fn::GetAtt": "Recipe.Arn"}, RECIPE),
        ({"Fn::GetAtt": ["Other", "Arn"]}, "arn:of-a-pipeline"),
        ({"Fn::GetAtt": ["Role", "Arn"]}, "arn:aws-cn:iam::111122223333:role/builder"),
        ({"Fn::GetAtt": ["Deep", "Arn"]}, "arn:aws-cn:iam::111122223333:role/prod/deep"),
        ({"Fn::GetAtt": ["Bare", "Arn"]}, "arn:aws-cn:iam::111122223333:role/bare"),
        ({"Fn::Join": ["-", ["a", {"Ref": "Stage"}]]}, "a-prod"),
        ({"Fn::Join": ["+", {"Ref": "Zones"}]}, "a+b"),
        ({"Fn::Split": ["-", "a-b"]}, ["a", "b"]),
        ({"Fn::Select": [1, {"Fn::Split": ["-", "a-b"]}]}, "b"),
        ({"Fn::Select": ["0", ["x", {"Ref": "Secret"}]]}, "x"),
        ({"Fn::Sub": "${Stage}/${AWS::Region}/${Recipe.Arn}/${!Kept}"}, f"prod/cn-north-1/{RECIPE}/${{Kept}}"),
        ({"Fn::Sub": ["${Name}-${Stage}", {"Name": {"Ref": "Recipe"}}]}, f"{RECIPE}-prod"),
        ({"Fn::FindInMap": ["Sizes", {"Ref": "Stage"}, "type"]}, "large"),
        ({"Fn::FindInMap": ["Sizes", "prod", "list"]}, ["a", "b"]),
        ({"Fn::FindInMap": ["Sizes", "dev", "type", {"DefaultValue": "small"}]}, "small"),
        ({"Fn::ImportValue": {"Fn::Sub": "shared-recipe"}}, "arn:of-a-shared-recipe"),
        ({"Fn::If": ["IsProd", "a", "b"]}, "a"),
        ({"Fn::If": ["IsTest", "a", "b"]}, "b"),
        ({"Fn::If": ["Both", "a", "b"]}, "b"),
        ({"Fn::If": ["Either", "a", "b"]}, "a"),
        ({"Fn::If": ["Neither", "a", "b"]}, "b"),
        ({"A": {"Fn::If": ["IsTest", "a", {"Ref": "AWS::NoValue"}]}, "B": "b"}, {"B": "b"}),
        ([{"Ref": "AWS::NoValue"}, "b"], ["b"]),
    ],
)
def test_value_is_resolved_as_the_resource_gets_it(value: Any, expected: Any) -> None:
    assert resolved(value) == expected


@pytest.mark.parametrize(
    ("value", "on"),
    [
        ({"Ref": "Secret"}, "parameter Secret, which has NoEcho"),
        ({"Ref": "Lost"}, "parameter Lost"),
        ({"Ref": "Untold"}, "parameter Untold"),
        ({"Ref": "Nothing"}, "resource Nothing"),
        ({"Ref": "Unmade"}, "resource Unmade"),
        ({"Ref": "AWS::Later"}, "pseudo parameter AWS::Later"),
        ({"Fn::GetAtt": ["Topic", "TopicName"]}, "attribute Topic.TopicName"),
        ({"Fn::GetAtt": ["Unmade", "Arn"]}, "attribute Unmade.Arn"),
        ({"Fn::GetAtt": ["Recipe", {"Ref": "Secret"}]}, "parameter Secret, which has NoEcho"),
        ({"Fn::GetAtt": ["Hidden", "Arn"]}, "parameter Secret, which has NoEcho"),
        ({"Fn::GetAZs": ""}, "Fn::GetAZs"),
        ({"Fn::Join": [",", ["a", {"Fn::Cidr": ["10.0.0.0/8", 1, 8]}]]}, "Fn::Cidr"),
        ({"Fn::Split": [",", {"Ref": "Secret"}]}, "parameter Secret, which has NoEcho"),
        ({"Fn::Select": [0, {"Fn::GetAZs": ""}]}, "Fn::GetAZs"),
        ({"Fn::Select": [{"Ref": "Lost"}, ["a"]]}, "parameter Lost"),
        ({"Fn::Select": [3, ["a"]]}, "item 3 of a list of 1"),
        ({"Fn::Select": [0]}, "Fn::Select in a form that is not known here"),
        ({"Fn::Sub": "a-${Secret}"}, "parameter Secret, which has NoEcho"),
        ({"Fn::Sub": ["a-${B}", {"B": {"Ref": "Lost"}}]}, "parameter Lost"),
        ({"Fn::FindInMap": ["Sizes", {"Ref": "Secret"}, "type"]}, "parameter Secret, which has NoEcho"),
        ({"Fn::FindInMap": ["Sizes", "dev", "type"]}, "mapping Sizes.dev.type"),
        ({"Fn::ImportValue": {"Ref": "Secret"}}, "parameter Secret, which has NoEcho"),
        ({"Fn::ImportValue": "gone"}, "export gone, which does not exist"),
        ({"Fn::If": ["Masked", "a", "b"]}, "condition Masked"),
        ({"Fn::If": ["NotMasked", "a", "b"]}, "condition NotMasked"),
        ({"Fn::If": ["OrMasked", "a", "b"]}, "condition OrMasked"),
        ({"Fn::If": ["Odd", "a", "b"]}, "condition Odd"),
        ({"Fn::If": ["Undeclared", "a", "b"]}, "condition Undeclared"),
        ("a-{{resolve:ssm:/x}}", "the dynamic reference {{resolve:ssm:/x}}"),
        ("{{resolve:secretsmanager:x}}", "the dynamic reference {{resolve:secretsmanager:x}}"),
        ({"Fn::Join": ["", ["{{resolve:ssm:", "/y}}"]]}, "the dynamic reference {{resolve:ssm:/y}}"),
    ],
)
def test_value_that_cloudformation_alone_knows_is_unknown(value: Any, on: str) -> None:
    assert resolved(value) == Unknown(on)


def test_unknown_value_leaves_its_siblings_known() -> None:
    found = resolved({"A": "a", "B": [{"C": {"Ref": "Secret"}, "D": "d"}], "E": ["{{resolve:ssm:/x}}"]})
    unknown = Unknown("parameter Secret, which has NoEcho")
    assert found == {
        "A": "a",
        "B": [{"C": unknown, "D": "d"}],
        "E": [Unknown("the dynamic reference {{resolve:ssm:/x}}")],
    }
    assert first_unknown(found) == unknown


def test_template_in_yaml_has_strings_and_the_long_form_of_functions() -> None:
    body = """
    Conditions:
      A: !Not [!Condition B]
    Resources:
      Pipeline:
        Properties:
          Name: !Sub "${Stage}-x"
          Enabled: true
          Version: 1.0
          Recipe: !GetAtt Recipe.Arn
          Joined: !Join ["-", [a, !Ref B]]
          Sub: !Transform {Name: x}
    """
    template = parsed(body)
    assert template["Conditions"]["A"] == {"Fn::Not": [{"Condition": "B"}]}
    assert template["Resources"]["Pipeline"]["Properties"] == {
        "Name": {"Fn::Sub": "${Stage}-x"},
        "Enabled": "true",
        "Version": "1.0",
        "Recipe": {"Fn::GetAtt": "Recipe.Arn"},
        "Joined": {"Fn::Join": ["-", ["a", {"Ref": "B"}]]},
        "Sub": {"Fn::Transform": {"Name": "x"}},
    }


@pytest.mark.parametrize("body", ["- a", "a: [", "text"])
def test_template_that_is_no_object_is_refused(body: str) -> None:
    with pytest.raises(DriftError, match=r"the stack's template (is not valid YAML|must be an object: got (list|str))"):
        parsed(body)


def test_stack_in_the_middle_of_an_operation_is_refused() -> None:
    class CloudFormation:
        def describe_stacks(self, **_: str) -> Any:
            stack = {"StackId": STACK_ID, "StackName": "Golden", "StackStatus": "UPDATE_IN_PROGRESS"}
            return {"Stacks": [stack]}

    with pytest.raises(DriftError) as caught:
        read(CloudFormation(), "Golden")
    expected = "the stack Golden must not be in the middle of an operation: got UPDATE_IN_PROGRESS: "
    assert str(caught.value) == f"{expected}wait until it has ended, then try again"


def test_stack_has_the_values_of_its_ssm_parameters_and_the_resources_that_are_not_deleted() -> None:
    class Pages:
        def paginate(self, **_: str) -> Any:
            kept = {"LogicalResourceId": "A", "ResourceType": "T", "ResourceStatus": "UPDATE_COMPLETE"}
            gone = {"LogicalResourceId": "B", "ResourceType": "T", "ResourceStatus": "DELETE_COMPLETE"}
            return [
                {"StackResourceSummaries": [kept | {"PhysicalResourceId": "a"}]},
                {"StackResourceSummaries": [gone]},
            ]

    class CloudFormation:
        def describe_stacks(self, **_: str) -> Any:
            told = {"ParameterKey": "Stored", "ParameterValue": "/name", "ResolvedValue": "value"}
            stack = {"StackId": STACK_ID, "StackName": "Golden", "StackStatus": "UPDATE_ROLLBACK_COMPLETE"}
            return {"Stacks": [stack | {"Parameters": [told]}]}

        def get_paginator(self, _: str) -> Pages:
            return Pages()

        def get_template(self, **_: str) -> Any:
            return {"TemplateBody": {"Resources": {}}}

    stack = read(CloudFormation(), "Golden")
    assert (stack.parameters, stack.from_parameter_store) == ({"Stored": "/name"}, {"Stored": "value"})
    assert stack.resources == {"A": Resource("T", "a")}


def test_pipeline_that_is_no_longer_in_the_template_is_not_compared() -> None:
    resource = Resource(PIPELINE, "arn:aws:imagebuilder:eu-west-1:111122223333:image-pipeline/golden")
    stack = Stack(client=None, id=STACK_ID, parameters={}, template={"Resources": {}}, resources={"Old": resource})
    assert list(pipelines_of(stack, imagebuilder=None)) == []
