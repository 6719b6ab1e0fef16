"""What a template's properties may be, and how what they may not be is told."""

import re
from typing import Any

import pytest
from support.cloudformation import Resource, as_cloudformation_sends

from imagebuilder_local.emulator import ImageBuilder
from imagebuilder_model import load_model
from imagebuilder_model.ownership import STACK_ID_TAG
from imagebuilder_pipeline_handler.imagebuilder.invalid import PropertiesError
from imagebuilder_pipeline_handler.pipeline.properties import desired

MINIMAL = {
    "Name": "golden",
    "ImageRecipeArn": "arn:aws:imagebuilder:us-east-1:000000000000:image-recipe/golden/1.0.0",
    "InfrastructureConfigurationArn": "arn:aws:imagebuilder:us-east-1:000000000000:infrastructure-configuration/golden",
}


def read(**properties: Any) -> dict[str, Any]:
    request = desired(as_cloudformation_sends(MINIMAL | properties)).request
    return {name: value for name, value in request.items() if name[:1].upper() + name[1:] not in MINIMAL}


@pytest.mark.parametrize(
    ("properties", "request_members"),
    [
        ({"Schedule": {"ScheduleExpression": "rate(1 day)"}}, {"schedule": {"scheduleExpression": "rate(1 day)"}}),
        ({"schedule": {"scheduleExpression": "rate(1 day)"}}, {"schedule": {"scheduleExpression": "rate(1 day)"}}),
        ({"EnhancedImageMetadataEnabled": False}, {"enhancedImageMetadataEnabled": False}),
        ({"EnhancedImageMetadataEnabled": "True"}, {"enhancedImageMetadataEnabled": True}),
        ({"ImageTestsConfiguration": {"TimeoutMinutes": 61}}, {"imageTestsConfiguration": {"timeoutMinutes": 61}}),
        ({"Status": "enabled"}, {"status": "ENABLED"}),
        ({"Tags": {}, "Workflows": [], "Schedule": {}}, {}),
        ({"ImageScanningConfiguration": {"EcrConfiguration": {}}}, {}),
        ({"Description": None}, {}),
        ({"Tags": {"Key": "true", "key": "60"}}, {"tags": {"Key": "true", "key": "60"}}),
    ],
)
def test_property_is_read_by_the_models_type(properties: dict[str, Any], request_members: dict[str, Any]) -> None:
    assert read(**properties) == request_members


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ({"Nmae": "x"}, "Nmae is not known: did you mean Name? allowed are Name, Description, "),
        ({"AdoptExistin": "true"}, "AdoptExistin is not known: did you mean AdoptExisting? allowed are Name, "),
        ({"EnhancedImageMetadataEnabled": "ture"}, "EnhancedImageMetadataEnabled must be true or false: got 'ture'"),
        ({"EnhancedImageMetadataEnabled": ""}, "EnhancedImageMetadataEnabled must be true or false: got ''"),
        (
            {"ImageTestsConfiguration": {"TimeoutMinutes": "59"}},
            "ImageTestsConfiguration.TimeoutMinutes is too small: got 59, allowed 60 to 1440",
        ),
        (
            {"ImageTestsConfiguration": {"TimeoutMinutes": "1h"}},
            "ImageTestsConfiguration.TimeoutMinutes must be a whole number: got '1h'",
        ),
        (
            {"ImageTestsConfiguration": {"TimeoutMinutes": "60.5"}},
            "ImageTestsConfiguration.TimeoutMinutes must be a whole number: got '60.5'",
        ),
        ({"Schedule": {"AutoDisablePolicy": {"Count": 3}}}, "Schedule.AutoDisablePolicy.FailureCount is missing"),
        ({"Workflows": [{"OnFailure": "Abort"}]}, "Workflows[0].WorkflowArn is missing"),
        ({"Status": "ON"}, "Status is not an allowed value: got 'ON', allowed are DISABLED, ENABLED"),
        ({"description": "a", "Description": "b"}, "Description is given in two spellings: remove one of the two"),
        ({"ClientToken": "t"}, "ClientToken is set by the resource itself: remove it"),
        ({"dryRun": "true"}, "DryRun is set by the resource itself: remove it"),
        ({"AdoptExisting": "maybe"}, "AdoptExisting must be true or false: got 'maybe'"),
        ({"Tags": {STACK_ID_TAG: "x"}}, f"Tags[{STACK_ID_TAG!r}] is set by the resource itself: remove it"),
        (
            {"Tags": {f"k{i}": "v" for i in range(49)}},
            "Tags is too large: got 49 entries, allowed 48, because the resource adds 2 owner tags",
        ),
        ({"ContainerRecipeArn": "x"}, "ContainerRecipeArn is given together with ImageRecipeArn"),
    ],
)
def test_wrong_property_is_named_as_the_template_spells_it(properties: dict[str, Any], message: str) -> None:
    with pytest.raises(PropertiesError, match=re.escape(message)):
        read(**properties)


def test_members_that_the_resource_sets_are_not_offered() -> None:
    with pytest.raises(PropertiesError) as raised:
        read(Nmae="x")
    assert "ClientToken" not in str(raised.value)
    assert "DryRun" not in str(raised.value)


def test_tags_fill_what_the_owner_tags_leave() -> None:
    most = load_model().shapes["TagMap"].maximum
    assert most is not None
    assert len(read(Tags={f"k{i}": "v" for i in range(most - 2)})["tags"]) == most - 2


def test_every_problem_is_told_and_image_builder_is_not_called(resource: Resource, service: ImageBuilder) -> None:
    answer = resource.create(Nmae="golden", EnhancedImageMetadataEnabled="ture", Schedule={"Timezone": "x"})
    assert answer["Status"] == "FAILED"
    assert answer["Reason"].startswith("InvalidProperties: ")
    assert ": 6 problems in the template's properties: " in answer["Reason"]
    for expected in ("Nmae is not known", "Name is missing", "must be true or false", "Schedule.Timezone"):
        assert expected in answer["Reason"]
    assert service.calls() == []


def test_wrong_update_fails_before_any_call_and_keeps_the_id(resource: Resource, service: ImageBuilder) -> None:
    resource.create(**MINIMAL)
    seen = len(service.calls())
    answer = resource.update(**MINIMAL, Status="ON")
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("FAILED", resource.physical_id)
    assert len(service.calls()) == seen
