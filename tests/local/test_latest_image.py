"""The newest image: built in one stack, looked up in another, changed by a trigger alone."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ssm as ssm
from support.built_app import ami_in_use, built_app, launch_template, outputs, state_of
from support.directly import Direct, direct

from cdk_imagebuilder_pipeline import ImagePipeline
from imagebuilder_local.emulator.pace import VARIABLE

pytestmark = pytest.mark.timeout(600)

RECIPE = "arn:aws:imagebuilder:us-east-1:000000000000:image-recipe/golden/1.0.0"


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Direct]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv(VARIABLE, "0.1")
        with direct(tmp_path_factory.mktemp("cloud")) as made:
            yield made


def users_app(outdir: Path, *, description: str = "users", **options: Any) -> cdk.App:
    """Return an app of one stack with a launch template of the newest image."""
    app = cdk.App(outdir=str(outdir))
    stack = cdk.Stack(app, "Users")
    given: dict[str, Any] = {"recipe": RECIPE} | options
    newest = ImagePipeline.latest_image(stack, "Newest", **given)
    launch_template(stack, "Users", newest.image_id)
    described = ssm.StringParameter(stack, "Parameter", string_value=description)
    outputs(stack, ImageArn=newest.image_arn, Version=newest.image_version, Description=described.string_value)
    return app


def test_stack_uses_the_newest_image_of_another_one_and_takes_a_newer_one_with_a_trigger(
    account: Direct, tmp_path: Path
) -> None:
    none = account.fail_to_deploy(users_app(tmp_path / "none"))
    assert "NoImage: no image of this name and version is available" in none
    account.destroy(users_app(tmp_path / "rolled back"))

    first = account.deploy(built_app(tmp_path / "1", "Golden"))["Golden"]
    found = account.deploy(users_app(tmp_path / "2"))["Users"]
    assert (found["ImageArn"], found["Version"]) == (first["ImageArn"], "1.0.0/1")
    assert ami_in_use(account, "Users") == first["ImageId"]

    second = account.deploy(built_app(tmp_path / "3", "Golden", version="1.1.0"))["Golden"]
    kept = account.deploy(users_app(tmp_path / "4", description="described otherwise"))["Users"]
    assert (kept["ImageArn"], kept["Description"]) == (first["ImageArn"], "described otherwise")

    taken = account.deploy(users_app(tmp_path / "5", triggers={"month": "11"}))["Users"]
    assert (taken["ImageArn"], taken["Version"]) == (second["ImageArn"], "1.1.0/1")
    assert ami_in_use(account, "Users") == second["ImageId"]

    old = account.deploy(users_app(tmp_path / "6", recipe=None, image_arn=RECIPE.replace("-recipe", "")))["Users"]
    assert old["ImageArn"] == first["ImageArn"]

    account.destroy(users_app(tmp_path / "7"))
    assert [state_of(account, one["ImageArn"]) for one in (first, second)] == ["AVAILABLE", "AVAILABLE"]
