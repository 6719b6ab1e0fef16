"""Filters, pages and tags, through boto3."""

import base64
import sys
from collections.abc import Callable
from itertools import chain
from typing import Any

import pytest

from imagebuilder_local.emulator import ImageBuilder

OWN = "arn:aws:imagebuilder:us-east-1:000000000000:"
ARN = f"{OWN}image-pipeline/my-pipe"

Refusal = Callable[..., tuple[str, int]]


@pytest.fixture
def many(client: Any, minimal: dict[str, Any]) -> Any:
    """Thirty pipelines, p00 to p29; every third disabled, every second described as "even"."""
    for number in range(30):
        described = {"description": "even"} if number % 2 == 0 else {}
        status = "DISABLED" if number % 3 == 0 else "ENABLED"
        client.create_image_pipeline(**minimal | {"name": f"p{number:02}", "status": status} | described)
    return client


def names(client: Any, *filters: tuple[str, list[str]], **request: Any) -> list[str]:
    if filters:
        request["filters"] = [{"name": name, "values": values} for name, values in filters]
    pages = client.get_paginator("list_image_pipelines").paginate(**request)
    return [pipeline["name"] for page in pages for pipeline in page["imagePipelineList"]]


def test_page_holds_25_and_a_token_leads_to_the_rest(many: Any) -> None:
    first = many.list_image_pipelines()
    rest = many.list_image_pipelines(nextToken=first["nextToken"])
    assert [len(first["imagePipelineList"]), len(rest["imagePipelineList"])] == [25, 5]
    assert "nextToken" not in rest


@pytest.mark.parametrize("size", [1, 7, 10, 15, 25, 29, 100])
def test_pages_of_any_size_show_everything_once(many: Any, size: int) -> None:
    assert names(many, PaginationConfig={"PageSize": size}) == [f"p{number:02}" for number in range(30)]


def test_token_is_stable_and_deletes_between_pages_hide_nothing(many: Any) -> None:
    first, again = (many.list_image_pipelines(maxResults=10) for _ in "12")
    assert first["nextToken"] == again["nextToken"]
    for gone in ("p03", "p09"):
        many.delete_image_pipeline(imagePipelineArn=f"{OWN}image-pipeline/{gone}")
    following = many.list_image_pipelines(maxResults=10, nextToken=first["nextToken"])["imagePipelineList"]
    assert [following[0]["name"], following[-1]["name"]] == ["p10", "p19"]


@pytest.mark.parametrize("token", ["x", "é", "bm9uZQ==", base64.b64encode(b'["a","b"]').decode(), "[" * 99])
def test_token_that_was_never_given_is_an_invalid_pagination_token(many: Any, refusal: Refusal, token: str) -> None:
    assert refusal(many.list_image_pipelines, nextToken=token) == ("InvalidPaginationTokenException", 400)


def test_token_of_another_query_is_an_invalid_pagination_token(many: Any, refusal: Refusal) -> None:
    token = many.list_image_pipelines()["nextToken"]
    filters = [{"name": "status", "values": ["ENABLED"]}]
    assert refusal(many.list_image_pipelines, filters=filters, nextToken=token)[0] == "InvalidPaginationTokenException"


def test_values_of_a_filter_are_alternatives_and_filters_add_up(many: Any) -> None:
    assert names(many, ("name", ["p01", "p02", "none"])) == ["p01", "p02"]
    assert names(many, ("status", ["DISABLED"]), ("description", ["even"])) == ["p00", "p06", "p12", "p18", "p24"]


def test_filters_of_references_match_the_arn(many: Any, minimal: dict[str, Any]) -> None:
    assert len(names(many, ("imageRecipeArn", [minimal["imageRecipeArn"]]))) == 30
    assert len(names(many, ("infrastructureConfigurationArn", [minimal["infrastructureConfigurationArn"]]))) == 30
    assert names(many, ("distributionConfigurationArn", [f"{OWN}distribution-configuration/eu"])) == []


@pytest.mark.parametrize("entry", [{"name": "platform", "values": ["Linux"]}, {"values": ["a"]}, {"name": "name"}])
def test_filter_that_the_operation_does_not_know_is_refused(client: Any, refusal: Refusal, entry: Any) -> None:
    assert refusal(client.list_image_pipelines, filters=[entry]) == ("InvalidParameterValueException", 400)


def test_more_than_100_results_a_page_are_refused(many: Any, refusal: Refusal) -> None:
    assert len(many.list_image_pipelines(maxResults=100)["imagePipelineList"]) == 30
    assert refusal(many.list_image_pipelines, maxResults=101) == ("InvalidParameterValueException", 400)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("p1*", [f"p1{digit}" for digit in range(10)]),
        ("*1*", ["p01", *(f"p1{digit}" for digit in range(10)), "p21"]),
        ("p01*", ["p01"]),
        ("P1*", []),
        ("*", [f"p{number:02}" for number in range(30)]),
        ("*9", []),
        ("p*9", []),
    ],
)
def test_star_in_a_name_stands_at_its_end_or_at_both(many: Any, value: str, found: list[str]) -> None:
    assert names(many, ("name", [value])) == found


def test_star_is_a_sign_like_others_in_the_filters_that_know_none(many: Any) -> None:
    assert names(many, ("description", ["ev*"])) == []
    assert names(many, ("status", ["*"])) == []
    assert names(many, ("name", ["p00", "p1*"]), ("status", ["DISABLED"])) == ["p00", "p12", "p15", "p18"]


def test_images_of_a_pipeline_that_does_not_exist_are_none(client: Any, minimal: dict[str, Any]) -> None:
    assert client.list_image_pipeline_images(imagePipelineArn=ARN)["imageSummaryList"] == []
    client.create_image_pipeline(**minimal)
    client.start_image_pipeline_execution(imagePipelineArn=ARN)
    client.delete_image_pipeline(imagePipelineArn=ARN)
    answer = client.list_image_pipeline_images(imagePipelineArn=ARN)
    assert answer["imageSummaryList"] == []
    assert "nextToken" not in answer


def test_images_come_in_pages_in_the_order_of_their_builds(client: Any, minimal: dict[str, Any]) -> None:
    client.create_image_pipeline(**minimal)
    for _ in range(12):
        client.start_image_pipeline_execution(imagePipelineArn=ARN)
    pages = client.get_paginator("list_image_pipeline_images").paginate(
        imagePipelineArn=ARN, PaginationConfig={"PageSize": 5}
    )
    versions = [[image["version"] for image in page["imageSummaryList"]] for page in pages]
    assert [len(page) for page in versions] == [5, 5, 2]
    assert list(chain.from_iterable(versions)) == [f"1.0.0/{number}" for number in range(1, 13)]


def test_images_are_filtered_by_version(client: Any, minimal: dict[str, Any]) -> None:
    client.create_image_pipeline(**minimal)
    for _ in range(3):
        client.start_image_pipeline_execution(imagePipelineArn=ARN)
    found = client.list_image_pipeline_images(
        imagePipelineArn=ARN, filters=[{"name": "version", "values": ["1.0.0/2"]}]
    )["imageSummaryList"]
    assert [image["arn"] for image in found] == [f"{OWN}image/web/1.0.0/2"]


def test_tags_are_added_changed_and_removed(client: Any, minimal: dict[str, Any]) -> None:
    client.create_image_pipeline(**minimal, tags={"keep": "1", "change": "1", "a/b c": "1"})
    client.tag_resource(resourceArn=ARN, tags={"change": "2", "new": ""})
    client.untag_resource(resourceArn=ARN, tagKeys=["a/b c", "never"])
    expected = {"keep": "1", "change": "2", "new": ""}
    assert client.list_tags_for_resource(resourceArn=ARN)["tags"] == expected
    assert client.get_image_pipeline(imagePipelineArn=ARN)["imagePipeline"]["tags"] == expected
    assert client.list_image_pipelines()["imagePipelineList"][0]["tags"] == expected


def test_registered_resource_and_image_can_be_tagged(
    client: Any, service: ImageBuilder, minimal: dict[str, Any]
) -> None:
    client.create_image_pipeline(**minimal)
    image = client.start_image_pipeline_execution(imagePipelineArn=ARN)["imageBuildVersionArn"]
    for arn in (minimal["imageRecipeArn"], image):
        client.tag_resource(resourceArn=arn, tags={"a": "b"})
        assert client.list_tags_for_resource(resourceArn=arn)["tags"] == {"a": "b"}
    assert service.registered()[minimal["imageRecipeArn"]]["tags"] == {"a": "b"}


def test_more_than_50_tags_on_one_resource_are_refused_and_none_is_added(
    client: Any, minimal: dict[str, Any], refusal: Refusal
) -> None:
    client.create_image_pipeline(**minimal, tags={f"k{number}": "" for number in range(49)})
    assert refusal(client.tag_resource, resourceArn=ARN, tags={"a": "", "b": ""}) == ("InvalidParameterException", 400)
    client.tag_resource(resourceArn=ARN, tags={"a": "", "k0": "again"})
    assert len(client.list_tags_for_resource(resourceArn=ARN)["tags"]) == 50


def test_tags_of_nothing_are_not_found(client: Any, refusal: Refusal) -> None:
    for call, request in (
        (client.tag_resource, {"tags": {"a": "b"}}),
        (client.untag_resource, {"tagKeys": ["a"]}),
        (client.list_tags_for_resource, {}),
    ):
        assert refusal(call, resourceArn=ARN, **request) == ("ResourceNotFoundException", 404)


def test_reserved_tag_key_is_an_invalid_parameter(client: Any, minimal: dict[str, Any], refusal: Refusal) -> None:
    client.create_image_pipeline(**minimal)
    assert refusal(client.tag_resource, resourceArn=ARN, tags={"aws:a": "b"}) == ("InvalidParameterException", 400)


def work_of_a_page(pipelines: int, minimal: dict[str, Any], **request: Any) -> int:
    """Count the functions that are called for the last page of so many pipelines, whose time does not matter then."""
    service = ImageBuilder(strict_references=False)
    for number in range(pipelines):
        service.call("CreateImagePipeline", minimal | {"name": f"p{number:06}", "clientToken": f"{number}"})
    token: dict[str, str] = {}
    calls = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    while True:
        calls = 0
        sys.setprofile(count)
        try:
            page = service.call("ListImagePipelines", request | token)
        finally:
            sys.setprofile(None)
        if "nextToken" not in page:
            assert [pipeline["name"] for pipeline in page["imagePipelineList"]][-1] == f"p{pipelines - 1:06}"
            return calls
        token = {"nextToken": page["nextToken"]}


@pytest.mark.parametrize("request_", [{}, {"filters": [{"name": "status", "values": ["ENABLED"]}]}])
def test_page_takes_no_more_work_among_many_pipelines_than_among_few(
    minimal: dict[str, Any], request_: dict[str, Any]
) -> None:
    assert work_of_a_page(2000, minimal, **request_) < 1.2 * work_of_a_page(50, minimal, **request_)


def test_what_a_pipeline_shows_of_its_last_run_takes_no_more_work_among_many_images(minimal: dict[str, Any]) -> None:
    def work(others: int) -> int:
        service = ImageBuilder(strict_references=False)
        for name in ("one", "two"):
            service.call("CreateImagePipeline", minimal | {"name": name, "clientToken": name})
        for number in range(others):
            other = {"imagePipelineArn": f"{OWN}image-pipeline/two", "clientToken": f"{number}"}
            service.call("StartImagePipelineExecution", other)
        lines = 0

        def count(*_: object) -> Any:
            nonlocal lines
            lines += 1
            return count

        before = sys.gettrace()
        sys.settrace(count)
        try:
            service.call("GetImagePipeline", {"imagePipelineArn": f"{OWN}image-pipeline/one"})
        finally:
            sys.settrace(before)
        return lines

    assert work(1000) < 1.2 * work(1)
