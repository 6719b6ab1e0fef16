"""Making, reading, changing and deleting pipelines through boto3."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from imagebuilder_local.emulator import ImageBuilder

OWN = "arn:aws:imagebuilder:us-east-1:000000000000:"
ARN = f"{OWN}image-pipeline/my-pipe"
CONTAINER_RECIPE = f"{OWN}container-recipe/app/2.0.0"
SCHEDULE = {"scheduleExpression": "cron(0 0 * * ? *)"}

Refusal = Callable[..., tuple[str, int]]


def get(client: Any, arn: str = ARN) -> dict[str, Any]:
    pipeline: dict[str, Any] = client.get_image_pipeline(imagePipelineArn=arn)["imagePipeline"]
    return pipeline


def test_create_answers_with_arn_token_and_request_id(client: Any, minimal: dict[str, Any]) -> None:
    answer = client.create_image_pipeline(**minimal, clientToken="t1")
    metadata = answer.pop("ResponseMetadata")
    assert answer == {"imagePipelineArn": ARN, "clientToken": "t1", "requestId": metadata["RequestId"]}


def test_minimal_pipeline_shows_the_defaults(client: Any, minimal: dict[str, Any]) -> None:
    client.create_image_pipeline(**minimal)
    assert get(client) == minimal | {
        "arn": ARN,
        "platform": "Linux",
        "enhancedImageMetadataEnabled": True,
        "imageTestsConfiguration": {"imageTestsEnabled": True, "timeoutMinutes": 720},
        "status": "ENABLED",
        "dateCreated": "2023-11-14T22:13:20.000Z",
        "dateUpdated": "2023-11-14T22:13:20.000Z",
        "consecutiveFailures": 0,
        "tags": {},
    }


def test_every_member_is_kept_as_given(client: Any, service: ImageBuilder, minimal: dict[str, Any]) -> None:
    service.register(f"{OWN}distribution-configuration/eu")
    full = minimal | {
        "description": "Grüße",
        "distributionConfigurationArn": f"{OWN}distribution-configuration/eu",
        "imageTestsConfiguration": {"imageTestsEnabled": True, "timeoutMinutes": 61},
        "enhancedImageMetadataEnabled": False,
        "schedule": SCHEDULE
        | {
            "timezone": "Europe/Berlin",
            "pipelineExecutionStartCondition": "EXPRESSION_MATCH_ONLY",
            "autoDisablePolicy": {"failureCount": 3},
        },
        "status": "DISABLED",
        "tags": {"team": "web"},
        "imageTags": {"os": "al2023"},
        "imageScanningConfiguration": {"imageScanningEnabled": True, "ecrConfiguration": {"containerTags": ["x"]}},
        "workflows": [
            {
                "workflowArn": "arn:aws:imagebuilder:us-east-1:aws:workflow/build/build-image/x.x.x",
                "parameters": [{"name": "wait", "value": ["true"]}],
            }
        ],
        "executionRole": "builder",
        "loggingConfiguration": {"imageLogGroupName": "/aws/imagebuilder/web"},
    }
    client.create_image_pipeline(**full)
    assert get(client).items() >= full.items()


def test_schedule_and_tests_given_in_part_are_completed(client: Any, minimal: dict[str, Any]) -> None:
    client.create_image_pipeline(**minimal, schedule=SCHEDULE, imageTestsConfiguration={"timeoutMinutes": 90})
    pipeline = get(client)
    assert pipeline["imageTestsConfiguration"] == {"imageTestsEnabled": True, "timeoutMinutes": 90}
    assert pipeline["schedule"] == SCHEDULE | {
        "timezone": "UTC",
        "pipelineExecutionStartCondition": "EXPRESSION_MATCH_AND_DEPENDENCY_UPDATES_AVAILABLE",
    }


def test_changing_what_was_returned_changes_no_pipeline(service: ImageBuilder, minimal: dict[str, Any]) -> None:
    schedule = {"scheduleExpression": "rate(1 day)"}
    more = {"clientToken": "t", "tags": {"a": "b"}, "schedule": schedule}
    arn = service.call("CreateImagePipeline", minimal | more)["imagePipelineArn"]
    before = service.call("GetImagePipeline", {"imagePipelineArn": arn})["imagePipeline"]
    found = service.call("GetImagePipeline", {"imagePipelineArn": arn})["imagePipeline"]
    found["tags"]["a"] = found["schedule"]["scheduleExpression"] = "changed"
    found["imageTestsConfiguration"].clear()
    assert service.call("GetImagePipeline", {"imagePipelineArn": arn})["imagePipeline"] == before


def test_platform_is_the_recipes(client: Any, service: ImageBuilder, minimal: dict[str, Any]) -> None:
    service.register(f"{OWN}image-recipe/win/1.0.0", platform="Windows")
    client.create_image_pipeline(**minimal | {"imageRecipeArn": f"{OWN}image-recipe/win/x.x.x"})
    assert get(client)["platform"] == "Windows"


@pytest.mark.parametrize("name", ["my_pipe", "MY-PIPE", "my pipe"])
def test_name_that_is_the_same_after_normalisation_already_exists(
    client: Any, minimal: dict[str, Any], refusal: Refusal, name: str
) -> None:
    client.create_image_pipeline(**minimal)
    assert refusal(client.create_image_pipeline, **minimal | {"name": name}) == ("ResourceAlreadyExistsException", 400)
    assert get(client)["name"] == "My Pipe"


def test_dry_run_of_a_good_request_is_412_and_makes_nothing(
    client: Any, service: ImageBuilder, minimal: dict[str, Any], refusal: Refusal
) -> None:
    assert refusal(client.create_image_pipeline, **minimal, dryRun=True) == ("DryRunOperationException", 412)
    assert service.pipelines() == []


def test_dry_run_of_a_name_that_is_taken_already_exists(client: Any, minimal: dict[str, Any], refusal: Refusal) -> None:
    client.create_image_pipeline(**minimal)
    assert refusal(client.create_image_pipeline, **minimal, dryRun=True)[0] == "ResourceAlreadyExistsException"


def test_pipeline_above_the_quota_is_402(connect: Any, minimal: dict[str, Any], refusal: Refusal) -> None:
    client = connect(ImageBuilder(pipeline_quota=1, strict_references=False))
    client.create_image_pipeline(**minimal)
    assert refusal(client.create_image_pipeline, **minimal | {"name": "other"}) == (
        "ServiceQuotaExceededException",
        402,
    )


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("imageRecipeArn", f"{OWN}image-recipe/web/1.0.1"),
        ("imageRecipeArn", f"{OWN}image-recipe/web/2.x.x"),
        ("infrastructureConfigurationArn", f"{OWN}infrastructure-configuration/none"),
        ("distributionConfigurationArn", f"{OWN}distribution-configuration/none"),
        ("workflows", [{"workflowArn": f"{OWN}workflow/build/none/1.0.0"}]),
    ],
)
def test_reference_to_nothing_of_this_account_is_not_found(
    client: Any, minimal: dict[str, Any], refusal: Refusal, member: str, value: object
) -> None:
    request = minimal | {"executionRole": "builder", member: value}
    assert refusal(client.create_image_pipeline, **request) == ("ResourceNotFoundException", 404)
    assert client.list_image_pipelines()["imagePipelineList"] == []


@pytest.mark.parametrize("version", ["1.x.x", "x.x.x", "1.0.x"])
def test_wildcard_finds_a_registered_version(client: Any, minimal: dict[str, Any], version: str) -> None:
    client.create_image_pipeline(**minimal | {"imageRecipeArn": f"{OWN}image-recipe/web/{version}"})
    assert get(client)["imageRecipeArn"].endswith(version)


@pytest.mark.parametrize("owner", ["aws", "123456789012"])
def test_reference_to_what_others_own_is_taken(client: Any, minimal: dict[str, Any], owner: str) -> None:
    recipe = f"arn:aws:imagebuilder:us-east-1:{owner}:image-recipe/theirs/x.x.x"
    client.create_image_pipeline(**minimal | {"imageRecipeArn": recipe})
    assert get(client)["imageRecipeArn"] == recipe


def test_lenient_service_takes_any_reference(connect: Any, minimal: dict[str, Any]) -> None:
    client = connect(ImageBuilder(strict_references=False))
    client.create_image_pipeline(**minimal)
    assert get(client)["platform"] == "Linux"


@pytest.mark.parametrize(
    ("member", "value"),
    [("name", "a"), ("status", "enabled"), ("description", "x" * 1025), ("containerRecipeArn", CONTAINER_RECIPE)],
)
def test_value_that_the_checker_refuses_is_an_invalid_parameter_value(
    client: Any, minimal: dict[str, Any], refusal: Refusal, member: str, value: str
) -> None:
    assert refusal(client.create_image_pipeline, **minimal | {member: value}) == ("InvalidParameterValueException", 400)
    assert client.list_image_pipelines()["imagePipelineList"] == []


def test_message_of_an_invalid_value_names_the_member(client: Any, minimal: dict[str, Any]) -> None:
    with pytest.raises(client.exceptions.ClientError, match=r"supplied for parameter 'status' is not valid. status is"):
        client.create_image_pipeline(**minimal | {"status": "on"})


def test_update_replaces_everything_but_name_tags_and_date_of_creation(
    client: Any, service: ImageBuilder, minimal: dict[str, Any], clock: SimpleNamespace
) -> None:
    service.register(f"{OWN}image-recipe/web/1.1.0")
    client.create_image_pipeline(
        **minimal,
        description="d",
        schedule=SCHEDULE,
        status="DISABLED",
        enhancedImageMetadataEnabled=False,
        imageTestsConfiguration={"imageTestsEnabled": False},
        executionRole="builder",
        imageTags={"a": "b"},
        tags={"team": "web"},
    )
    clock.now += 60
    answer = client.update_image_pipeline(
        imagePipelineArn=ARN,
        imageRecipeArn=f"{OWN}image-recipe/web/1.1.0",
        infrastructureConfigurationArn=minimal["infrastructureConfigurationArn"],
        clientToken="u",
    )
    assert (answer["imagePipelineArn"], answer["clientToken"]) == (ARN, "u")
    assert get(client) == minimal | {
        "imageRecipeArn": f"{OWN}image-recipe/web/1.1.0",
        "arn": ARN,
        "platform": "Linux",
        "enhancedImageMetadataEnabled": True,
        "imageTestsConfiguration": {"imageTestsEnabled": True, "timeoutMinutes": 720},
        "status": "ENABLED",
        "dateCreated": "2023-11-14T22:13:20.000Z",
        "dateUpdated": "2023-11-14T22:14:20.000Z",
        "consecutiveFailures": 0,
        "tags": {"team": "web"},
    }


def test_update_to_the_other_type_of_recipe_is_refused_and_changes_nothing(
    client: Any, minimal: dict[str, Any], refusal: Refusal
) -> None:
    client.create_image_pipeline(**minimal)
    before = get(client)
    assert refusal(
        client.update_image_pipeline,
        imagePipelineArn=ARN,
        containerRecipeArn=CONTAINER_RECIPE,
        infrastructureConfigurationArn=minimal["infrastructureConfigurationArn"],
    ) == ("InvalidRequestException", 400)
    assert get(client) == before


def test_update_to_a_recipe_that_is_not_there_is_not_found_and_changes_nothing(
    client: Any, minimal: dict[str, Any], refusal: Refusal
) -> None:
    client.create_image_pipeline(**minimal)
    before = get(client)
    assert refusal(
        client.update_image_pipeline,
        imagePipelineArn=ARN,
        imageRecipeArn=f"{OWN}image-recipe/web/9.9.9",
        infrastructureConfigurationArn=minimal["infrastructureConfigurationArn"],
    ) == ("ResourceNotFoundException", 404)
    assert get(client) == before


def test_pipeline_that_is_not_there_is_not_found_by_any_operation(
    client: Any, minimal: dict[str, Any], refusal: Refusal
) -> None:
    references = {name: arn for name, arn in minimal.items() if name != "name"}
    for call, request in (
        (client.get_image_pipeline, {}),
        (client.update_image_pipeline, references),
        (client.delete_image_pipeline, {}),
        (client.start_image_pipeline_execution, {}),
    ):
        assert refusal(call, imagePipelineArn=ARN, **request) == ("ResourceNotFoundException", 404)


def test_delete_answers_with_the_arn_and_frees_the_name(client: Any, minimal: dict[str, Any], refusal: Refusal) -> None:
    client.create_image_pipeline(**minimal)
    assert client.delete_image_pipeline(imagePipelineArn=ARN)["imagePipelineArn"] == ARN
    assert refusal(client.delete_image_pipeline, imagePipelineArn=ARN) == ("ResourceNotFoundException", 404)
    assert client.create_image_pipeline(**minimal)["imagePipelineArn"] == ARN


def test_partition_region_and_account_are_in_the_arn(connect: Any, minimal: dict[str, Any]) -> None:
    client = connect(ImageBuilder("aws-cn", "cn-north-1", "111122223333"))
    arn = client.create_image_pipeline(**minimal)["imagePipelineArn"]
    assert arn == "arn:aws-cn:imagebuilder:cn-north-1:111122223333:image-pipeline/my-pipe"
