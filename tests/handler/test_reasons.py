"""The reasons: every one told, documented, and enough in its first 256 characters."""

import re
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError
from support.cloudformation import Resource

from imagebuilder_local.emulator import ImageBuilder, ImageBuilderServer
from imagebuilder_model import load_model
from imagebuilder_pipeline_handler.build import reasons as of_builds
from imagebuilder_pipeline_handler.imagebuilder import advice, invalid
from imagebuilder_pipeline_handler.imagebuilder.advice import ADVICE, explained
from imagebuilder_pipeline_handler.pipeline import reasons
from imagebuilder_pipeline_handler.runtime import failure
from imagebuilder_pipeline_handler.runtime.failure import HandlerError, fitted, shortened

PAGE = Path(__file__).parents[2] / "docs" / "reasons.md"
OUR_OPERATIONS = [
    "CreateImagePipeline",
    "UpdateImagePipeline",
    "DeleteImagePipeline",
    "GetImagePipeline",
    "TagResource",
    "UntagResource",
    "StartImagePipelineExecution",
    "ListImagePipelineImages",
    "GetImage",
    "CancelImageCreation",
    "DeleteImage",
    "StartResourceStateUpdate",
    "GetLifecycleExecution",
]
LONGEST = "x" * 36
OURS = (*failure.REASONS, *advice.REASONS, *invalid.REASONS, *reasons.REASONS, *of_builds.REASONS)
REASONS = {code: (means, fix) for code, means, fix in OURS} | dict(ADVICE)


def reason_for(error: Exception, attempts: str = "") -> str:
    """Return what CloudFormation shows for an error of the work."""
    return explained(error, ()).text(attempts)


def refusal(
    code: str, status: int = 400, message: str = "what the service says", operation: str = OUR_OPERATIONS[0]
) -> ClientError:
    metadata: Any = {
        "RequestId": LONGEST,
        "HTTPStatusCode": status,
        "HTTPHeaders": {},
        "RetryAttempts": 0,
        "HostId": "",
    }
    return ClientError({"Error": {"Code": code, "Message": message}, "ResponseMetadata": metadata}, operation)


def documented() -> dict[str, tuple[str, str]]:
    rows = re.findall(r"^\| `([^`]+)` \| (.+?) \| (.+?) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(rows) == len({code for code, *_ in rows})
    return {code: (means, do) for code, means, do in rows}


def test_page_lists_every_reason_with_its_cause_and_its_way_out_and_no_other() -> None:
    assert documented() == REASONS


def test_every_error_that_the_model_gives_our_operations_has_a_reason_of_its_own() -> None:
    model = load_model()
    errors = {error for name in OUR_OPERATIONS for error in model.operations[name].errors}
    server = {name for name in errors if (model.shapes[name].http_status or 0) >= 500}
    # The answer to a dry run, which the function never asks for; and to a token that is not the service's own.
    unused = {"DryRunOperationException", "InvalidPaginationTokenException"}
    assert errors - server - unused - REASONS.keys() == set()


@pytest.mark.parametrize("code", sorted(set(ADVICE) - {"5xx", "other"}))
def test_first_256_characters_hold_code_meaning_way_out_and_request_id(code: str) -> None:
    means, fix = ADVICE[code]
    *only, code = code.split()
    operation = only[0] if only else OUR_OPERATIONS[0]
    text = reason_for(refusal(code, operation=operation), "100 attempts in 300 s, last CallRateLimitExceededException")
    head = f"{code}: {means}; {fix} ({operation}, request id {LONGEST}"
    assert text.startswith(head)
    assert len(head) <= 256
    assert text.endswith(": what the service says")


@pytest.mark.parametrize("operation", ["CreateImagePipeline", "UpdateImagePipeline"])
def test_missing_inspector_is_told_with_what_to_activate(operation: str) -> None:
    said = "Resource dependency error: Amazon Inspector is not enabled for 'ec2' resources in account '123456789012'."
    text = reason_for(refusal("ResourceDependencyException", message=said, operation=operation))
    assert "; activate Amazon Inspector for EC2 or ECR in this Region, then deploy again (" in text
    assert "refers to the pipeline" not in text
    assert text.endswith(said)


@pytest.mark.parametrize(
    ("code", "status", "key"), [("503", 503, "5xx"), ("ServiceException", 500, "5xx"), ("Odd", 400, "other")]
)
def test_other_codes_are_told_by_their_status(code: str, status: int, key: str) -> None:
    assert reason_for(refusal(code, status)).startswith(f"{code}: {ADVICE[key][0]}; {ADVICE[key][1]} (")


@pytest.mark.parametrize(
    "error",
    [
        EndpointConnectionError(endpoint_url="https://imagebuilder.us-east-1.amazonaws.com/"),
        ReadTimeoutError(endpoint_url="https://imagebuilder.us-east-1.amazonaws.com/"),
    ],
)
def test_fault_of_the_connection_names_host_and_kind(error: Exception) -> None:
    text = reason_for(error, "9 attempts in 290 s, last ReadTimeoutError")
    assert text.startswith("NoConnection: Image Builder could not be reached")
    assert "(9 attempts in 290 s, last ReadTimeoutError): " in text
    assert f"{type(error).__name__}: " in text
    assert "imagebuilder.us-east-1.amazonaws.com" in text


@pytest.mark.parametrize("count", [1, 2, 40, 100_000])
def test_as_many_whole_problems_as_fit_are_told(count: int) -> None:
    parts = [f"Property{index} is wrong" for index in range(count)]
    text = fitted("head: ", parts)
    told = text.removeprefix("head: ").split("; ")
    more = told.pop() if told[-1].startswith("+") else "+0 more"
    assert told == parts[: len(told)]
    assert more == f"+{count - len(told)} more"
    assert len(text) <= 1000
    assert len(told) == count or len(text) + len(f"; {parts[len(told)]}") + 8 > 1000


def test_problem_that_alone_is_too_long_is_cut_between_words_and_the_rest_counted() -> None:
    text = fitted("head: ", ["word " * 300, "second", "third"])
    assert text.endswith("word … (shortened); +2 more")
    assert 900 < len(text) <= 1000


@pytest.mark.parametrize("text", ["word " * 400, "w" * 2000, "w" * 2000 + " word", "word " + "w" * 2000])
def test_text_is_never_longer_than_allowed_and_is_cut_between_words(text: str) -> None:
    cut = shortened(text)
    assert len(cut) <= 1000
    assert cut.endswith(" … (shortened)")
    if "w" * 2000 not in text:
        assert set(cut.removesuffix(" … (shortened)").split()) == {"word"}


def test_reason_of_an_error_of_ours_has_its_particulars_last() -> None:
    assert reason_for(HandlerError(reasons.NOT_OURS, "arn:x")).endswith(" to adopt it: arn:x")


@pytest.mark.parametrize("recipe", ["ImageRecipeArn", "ContainerRecipeArn"])
def test_scan_in_an_account_without_inspector_fails_at_once_with_what_to_activate(
    resource: Resource, emulator: ImageBuilderServer, minimal: dict[str, str], recipe: str
) -> None:
    service = ImageBuilder(inspector=())
    for kind in ("image-recipe/golden/1.0.0", "container-recipe/golden/1.0.0", "infrastructure-configuration/golden"):
        service.register(service.arn(kind))
    emulator.serve(service)
    given: dict[str, Any] = minimal | {recipe: service.arn("container-recipe/golden/1.0.0")}
    if recipe == "ImageRecipeArn":
        given = minimal
    else:
        del given["ImageRecipeArn"]
    reason = resource.create(**given, ImageScanningConfiguration={"ImageScanningEnabled": "true"})["Reason"]
    assert "; activate Amazon Inspector for EC2 or ECR in this Region, then deploy again (" in reason
    kind = "ec2" if recipe == "ImageRecipeArn" else "ecr"
    assert f"Amazon Inspector is not enabled for '{kind}' resources in account '000000000000'." in reason
    assert [call.operation for call in service.calls()].count("CreateImagePipeline") == 1
    assert service.pipelines() == []


def test_refusal_seen_over_http_has_the_service_s_request_id(
    resource: Resource, service: ImageBuilder, minimal: dict[str, str]
) -> None:
    service.inject("CreateImagePipeline", ["ServiceQuotaExceededException"])
    reason = resource.create(**minimal)["Reason"]
    assert re.search(r"\(CreateImagePipeline, request id [0-9a-f-]{36}\)", reason[:256])
