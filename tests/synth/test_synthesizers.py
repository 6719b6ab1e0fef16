"""Stacks of every synthesizer of the CDK: those without a bucket for assets need the function's code from elsewhere."""

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from support.apps import new_app

from cdk_imagebuilder_pipeline import ImagePipeline, ImagePipelineProvider

Resources = Callable[..., dict[str, Any]]
STAGED = [cdk.DefaultStackSynthesizer, cdk.CliCredentialsStackSynthesizer, cdk.LegacyStackSynthesizer]
MESSAGE = (
    "the stack does not support assets (BootstraplessSynthesizer), which the function's code requires: set code, for "
    "example Code.from_bucket with function.zip of this release, or import a provider that is deployed elsewhere with "
    "from_service_token"
)


def bootstrapless(app: cdk.App) -> cdk.Stack:
    return cdk.Stack(app, "Stack", synthesizer=cdk.BootstraplessSynthesizer())


@pytest.mark.parametrize("synthesizer", STAGED)
def test_synthesizer_with_a_bucket_stages_the_functions_code(
    app: cdk.App, minimal: dict[str, Any], resources: Resources, synthesizer: Any
) -> None:
    stack = cdk.Stack(app, "Stack", synthesizer=synthesizer())
    ImagePipeline(stack, "Web", **minimal)
    (function,) = resources(stack, "AWS::Lambda::Function").values()
    assert function["Properties"]["Code"].keys() == {"S3Bucket", "S3Key"}


def test_stack_that_takes_no_assets_is_refused_with_the_ways_out(app: cdk.App, minimal: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"^ImagePipelineProvider ") as caught:
        ImagePipeline(bootstrapless(app), "Web", **minimal)
    assert str(caught.value) == f"ImagePipelineProvider 'Stack/Custom::ImagePipelineProvider': {MESSAGE}"


def test_synthesizer_of_the_app_counts_too(minimal: dict[str, Any]) -> None:
    app = new_app(default_stack_synthesizer=cdk.BootstraplessSynthesizer())
    with pytest.raises(ValueError, match=r"does not support assets \(BootstraplessSynthesizer\)"):
        ImagePipeline(cdk.Stack(app, "Stack"), "Web", **minimal)


def test_code_in_a_bucket_needs_no_bootstrap(app: cdk.App, minimal: dict[str, Any], resources: Resources) -> None:
    stack = bootstrapless(app)
    bucket = s3.Bucket.from_bucket_name(stack, "Bucket", "releases")
    ImagePipelineProvider.of(stack, code=lambda_.Code.from_bucket(bucket, "function.zip"))
    ImagePipeline(stack, "Web", **minimal)
    (function,) = resources(stack, "AWS::Lambda::Function").values()
    assert function["Properties"]["Code"] == {"S3Bucket": "releases", "S3Key": "function.zip"}
    assert "bootstrap" not in repr(app.synth().get_stack_by_name("Stack").template)


def test_provider_that_is_deployed_elsewhere_needs_no_bootstrap(
    app: cdk.App, minimal: dict[str, Any], resources: Resources
) -> None:
    stack = bootstrapless(app)
    provider = ImagePipelineProvider.from_service_token(stack, "Provider", cdk.Fn.import_value("Images"))
    ImagePipeline(stack, "Web", **minimal, provider=provider)
    assert [resource["Type"] for resource in resources(stack).values()] == ["Custom::ImagePipeline"]
