"""Clients that share no code with us talk to the emulator: the AWS CLI and the JavaScript SDK, over TLS."""

import json
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from support.cdk import ROOT, Cdk
from support.profile import PROFILE, make_instance_profile

from imagebuilder_local.cloud import LocalCloud

OWN = "arn:aws:imagebuilder:us-east-1:000000000000:"
RECIPE, INFRASTRUCTURE = f"{OWN}image-recipe/web/1.0.0", f"{OWN}infrastructure-configuration/web"
TEMPLATE = {
    "Resources": {
        "R": {
            "Type": "AWS::ImageBuilder::ImageRecipe",
            "Properties": {"Name": "web", "Version": "1.0.0", "ParentImage": "p"},
        },
        "I": {
            "Type": "AWS::ImageBuilder::InfrastructureConfiguration",
            "Properties": {"Name": "web", "InstanceProfileName": PROFILE},
        },
    }
}


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cdk]:
    folder = tmp_path_factory.mktemp("clients")
    cloud = LocalCloud(folder / "cloud")
    state = cloud.start()
    make_instance_profile(cloud)
    cloudformation = boto3.client(
        "cloudformation",
        endpoint_url=state.endpoint,
        region_name=state.region,
        aws_access_key_id=state.access_key_id,
        aws_secret_access_key=state.secret_access_key,
        verify=str(cloud.folder.certificate_authority),
    )
    cloudformation.create_stack(StackName="shared", TemplateBody=json.dumps(TEMPLATE))
    cloudformation.get_waiter("stack_create_complete").wait(
        StackName="shared", WaiterConfig={"Delay": 0.05, "MaxAttempts": 200}
    )
    cloudformation.close()
    yield Cdk(cloud, folder)
    cloud.stop()


def test_javascript_sdk_reads_answers_tags_pages_and_errors(shell: Cdk, tmp_path: Path) -> None:
    done = shell.execute("node", str(ROOT / "tests/local/clients.mjs"), RECIPE, INFRASTRUCTURE)
    assert done.returncode == 0, done.stdout
    assert json.loads(done.stdout) == {
        "arn": f"{OWN}image-pipeline/from-javascript",
        "tags": {"b": "2"},
        "refused": ["ResourceAlreadyExistsException", True, 400],
        "names": ["from-javascript"],
        "gone": ["ResourceNotFoundException", 404],
    }


def test_aws_cli_reads_answers_and_errors(shell: Cdk) -> None:
    create = ["aws", "imagebuilder", "create-image-pipeline", "--name", "from cli", "--image-recipe-arn", RECIPE]
    create += ["--infrastructure-configuration-arn", INFRASTRUCTURE, "--output", "json"]
    made = shell.execute(*create)
    assert made.returncode == 0, made.stdout
    arn = json.loads(made.stdout)["imagePipelineArn"]
    assert arn == f"{OWN}image-pipeline/from-cli"
    again = shell.execute(*create)
    assert "(ResourceAlreadyExistsException) when calling the CreateImagePipeline operation" in again.stdout
    deleted = shell.execute("aws", "imagebuilder", "delete-image-pipeline", "--image-pipeline-arn", arn)
    assert deleted.returncode == 0, deleted.stdout
    gone = shell.execute("aws", "imagebuilder", "get-image-pipeline", "--image-pipeline-arn", arn)
    assert "(ResourceNotFoundException)" in gone.stdout
