"""Builds on deploy with a real state machine: built, kept, changed, failed, rolled back, destroyed.

The CDK CLI deploys what fails, so that its message is seen; the rest goes without it.
"""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from aws_cdk import RemovalPolicy
from support.built_app import (
    ami_in_use,
    built_app,
    container_in_use,
    containers_app,
    images,
    state_of,
    states,
    waits_app,
)
from support.cdk import Cdk, CdkError, bootstrapped
from support.directly import Direct

from imagebuilder_local.emulator.pace import VARIABLE
from imagebuilder_local.failure import MOST_LINES

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def cdk_cli(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cdk]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv(VARIABLE, "0.3")
        with bootstrapped(tmp_path_factory.mktemp("cloud")) as cli:
            yield cli


@pytest.fixture(scope="module")
def account(cdk_cli: Cdk) -> Iterator[Direct]:
    with closing(Direct(cdk_cli.cloud, cdk_cli.folder)) as made:
        yield made


def test_build_is_deployed_kept_changed_failed_rolled_back_and_destroyed(
    cdk_cli: Cdk, account: Direct, tmp_path: Path
) -> None:
    name = "Golden"
    first = account.deploy(built_app(tmp_path / "1", name))[name]
    (image,) = images(account, name)
    assert (image["state"]["status"], first["ImageArn"]) == ("AVAILABLE", image["arn"])
    assert (first["ImageId"], first["Version"]) == (image["outputResources"]["amis"][0]["image"], "1.0.0/1")
    assert ami_in_use(account, name) == first["ImageId"]

    account.deploy(built_app(tmp_path / "2", name, description="described otherwise"))
    assert len(images(account, name)) == 1

    second = account.deploy(built_app(tmp_path / "3", name, version="1.0.1"))[name]
    assert second["ImageId"] != first["ImageId"]
    assert ami_in_use(account, name) == second["ImageId"]

    with pytest.raises(CdkError, match="BuildFailed") as failed:
        cdk_cli.deploy(built_app(tmp_path / "4", name, version="1.0.2", command="exit 3"))
    for part in ("while BUILDING", "step Harden (ExecuteBash) of phase build", "exit status 3", "stream 1.0.2/1"):
        assert part in str(failed.value).splitlines()[0]
    assert str(failed.value).startswith(f"{name}/Pipeline/Build: Image Builder could not build the image; ")
    assert len(str(failed.value).splitlines()) <= MOST_LINES
    assert "❌" in failed.value.output
    assert ami_in_use(account, name) == second["ImageId"]
    assert states(account, name) == ["AVAILABLE", "AVAILABLE", "FAILED"]

    account.destroy(built_app(tmp_path / "5", name, version="1.0.1"))
    assert account.pipelines(name) == []
    assert [state_of(account, one["ImageArn"]) for one in (first, second)] == ["AVAILABLE", "AVAILABLE"]


def test_task_definition_has_the_container_image_of_the_last_build_that_succeeded(
    account: Direct, tmp_path: Path
) -> None:
    name = "Worker"
    first = account.deploy(containers_app(tmp_path / "1", name))[name]
    (image,) = images(account, name)
    assert first["ImageUri"] in image["outputResources"]["containers"][0]["imageUris"]
    assert first["ImageUri"].endswith(".amazonaws.com/worker:1.0.0-1")
    assert container_in_use(account, name) == first["ImageUri"]

    second = account.deploy(containers_app(tmp_path / "2", name, version="1.0.1"))[name]
    assert states(account, name) == ["AVAILABLE", "AVAILABLE"]
    assert second["ImageUri"].endswith("/worker:1.0.1-1")
    assert container_in_use(account, name) == second["ImageUri"]

    with pytest.raises(CdkError, match="BuildFailed"):
        account.deploy(containers_app(tmp_path / "3", name, version="1.0.2", command="exit 3"))
    assert states(account, name) == ["AVAILABLE", "AVAILABLE", "FAILED"]
    assert container_in_use(account, name) == second["ImageUri"]

    account.destroy(containers_app(tmp_path / "4", name, version="1.0.1"))
    assert account.pipelines(name) == []


def test_later_failure_goes_back_to_the_first_ami_and_destroy_leaves_no_image(account: Direct, tmp_path: Path) -> None:
    name = "Rolled"
    destroy = RemovalPolicy.DESTROY
    first = account.deploy(built_app(tmp_path / "1", name, removal_policy=destroy))[name]
    output = account.fail_to_deploy(
        built_app(tmp_path / "2", name, version="1.0.1", removal_policy=destroy, later_fails=True)
    )
    assert "BuildGone" in output
    built = images(account, name)
    assert [image["arn"].rsplit("/", 2)[1:] for image in built] == [["1.0.0", "1"], ["1.0.1", "1"]]
    assert built[0]["state"]["status"] == "AVAILABLE"
    assert ami_in_use(account, name) == first["ImageId"]

    account.destroy(built_app(tmp_path / "3", name, removal_policy=destroy))
    assert account.pipelines(name) == []
    assert [state_of(account, image["arn"]) for image in built] == ["DELETED", "DELETED"]


def test_started_build_is_not_waited_for_and_the_last_of_several_parts_has_the_image(
    account: Direct, tmp_path: Path
) -> None:
    name = "Waits"
    app = waits_app(tmp_path / "1", name)
    template = app.synth().get_stack_by_name(name).template["Resources"]
    assert [one["Type"] for one in template.values()].count("Custom::ImagePipelineImage") == 2
    outputs = account.deploy(app)[name]
    (started,) = images(account, f"{name}-started")
    assert (outputs["StartedArn"], outputs["StartedVersion"]) == (started["arn"], "1.0.0/1")
    (long,) = images(account, f"{name}-long")
    assert (outputs["LongArn"], long["state"]["status"]) == (long["arn"], "AVAILABLE")
    assert outputs["LongId"] == long["outputResources"]["amis"][0]["image"]
    assert ami_in_use(account, f"{name}-long") == outputs["LongId"]
