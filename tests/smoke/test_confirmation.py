"""Nothing is made in an account that was not named."""

from pathlib import Path

import pytest
from support.cdk import Cdk
from support.smoke import ACCOUNT, Smoke
from tools.smoke_aws.confirm import StopError, require_confirmation
from tools.smoke_aws.run import NAMES, chosen


@pytest.mark.parametrize(
    ("given", "got"),
    [({}, "it is not set"), ({"CONFIRM": "222233334444"}, "got '222233334444', which is another account")],
)
def test_account_that_is_not_confirmed_is_one_error_with_plan_cost_and_the_way(given: dict[str, str], got: str) -> None:
    with pytest.raises(StopError) as raised:
        require_confirmation(given, "111122223333", "eu-west-1")
    message = str(raised.value)
    assert got in message
    assert "nothing was created" in message
    assert "creates EC2 Image Builder pipelines" in message
    assert "less than 0.20 USD" in message
    assert "builds two images" not in message
    assert "Region: eu-west-1" in message
    assert "make smoke-aws CONFIRM=<account id>" in message
    assert "111122223333" not in message  # who copies the line has to have looked


def test_build_has_its_cost_in_the_error() -> None:
    with pytest.raises(StopError, match=r"builds two images: .* less than 1\.00 USD"):
        require_confirmation({"BUILD": "1"}, "111122223333", "eu-west-1")


def test_confirmed_account_passes() -> None:
    require_confirmation({"CONFIRM": "111122223333"}, "111122223333", "eu-west-1")


def test_script_compares_with_the_account_of_the_credentials_and_makes_nothing(cdk: Cdk, smoke: Smoke) -> None:
    calls = len(cdk.image_builder()["calls"])
    process = smoke(CONFIRM="111122223333")
    output, error = process.communicate()
    assert process.returncode == 1
    assert output == ""
    assert error.startswith("CONFIRM must be the id of the account of your credentials")
    assert "Traceback" not in error
    assert len(cdk.image_builder()["calls"]) == calls
    client = cdk.client("s3")
    assert client.list_buckets()["Buckets"] == []
    client.close()


def test_probe_that_does_not_exist_is_said_before_anything_is_made(cdk: Cdk, smoke: Smoke, file: Path) -> None:
    calls = len(cdk.image_builder()["calls"])
    process = smoke(CONFIRM=ACCOUNT, ONLY="get-absent,garbage", RECORD=str(file))
    _, error = process.communicate()
    assert process.returncode == 1
    assert error.startswith("ONLY must have names of probes: got garbage; allowed are get-absent, ")
    assert len(cdk.image_builder()["calls"]) == calls
    assert not file.exists()


def test_probe_that_builds_has_to_be_asked_for() -> None:
    with pytest.raises(StopError, match=r"^the probe 'build' builds an image, which costs more: set BUILD=1 as well"):
        chosen("build", with_build=False)


def test_trail_is_asked_for_a_function_that_was_there() -> None:
    assert chosen("cloudtrail", with_build=False) == ["plain", "cloudtrail"]
    assert chosen("cloudtrail,rename", with_build=False) == ["rename", "cloudtrail"]


def test_build_is_left_out_unless_it_is_asked_for() -> None:
    assert set(NAMES) - set(chosen("", with_build=False)) == {"build", "build-on-deploy"}
    assert chosen("", with_build=True) == list(NAMES)


def test_missing_region_is_said(cdk: Cdk, smoke: Smoke) -> None:
    process = smoke(CONFIRM=ACCOUNT, AWS_REGION="", AWS_DEFAULT_REGION="")
    _, error = process.communicate()
    assert process.returncode == 1
    assert error == "no Region is configured: set AWS_REGION, or region in the profile of your credentials\n"
