"""The state of a pipeline in the outputs of its stack: at first, after a run, and given up."""

from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import aws_imagebuilder as imagebuilder
from support.built_app import outputs
from support.directly import Direct, direct
from support.profile import PROFILE, make_instance_profile

from cdk_imagebuilder_pipeline import ImagePipeline, ImagePipelineSchedule
from imagebuilder_local.emulator.pace import VARIABLE

pytestmark = pytest.mark.timeout(600)

NAME = "Fares"


def app(outdir: Path, description: str, *, reads: bool = True) -> cdk.App:
    made = cdk.App(outdir=str(outdir))
    stack = cdk.Stack(made, NAME)
    pipeline = ImagePipeline(
        stack,
        "Pipeline",
        image_pipeline_name=NAME,
        description=description,
        schedule=ImagePipelineSchedule(expression="cron(0 3 * * ? *)"),
        recipe=imagebuilder.CfnImageRecipe(stack, "Recipe", name=NAME, version="1.0.0", parent_image="ami-1"),
        infrastructure_configuration=imagebuilder.CfnInfrastructureConfiguration(
            stack, "Infrastructure", name=NAME, instance_profile_name=PROFILE
        ),
    )
    outputs(stack, Arn=pipeline.image_pipeline_arn)
    if reads:
        outputs(
            stack,
            Platform=pipeline.platform,
            DateNextRun=pipeline.date_next_run,
            LastRunStatus=pipeline.last_run_status,
            ConsecutiveFailures=pipeline.consecutive_failures,
        )
    return made


def looks(account: Direct) -> int:
    return [call["operation"] for call in account.image_builder()["calls"]].count("GetImagePipeline")


def test_outputs_show_the_pipeline_as_of_the_last_deployment_that_changed_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "0")
    with direct(tmp_path) as account:
        make_instance_profile(account.cloud)
        first = account.deploy(app(tmp_path / "1", "first"))[NAME]
        assert looks(account) == 1
        assert (first["Platform"], first["ConsecutiveFailures"]) == ("Linux", "0")
        assert first["DateNextRun"][10:16] == "T03:00"
        # The service shows no state before the first run.
        assert first.get("LastRunStatus", "") == ""

        client = account.client("imagebuilder")
        client.start_image_pipeline_execution(imagePipelineArn=first["Arn"])
        client.close()
        assert account.deploy(app(tmp_path / "2", "second"))[NAME]["LastRunStatus"] == "AVAILABLE"

        without = account.deploy(app(tmp_path / "3", "second", reads=False))[NAME]
        assert without == {"Arn": first["Arn"]}
