"""Amazon Inspector of the emulated account: what scans needs it, and is refused without, in the service's own words."""

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from imagebuilder_local.emulator import ImageBuilder
from imagebuilder_local.emulator.inspector import activated
from imagebuilder_model import DATA_PATH

OWN = "arn:aws:imagebuilder:us-east-1:000000000000:"
ARN = f"{OWN}image-pipeline/my-pipe"
CONTAINER = {"containerRecipeArn": f"{OWN}container-recipe/app/2.0.0"}
SCANNED = {"imageScanningConfiguration": {"imageScanningEnabled": True}}
OF_THE_AMI = {
    "imageScanningConfiguration": {
        "imageScanningEnabled": True,
        "imageScanningTypes": ["ON_DEMAND_AMI_CVE"],
        "scanResultCondition": {"maximumSeverityLabel": "HIGH", "fixAvailable": False},
    }
}


@pytest.fixture(scope="module")
def session() -> Iterator[boto3.Session]:
    """A session that knows the newest members: the installed SDK may be older than they are."""
    with pytest.MonkeyPatch.context() as environment:
        for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
            environment.setenv(name, "/dev/null")
        environment.setenv("AWS_DATA_PATH", str(DATA_PATH))
        yield boto3.Session()


def account(*active: str) -> ImageBuilder:
    builder = ImageBuilder(inspector=active)
    for resource in ("image-recipe/web/1.0.0", "container-recipe/app/2.0.0", "infrastructure-configuration/small"):
        builder.register(OWN + resource)
    return builder


def changed(minimal: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value
        for name, value in (minimal | more).items()
        if not (name == "imageRecipeArn" and "containerRecipeArn" in more)
    }


@pytest.mark.parametrize("operation", ["create", "update"])
@pytest.mark.parametrize(
    ("active", "more"),
    [
        ((), SCANNED),
        (("ecr",), SCANNED),
        ((), CONTAINER | SCANNED),
        (("ec2",), CONTAINER | SCANNED),
        ((), {"imageScanningConfiguration": {"imageScanningEnabled": True, "imageScanningTypes": ["TEST_INSTANCE_CVE"]}}),
    ],
)  # fmt: skip
def test_scan_without_inspector_is_a_dependency_error_that_names_the_resource_type(
    connect: Callable[..., Any], minimal: dict[str, Any], operation: str, active: tuple[str, ...], more: dict[str, Any]
) -> None:
    missing = "ecr" if "containerRecipeArn" in more else "ec2"
    client = connect(account(*active))
    request = changed(minimal, more)
    if operation == "update":
        client.create_image_pipeline(**{name: value for name, value in request.items() if "Scanning" not in name})
        request = {name: value for name, value in request.items() if name != "name"} | {"imagePipelineArn": ARN}
    before = client.list_image_pipelines()["imagePipelineList"]
    with pytest.raises(ClientError) as caught:
        getattr(client, f"{operation}_image_pipeline")(**request)
    response: Any = caught.value.response
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert response["Error"] == {
        "Code": "ResourceDependencyException",
        "Message": f"Resource dependency error: Amazon Inspector is not enabled for '{missing}' resources in account "
        "'000000000000'.",
    }
    assert client.list_image_pipelines()["imagePipelineList"] == before


@pytest.mark.parametrize(
    ("active", "more"),
    [
        (("ec2",), SCANNED),
        (("ecr",), CONTAINER | SCANNED),
        ((), OF_THE_AMI),
        ((), {"imageScanningConfiguration": {"imageScanningEnabled": False}}),
        ((), {"imageScanningConfiguration": {"ecrConfiguration": {"repositoryName": "scans"}}}),
        ((), {}),
    ],
)
def test_what_is_activated_or_not_needed_is_not_missed(
    connect: Callable[..., Any], minimal: dict[str, Any], active: tuple[str, ...], more: dict[str, Any]
) -> None:
    client = connect(account(*active))
    request = changed(minimal, more)
    client.create_image_pipeline(**request)
    client.update_image_pipeline(
        imagePipelineArn=ARN, **{name: value for name, value in request.items() if name != "name"}
    )
    made = client.get_image_pipeline(imagePipelineArn=ARN)["imagePipeline"]
    assert made.get("imageScanningConfiguration") == more.get("imageScanningConfiguration")


@pytest.mark.parametrize(
    ("text", "active"),
    [
        (None, {"ec2", "ecr"}),
        ("", {"ec2", "ecr"}),
        ("off", set()),
        ("ec2", {"ec2"}),
        ("ecr", {"ecr"}),
        ("ecr, ec2", {"ec2", "ecr"}),
    ],
)
def test_environment_says_what_is_activated(
    monkeypatch: pytest.MonkeyPatch, minimal: dict[str, Any], text: str | None, active: set[str]
) -> None:
    if text is None:
        monkeypatch.delenv("IMAGEBUILDER_LOCAL_INSPECTOR", raising=False)
    else:
        monkeypatch.setenv("IMAGEBUILDER_LOCAL_INSPECTOR", text)
    assert activated() == active


@pytest.mark.parametrize("text", ["on", "EC2", "ec2,", "off,ec2", "lambda"])
def test_other_word_in_the_environment_is_one_error(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("IMAGEBUILDER_LOCAL_INSPECTOR", text)
    with pytest.raises(ValueError, match=r".") as error:
        ImageBuilder()
    assert str(error.value) == (
        f"IMAGEBUILDER_LOCAL_INSPECTOR must be off, or a comma-separated list of ec2 and ecr: got {text!r}"
    )
