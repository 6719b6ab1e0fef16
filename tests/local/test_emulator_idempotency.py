"""Idempotency tokens, and many clients at once, through boto3."""

import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from imagebuilder_local.emulator import ImageBuilder, ServiceError

OWN = "arn:aws:imagebuilder:us-east-1:000000000000:"
ARN = f"{OWN}image-pipeline/my-pipe"
MISMATCH = ("IdempotentParameterMismatchException", 400)

Refusal = Callable[..., tuple[str, int]]


def test_same_token_and_parameters_make_one_pipeline(
    client: Any, service: ImageBuilder, minimal: dict[str, Any]
) -> None:
    first, second = (client.create_image_pipeline(**minimal, clientToken="t")["imagePipelineArn"] for _ in "12")
    assert first == second == ARN
    assert len(service.pipelines()) == 1


def test_same_token_with_other_parameters_is_a_mismatch(client: Any, minimal: dict[str, Any], refusal: Refusal) -> None:
    client.create_image_pipeline(**minimal, clientToken="t")
    assert refusal(client.create_image_pipeline, **minimal, clientToken="t", description="d") == MISMATCH


def test_token_of_a_deleted_pipeline_answers_with_its_arn_and_makes_nothing(
    client: Any, service: ImageBuilder, minimal: dict[str, Any]
) -> None:
    client.create_image_pipeline(**minimal, clientToken="t")
    client.delete_image_pipeline(imagePipelineArn=ARN)
    assert client.create_image_pipeline(**minimal, clientToken="t")["imagePipelineArn"] == ARN
    assert service.pipelines() == []


def test_token_of_a_request_that_failed_is_still_free(
    client: Any, service: ImageBuilder, minimal: dict[str, Any], refusal: Refusal
) -> None:
    request = minimal | {"imageRecipeArn": f"{OWN}image-recipe/late/1.0.0", "clientToken": "t"}
    assert refusal(client.create_image_pipeline, **request)[0] == "ResourceNotFoundException"
    service.register(request["imageRecipeArn"])
    assert client.create_image_pipeline(**request)["imagePipelineArn"] == ARN


def test_token_of_one_operation_is_free_in_another(client: Any, minimal: dict[str, Any]) -> None:
    client.create_image_pipeline(**minimal, clientToken="t")
    assert client.start_image_pipeline_execution(imagePipelineArn=ARN, clientToken="t")["clientToken"] == "t"


def test_repeated_update_does_not_undo_a_later_one(
    client: Any, service: ImageBuilder, minimal: dict[str, Any], refusal: Refusal
) -> None:
    client.create_image_pipeline(**minimal)
    update = {name: arn for name, arn in minimal.items() if name != "name"} | {"imagePipelineArn": ARN}
    client.update_image_pipeline(**update, description="first", clientToken="1")
    client.update_image_pipeline(**update, description="second", clientToken="2")
    client.update_image_pipeline(**update, description="first", clientToken="1")
    assert service.pipelines()[0]["description"] == "second"
    assert refusal(client.update_image_pipeline, **update, clientToken="1") == MISMATCH


def test_repeated_start_makes_one_image(client: Any, minimal: dict[str, Any], refusal: Refusal) -> None:
    client.create_image_pipeline(**minimal)
    start = {"imagePipelineArn": ARN, "clientToken": "s"}
    images = {client.start_image_pipeline_execution(**start)["imageBuildVersionArn"] for _ in "12"}
    assert len(images) == len(client.list_image_pipeline_images(imagePipelineArn=ARN)["imageSummaryList"]) == 1
    assert refusal(client.start_image_pipeline_execution, **start, tags={"a": "b"}) == MISMATCH


@pytest.mark.parametrize("operation", ["CreateImagePipeline", "UpdateImagePipeline", "StartImagePipelineExecution"])
def test_missing_token_is_refused(service: ImageBuilder, minimal: dict[str, Any], operation: str) -> None:
    references = {name: arn for name, arn in minimal.items() if name != "name"}
    request = {
        "CreateImagePipeline": minimal,
        "UpdateImagePipeline": references | {"imagePipelineArn": ARN},
        "StartImagePipelineExecution": {"imagePipelineArn": ARN},
    }[operation]
    with pytest.raises(ServiceError, match=r"'clientToken' is not valid. It is missing"):
        service.call(operation, request)


def in_parallel(calls: list[Callable[[], Any]]) -> Counter[str]:
    def outcome(call: Callable[[], Any]) -> str:
        try:
            return str(call()["imagePipelineArn"])
        except ClientError as error:
            return str(error.response.get("Error", {}).get("Code"))

    with ThreadPoolExecutor(len(calls)) as threads:
        return Counter(threads.map(outcome, calls))


@pytest.fixture
def slow_service() -> ImageBuilder:
    """A service that gives way to other threads between looking for a name and taking it, where it asks for the time."""

    def slow_clock() -> float:
        time.sleep(0.02)
        return 0.0

    return ImageBuilder(strict_references=False, clock=slow_clock)


def test_one_of_twenty_creates_of_one_name_wins(
    connect: Callable[..., Any], slow_service: ImageBuilder, minimal: dict[str, Any]
) -> None:
    client = connect(slow_service)
    outcomes = in_parallel([lambda: client.create_image_pipeline(**minimal)] * 20)
    assert outcomes == {ARN: 1, "ResourceAlreadyExistsException": 19}
    assert len(slow_service.pipelines()) == 1


def test_twenty_creates_with_one_token_make_one_pipeline(
    connect: Callable[..., Any], slow_service: ImageBuilder, minimal: dict[str, Any]
) -> None:
    client = connect(slow_service)
    outcomes = in_parallel([lambda: client.create_image_pipeline(**minimal, clientToken="t")] * 20)
    assert outcomes == {ARN: 20}
    assert len(slow_service.pipelines()) == 1


def test_twenty_starts_get_twenty_build_numbers(
    connect: Callable[..., Any], slow_service: ImageBuilder, minimal: dict[str, Any]
) -> None:
    client = connect(slow_service)
    client.create_image_pipeline(**minimal)

    def started(_: int) -> str:
        return str(client.start_image_pipeline_execution(imagePipelineArn=ARN)["imageBuildVersionArn"])

    with ThreadPoolExecutor(20) as threads:
        assert set(threads.map(started, range(20))) == {f"{OWN}image/web/1.0.0/{number}" for number in range(1, 21)}
