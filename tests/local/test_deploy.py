"""The whole path: the real CDK CLI, CloudFormation, Lambda and the emulator, over TLS.

The CLI takes a stack from its first deployment to its end, and fails with another one.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_imagebuilder as imagebuilder
from support.cdk import Cdk, bootstrapped
from support.directly import Direct
from support.profile import PROFILE, make_instance_profile

from cdk_imagebuilder_pipeline import ImagePipeline, ImagePipelineSchedule

MISSING = "arn:aws:imagebuilder:us-east-1:000000000000:image-recipe/missing/1.0.0"

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def cdk_cli(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cdk]:
    with bootstrapped(tmp_path_factory.mktemp("cloud")) as cli:
        make_instance_profile(cli.cloud)
        yield cli
        log = cli.cloud.folder.log.read_text()
        assert "cfn-response" not in log, "a ResponseURL is in the log"
        assert "Traceback" not in log


@pytest.fixture(scope="module")
def direct(cdk_cli: Cdk) -> Iterator[Direct]:
    """The same cloud without the CLI."""
    made = Direct(cdk_cli.cloud, cdk_cli.folder)
    yield made
    made.close()


def golden(outdir: Path, name: str, **properties: Any) -> cdk.App:
    """Return an app of one stack with a recipe, an infrastructure configuration and a pipeline."""
    app = cdk.App(outdir=str(outdir))
    stack = cdk.Stack(app, name)
    own = f"arn:{stack.partition}:imagebuilder:{stack.region}"
    recipe = imagebuilder.CfnImageRecipe(
        stack, "Recipe", name=name, version="1.0.0", parent_image=f"{own}:aws:image/amazon-linux-2023-x86/x.x.x"
    )
    infrastructure = imagebuilder.CfnInfrastructureConfiguration(
        stack, "Infrastructure", name=name, instance_profile_name=PROFILE
    )
    given = {"recipe": recipe, "infrastructure_configuration": infrastructure} | properties
    pipeline = ImagePipeline(stack, "Pipeline", **given)
    cdk.CfnOutput(stack, "Arn", value=pipeline.image_pipeline_arn)
    cdk.CfnOutput(stack, "Name", value=pipeline.image_pipeline_name)
    cdk.CfnOutput(stack, "Token", value=pipeline.client_token)
    return app


def arn(name: str) -> str:
    return f"arn:aws:imagebuilder:us-east-1:000000000000:image-pipeline/{name}"


def test_stack_from_its_first_deployment_to_its_end(cdk_cli: Cdk, tmp_path: Path) -> None:
    given: dict[str, Any] = {
        "description": "good",
        "schedule": ImagePipelineSchedule(expression="rate(7 days)"),
        "tags": {"team": "web"},
    }
    outputs = cdk_cli.deploy(golden(tmp_path / "made", "Made", **given))["Made"]
    (pipeline,) = cdk_cli.pipelines("Made")
    assert outputs["Arn"] == pipeline["arn"]
    assert outputs["Name"] == pipeline["name"]
    assert len(outputs["Token"]) == 36
    assert pipeline["schedule"]["scheduleExpression"] == "rate(7 days)"
    assert pipeline["tags"]["team"] == "web"

    # The same app again has no changes and calls nothing.
    calls = len(cdk_cli.image_builder()["calls"])
    same = golden(tmp_path / "same", "Made", **given)
    done = cdk_cli.run("deploy", "--all", "--require-approval=never", app=same)
    assert "(no changes)" in done.stdout
    assert len(cdk_cli.image_builder()["calls"]) == calls

    # A failing update rolls back to the pipeline as it was.
    bad = given | {"description": "bad", "recipe": MISSING}
    printed = cdk_cli.fail_to_deploy(golden(tmp_path / "bad", "Made", **bad))
    assert "image-recipe/missing/1.0.0" in printed
    assert "UpdateImagePipeline, request id" in printed
    (pipeline,) = cdk_cli.pipelines("Made")
    assert (pipeline["arn"], pipeline["description"]) == (outputs["Arn"], "good")
    assert pipeline["imageRecipeArn"].endswith(":image-recipe/made/1.0.0")

    # A changed property changes the same pipeline.
    changed = golden(tmp_path / "changed", "Made", image_tests_enabled=False)
    assert cdk_cli.deploy(changed)["Made"]["Arn"] == outputs["Arn"]
    (pipeline,) = cdk_cli.pipelines("Made")
    assert "description" not in pipeline
    assert pipeline["imageTestsConfiguration"]["imageTestsEnabled"] is False

    cdk_cli.destroy(changed)
    assert cdk_cli.pipelines("Made") == []
    assert not [name for name in cdk_cli.image_builder()["registered"] if name.split("/")[1] == "made"]


def test_renamed_pipeline_replaces_the_old_one(direct: Direct, tmp_path: Path) -> None:
    direct.deploy(golden(tmp_path / "a", "Renamed", image_pipeline_name="first"))
    outputs = direct.deploy(golden(tmp_path / "b", "Renamed", image_pipeline_name="second"))["Renamed"]
    assert (outputs["Arn"], outputs["Name"]) == (arn("second"), "second")
    assert [pipeline["arn"] for pipeline in direct.pipelines("Renamed")] == [arn("second")]


def test_name_that_normalises_to_the_same_keeps_the_pipeline(direct: Direct, tmp_path: Path) -> None:
    direct.deploy(golden(tmp_path / "a", "Respelt", image_pipeline_name="my-pipe"))
    outputs = direct.deploy(golden(tmp_path / "b", "Respelt", image_pipeline_name="My Pipe"))["Respelt"]
    assert outputs["Arn"] == arn("my-pipe")
    assert [pipeline["arn"] for pipeline in direct.pipelines("Respelt")] == [arn("my-pipe")]


def test_failing_create_leaves_nothing_behind(direct: Direct, tmp_path: Path) -> None:
    app = golden(tmp_path, "Failed", recipe=MISSING)
    assert "CreateImagePipeline, request id" in direct.fail_to_deploy(app)
    assert direct.pipelines("Failed") == []
    direct.destroy(app)


def test_wrong_template_property_is_told_in_the_failure_line_before_any_call(
    cdk_cli: Cdk, direct: Direct, tmp_path: Path
) -> None:
    app = golden(tmp_path, "Wrong")
    stack = app.node.find_child("Wrong")
    cfn = stack.node.find_child("Pipeline").node.find_child("Resource")
    assert isinstance(cfn, cdk.CfnResource)
    cfn.add_property_override("Nmae", "x")
    cfn.add_property_override("EnhancedImageMetadataEnabled", "ture")
    calls = len(cdk_cli.image_builder()["calls"])
    printed = cdk_cli.fail_to_deploy(app)
    line = next(line for line in printed.splitlines() if "CREATE_FAILED" in line and "ImagePipeline " in line)
    assert "2 problems in the template's properties: " in line
    assert "EnhancedImageMetadataEnabled must be true or false: got 'ture'" in line
    assert "Nmae is not known: did you mean Name?" in line
    assert "Traceback" not in printed
    assert len(cdk_cli.image_builder()["calls"]) == calls
    direct.destroy(app)
