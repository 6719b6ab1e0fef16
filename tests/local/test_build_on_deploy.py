"""Builds on deploy with the real CDK CLI and a real state machine: built, kept, changed, failed, rolled back, destroyed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_imagebuilder as imagebuilder
from support.cdk import Cdk, CdkError, bootstrapped

from cdk_imagebuilder_pipeline import ImagePipeline

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def cdk_cli(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cdk]:
    with bootstrapped(tmp_path_factory.mktemp("cloud")) as cli:
        yield cli


def app_of(
    outdir: Path, name: str, version: str = "1.0.0", command: str = "true", description: str = "golden", **options: Any
) -> cdk.App:
    """Return an app of one stack: a pipeline that builds on deploy, and a launch template with the AMI."""
    app = cdk.App(outdir=str(outdir))
    stack = cdk.Stack(app, name)
    steps = [{"name": "Harden", "action": "ExecuteBash", "inputs": {"commands": [command]}}]
    document = {"name": name, "schemaVersion": 1.0, "phases": [{"name": "build", "steps": steps}]}
    component = imagebuilder.CfnComponent(
        stack, "Component", name=name, platform="Linux", version=version, data=cdk.Fn.to_json_string(document)
    )
    recipe = imagebuilder.CfnImageRecipe(
        stack,
        "Recipe",
        name=name,
        version=version,
        parent_image="ami-1",
        components=[{"componentArn": component.attr_arn}],
    )
    principal: Any = iam.ServicePrincipal("ec2.amazonaws.com")  # pyright does not see an IPrincipal in it
    role: Any = iam.Role(stack, "BuildInstance", assumed_by=principal)
    profile = iam.InstanceProfile(stack, "InstanceProfile", role=role)
    pipeline = ImagePipeline(
        stack,
        "Pipeline",
        image_pipeline_name=name,
        description=description,
        recipe=recipe,
        infrastructure_configuration=imagebuilder.CfnInfrastructureConfiguration(
            stack, "Infrastructure", name=name, instance_profile_name=profile.instance_profile_name
        ),
    )
    build = pipeline.build_on_deploy(**options)
    ec2.CfnLaunchTemplate(
        stack, "Template", launch_template_name=name, launch_template_data={"imageId": build.image_id}
    )
    for key, value in {"ImageId": build.image_id, "ImageArn": build.image_arn, "Version": build.image_version}.items():
        cdk.CfnOutput(stack, key, value=value)
    return app


def images(cli: Cdk, name: str) -> list[dict[str, Any]]:
    """Return the images of a pipeline, oldest first."""
    client = cli.client("imagebuilder")
    try:
        arn = f"arn:aws:imagebuilder:us-east-1:000000000000:image-pipeline/{name.lower()}"
        found = client.list_image_pipeline_images(imagePipelineArn=arn)["imageSummaryList"]
        return sorted(found, key=lambda image: image["dateCreated"])
    finally:
        client.close()


def ami_in_use(cli: Cdk, name: str) -> str:
    """Return the AMI of the newest version of the launch template."""
    client = cli.client("ec2")
    try:
        (version,) = client.describe_launch_template_versions(LaunchTemplateName=name, Versions=["$Latest"])[
            "LaunchTemplateVersions"
        ]
        return str(version["LaunchTemplateData"]["ImageId"])
    finally:
        client.close()


def test_build_is_deployed_kept_changed_failed_rolled_back_and_destroyed(cdk_cli: Cdk, tmp_path: Path) -> None:
    name = "Golden"
    first = cdk_cli.deploy(app_of(tmp_path / "1", name))[name]
    (image,) = images(cdk_cli, name)
    assert (image["state"]["status"], first["ImageArn"]) == ("AVAILABLE", image["arn"])
    assert (first["ImageId"], first["Version"]) == (image["outputResources"]["amis"][0]["image"], "1.0.0/1")
    assert ami_in_use(cdk_cli, name) == first["ImageId"]

    cdk_cli.deploy(app_of(tmp_path / "2", name, description="described otherwise"))
    assert len(images(cdk_cli, name)) == 1

    second = cdk_cli.deploy(app_of(tmp_path / "3", name, version="1.0.1"))[name]
    assert second["ImageId"] != first["ImageId"]
    assert ami_in_use(cdk_cli, name) == second["ImageId"]

    with pytest.raises(CdkError, match="BuildFailed") as failed:
        cdk_cli.deploy(app_of(tmp_path / "4", name, version="1.0.2", command="exit 3"))
    for part in ("while BUILDING", "step Harden (ExecuteBash) of phase build", "exit status 3", "stream 1.0.2/1"):
        assert part in str(failed.value)
    assert ami_in_use(cdk_cli, name) == second["ImageId"]
    assert [image["state"]["status"] for image in images(cdk_cli, name)] == ["AVAILABLE", "AVAILABLE", "FAILED"]

    cdk_cli.destroy(app_of(tmp_path / "5", name, version="1.0.1"))
    assert cdk_cli.pipelines(name) == []
