"""Keywords that are no props: a hint is right, or there is none."""

from dataclasses import fields

import pytest
from aws_cdk import aws_imagebuilder as imagebuilder

from cdk_imagebuilder_pipeline import ImagePipelineProps
from cdk_imagebuilder_pipeline.hints import is_set_by_the_function, meaning_of

PROPS = [field.name for field in fields(ImagePipelineProps)]


@pytest.mark.parametrize(
    ("keyword", "meant"),
    [
        ("image_recipe_arn", "recipe"),
        ("containerRecipeArn", "recipe"),
        ("name", "image_pipeline_name"),
        ("pipeline_name", "image_pipeline_name"),
        ("desc", "description"),
        ("infra", "infrastructure_configuration"),
        ("role", "execution_role"),
        ("timeout", "image_tests_timeout"),
        ("timeout_minutes", "image_tests_timeout"),
        ("repository_name", "image_scanning_ecr_repository"),
        ("log_group", "image_log_group or image_pipeline_log_group"),
        ("image_tests", "image_tests_enabled or image_tests_timeout"),
        ("image_tests_configuration", "image_tests_enabled or image_tests_timeout"),
        ("ecr_configuration", "image_scanning_ecr_repository or image_scanning_ecr_tags"),
        ("schedule_expression", "schedule=ImagePipelineSchedule(expression=...)"),
        ("failure_count", "schedule=ImagePipelineSchedule(auto_disable_failure_count=...)"),
        ("workflow_arn", "workflows=[WorkflowConfiguration(workflow=...)]"),
        ("fix_available", "scan_result_condition=ScanResultCondition(fix_available=...)"),
        ("recipie", "recipe"),
        ("descripton", "description"),
    ],
)
def test_keyword_is_told_what_it_means(keyword: str, meant: str) -> None:
    assert meaning_of(keyword, PROPS) == meant


@pytest.mark.parametrize(
    "keyword", ["image", "enabled", "version", "region", "kms_key", "components", "colour", "cron"]
)
def test_keyword_that_may_mean_anything_is_given_no_hint(keyword: str) -> None:
    assert meaning_of(keyword, PROPS) is None


def test_every_prop_of_the_native_resource_has_a_meaning() -> None:
    native = imagebuilder.CfnImagePipelineProps.__init__.__annotations__.keys() - {"return"}
    assert {"image_recipe_arn", "logging_configuration"} <= native
    assert [name for name in native if name not in PROPS and meaning_of(name, PROPS) is None] == []


@pytest.mark.parametrize("keyword", ["client_token", "clientToken", "dry_run"])
def test_member_that_the_function_sets_is_known_as_such(keyword: str) -> None:
    assert is_set_by_the_function(keyword)
