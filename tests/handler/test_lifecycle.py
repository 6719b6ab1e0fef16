"""Create, Update and Delete against the emulator."""

from typing import Any

import pytest
from support.cloudformation import STACK_ID, Resource

from imagebuilder_local.emulator import ImageBuilder
from imagebuilder_model.ownership import FORMER_LOGICAL_ID_TAG, LOGICAL_ID_TAG, STACK_ID_TAG

OWNER = {STACK_ID_TAG: STACK_ID, LOGICAL_ID_TAG: "Pipeline"}
Properties = dict[str, Any]


def writes(service: ImageBuilder, since: int = 0) -> list[str]:
    return [call.operation for call in service.calls()[since:] if not call.operation.startswith(("Get", "List"))]


def only(service: ImageBuilder) -> dict[str, Any]:
    (pipeline,) = service.pipelines()
    return pipeline


def test_create_makes_the_pipeline_and_answers_with_its_arn_and_attributes(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    answer = resource.create(**minimal)
    arn = service.arn("image-pipeline/golden")
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", arn)
    (call,) = service.calls()
    assert answer["Data"] == {
        "Arn": arn,
        "Name": "golden",
        "ClientToken": call.request["clientToken"],
        "RequestId": answer["Data"]["RequestId"],
        "WhatIsBuilt": answer["Data"]["WhatIsBuilt"],
    }
    assert len(call.request["clientToken"]) == 36
    assert answer["Data"]["RequestId"] != answer["RequestId"]
    assert only(service)["tags"] == OWNER


def test_every_member_reaches_the_service_as_the_model_types_it(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    workflow = "arn:aws:imagebuilder:us-east-1:aws:workflow/test/test-image/x.x.x"
    answer = resource.create(
        **minimal,
        Description="weekly",
        DistributionConfigurationArn=service.arn("distribution-configuration/golden"),
        EnhancedImageMetadataEnabled=False,
        ExecutionRole="arn:aws:iam::000000000000:role/build",
        ImageScanningConfiguration={
            "ImageScanningEnabled": True,
            "EcrConfiguration": {"RepositoryName": "golden", "ContainerTags": ["latest"]},
        },
        ImageTags={"Team": "true", "lower": "1"},
        ImageTestsConfiguration={"ImageTestsEnabled": True, "TimeoutMinutes": 60},
        LoggingConfiguration={"ImageLogGroupName": "/golden/image", "PipelineLogGroupName": "/golden/pipeline"},
        Schedule={
            "ScheduleExpression": "rate(7 days)",
            "Timezone": "Europe/London",
            "PipelineExecutionStartCondition": "EXPRESSION_MATCH_ONLY",
            "AutoDisablePolicy": {"FailureCount": 3},
        },
        Status="Disabled",
        Tags={"team": "web"},
        Workflows=[
            {
                "WorkflowArn": workflow,
                "OnFailure": "Abort",
                "ParallelGroup": "g1",
                "Parameters": [{"Name": "p", "Value": ["true", "5"]}],
            }
        ],
    )
    assert answer["Status"] == "SUCCESS", answer["Reason"]
    request = service.calls()[0].request
    del request["clientToken"]
    assert request == {
        "name": "golden",
        "imageRecipeArn": minimal["ImageRecipeArn"],
        "infrastructureConfigurationArn": minimal["InfrastructureConfigurationArn"],
        "description": "weekly",
        "distributionConfigurationArn": service.arn("distribution-configuration/golden"),
        "enhancedImageMetadataEnabled": False,
        "executionRole": "arn:aws:iam::000000000000:role/build",
        "imageScanningConfiguration": {
            "imageScanningEnabled": True,
            "ecrConfiguration": {"repositoryName": "golden", "containerTags": ["latest"]},
        },
        "imageTags": {"Team": "true", "lower": "1"},
        "imageTestsConfiguration": {"imageTestsEnabled": True, "timeoutMinutes": 60},
        "loggingConfiguration": {"imageLogGroupName": "/golden/image", "pipelineLogGroupName": "/golden/pipeline"},
        "schedule": {
            "scheduleExpression": "rate(7 days)",
            "timezone": "Europe/London",
            "pipelineExecutionStartCondition": "EXPRESSION_MATCH_ONLY",
            "autoDisablePolicy": {"failureCount": 3},
        },
        "status": "DISABLED",
        "tags": {"team": "web"} | OWNER,
        "workflows": [
            {
                "workflowArn": workflow,
                "onFailure": "ABORT",
                "parallelGroup": "g1",
                "parameters": [{"name": "p", "value": ["true", "5"]}],
            }
        ],
    }


def test_event_delivered_again_makes_no_second_pipeline_and_answers_the_same(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    event = resource.event("Create", minimal)
    first, second = resource.send(event), resource.send(event)
    assert first["PhysicalResourceId"] == second["PhysicalResourceId"]
    assert first["Data"]["ClientToken"] == second["Data"]["ClientToken"]
    assert len(service.pipelines()) == 1


def test_create_after_delete_with_the_same_properties_makes_the_pipeline_again(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    first = resource.create(**minimal)
    resource.delete()
    second = resource.create(**minimal)
    assert first["Data"]["ClientToken"] != second["Data"]["ClientToken"]
    assert only(service)["arn"] == second["PhysicalResourceId"]


def test_update_changes_the_pipeline_in_place_and_clears_what_was_removed(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    resource.create(**minimal, Description="weekly", Schedule={"ScheduleExpression": "rate(7 days)"})
    arn = resource.physical_id
    answer = resource.update(**minimal | {"EnhancedImageMetadataEnabled": False})
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", arn)
    pipeline = only(service)
    assert pipeline["enhancedImageMetadataEnabled"] is False
    assert {"description", "schedule"} & pipeline.keys() == set()


def test_update_that_changes_nothing_of_the_api_writes_nothing_and_keeps_every_attribute(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    resource.create(**minimal)
    seen = len(service.calls())
    answer = resource.update(**minimal, ServiceTimeout=500)
    assert writes(service, seen) == []
    assert answer["Data"].keys() == {"Arn", "Name", "ClientToken", "RequestId", "WhatIsBuilt"}


def test_update_of_tags_sets_and_removes_ours_and_leaves_those_of_others(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    resource.create(**minimal, Tags={"a": "1", "b": "1"})
    service.call("TagResource", {"resourceArn": resource.physical_id, "tags": {"theirs": "x"}})
    seen = len(service.calls())
    resource.update(**minimal, Tags={"b": "2", "c": "1"})
    assert writes(service, seen) == ["TagResource", "UntagResource"]
    assert only(service)["tags"] == {"b": "2", "c": "1", "theirs": "x"} | OWNER


def test_update_keeps_the_status_of_a_pipeline_that_the_service_disabled(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    resource.create(**minimal)
    live = {name[:1].lower() + name[1:]: value for name, value in minimal.items() if name != "Name"}
    service.call(
        "UpdateImagePipeline",
        live | {"imagePipelineArn": resource.physical_id, "status": "DISABLED", "clientToken": "by-hand"},
    )
    resource.update(**minimal, Description="other")
    assert only(service)["status"] == "DISABLED"


def test_update_with_another_name_makes_a_new_pipeline_and_the_delete_that_follows_removes_the_old(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    old = resource.create(**minimal)["PhysicalResourceId"]
    answer = resource.update(**minimal | {"Name": "silver"})
    assert answer["PhysicalResourceId"] == service.arn("image-pipeline/silver")
    assert resource.delete(old)["Status"] == "SUCCESS"
    assert only(service)["name"] == "silver"


def test_rename_and_back_makes_the_first_pipeline_again(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    first = resource.create(**minimal)["PhysicalResourceId"]
    second = resource.update(**minimal | {"Name": "silver"})["PhysicalResourceId"]
    resource.delete(first)
    assert resource.update(**minimal)["PhysicalResourceId"] == first
    resource.delete(second)
    assert only(service)["arn"] == first


@pytest.mark.parametrize("name", ["Golden", "GOLDEN"])
def test_name_that_normalises_to_the_same_keeps_the_pipeline(
    resource: Resource, service: ImageBuilder, minimal: Properties, name: str
) -> None:
    first = resource.create(**minimal)["PhysicalResourceId"]
    assert resource.update(**minimal | {"Name": name})["PhysicalResourceId"] == first
    assert len(service.pipelines()) == 1


def test_update_of_a_pipeline_deleted_by_somebody_makes_it_again(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    resource.create(**minimal)
    service.call("DeleteImagePipeline", {"imagePipelineArn": resource.physical_id})
    answer = resource.update(**minimal, Description="again")
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", resource.physical_id)
    assert only(service)["description"] == "again"


def test_update_to_the_other_type_of_recipe_fails_and_says_that_the_name_must_change_too(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    resource.create(**minimal)
    del minimal["ImageRecipeArn"]
    answer = resource.update(**minimal, ContainerRecipeArn=service.arn("container-recipe/golden/1.0.0"))
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("FAILED", resource.physical_id)
    assert "has an image recipe" in answer["Reason"]
    assert "change Name together with the recipe" in answer["Reason"]


def test_failed_update_answers_with_the_old_id_and_the_rollback_restores_the_pipeline(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    resource.create(**minimal, Description="weekly")
    before = {key: value for key, value in only(service).items() if key != "dateUpdated"}
    broken = minimal | {"ImageRecipeArn": service.arn("image-recipe/missing/1.0.0"), "Description": "other"}
    answer = resource.update(**broken)
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("FAILED", resource.physical_id)
    good, resource.properties = resource.properties, broken
    assert resource.update(**good)["Status"] == "SUCCESS"
    assert {key: value for key, value in only(service).items() if key != "dateUpdated"} == before


def test_delete_removes_the_pipeline_and_echoes_the_id(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    resource.create(**minimal)
    answer = resource.delete()
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", resource.physical_id)
    assert service.pipelines() == []


def test_delete_of_a_pipeline_that_is_gone_succeeds(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    resource.create(**minimal)
    resource.delete()
    assert resource.delete()["Status"] == "SUCCESS"


def test_failed_create_answers_with_a_marker_whose_delete_calls_nothing(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    answer = resource.create(**minimal | {"ImageRecipeArn": service.arn("image-recipe/missing/1.0.0")})
    assert answer["Status"] == "FAILED"
    assert answer["PhysicalResourceId"].startswith("not-created/Pipeline/")
    seen = len(service.calls())
    assert resource.delete()["Status"] == "SUCCESS"
    assert len(service.calls()) == seen


def test_refusal_of_the_service_is_told_with_code_operation_and_request_id(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    answer = resource.create(**minimal | {"ImageRecipeArn": service.arn("image-recipe/missing/1.0.0")})
    assert service.calls()[0].error is not None
    assert answer["Reason"].startswith(f"{service.calls()[0].error}: ")
    assert "(CreateImagePipeline, request id " in answer["Reason"]
    assert "Traceback" not in answer["Reason"]


def test_pipeline_of_somebody_else_is_neither_taken_nor_touched(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    Resource(resource.handler, resource.responses, logical_id="Theirs").create(**minimal)
    before = only(service)
    answer = resource.create(**minimal, Description="mine")
    assert answer["Status"] == "FAILED"
    assert "was not made by this resource" in answer["Reason"]
    assert resource.delete()["Status"] == "SUCCESS"
    assert only(service) == before


def test_pipeline_of_somebody_else_is_taken_over_when_the_template_says_so(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    Resource(resource.handler, resource.responses, logical_id="Theirs").create(**minimal, Tags={"theirs": "x"})
    answer = resource.create(**minimal, Description="mine", AdoptExisting=True)
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", only(service)["arn"])
    assert only(service)["description"] == "mine"
    assert only(service)["tags"] == {"theirs": "x", FORMER_LOGICAL_ID_TAG: "Theirs"} | OWNER


def test_pipeline_that_is_ours_already_is_brought_to_the_wanted_state(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    resource.create(**minimal)
    answer = resource.create(**minimal, Description="second try")
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", only(service)["arn"])
    assert only(service)["description"] == "second try"


@pytest.mark.parametrize(
    ("change", "is_built_anew"),
    [
        ({"Description": "other"}, False),
        ({"Schedule": {"ScheduleExpression": "rate(7 days)"}}, False),
        ({"Tags": {"team": "web"}}, False),
        ({"ImageTestsConfiguration": {"ImageTestsEnabled": "false"}}, False),
        ({"ImageRecipeArn": "image-recipe/other/1.0.0"}, True),
        ({"InfrastructureConfigurationArn": "infrastructure-configuration/other"}, True),
        ({"DistributionConfigurationArn": "distribution-configuration/golden"}, True),
    ],
)
def test_what_is_built_changes_with_what_a_run_builds_from_and_with_nothing_else(
    resource: Resource, service: ImageBuilder, minimal: Properties, change: Properties, *, is_built_anew: bool
) -> None:
    before = resource.create(**minimal)["Data"]["WhatIsBuilt"]
    given = {name: service.arn(value) if name.endswith("Arn") else value for name, value in change.items()}
    answer = resource.update(**minimal | given)
    assert answer["Status"] == "SUCCESS", answer["Reason"]
    assert (answer["Data"]["WhatIsBuilt"] != before) is is_built_anew
