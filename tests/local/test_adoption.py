"""Adopting, while another resource of the stack fails: nothing that was there before is lost."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_imagebuilder as imagebuilder
from support.directly import Direct, direct
from support.profile import PROFILE, make_instance_profile

from cdk_imagebuilder_pipeline import ImagePipeline
from imagebuilder_model.ownership import ADOPTED_TAG, LOGICAL_ID_TAG, OWNED, RETAINED, STACK_ID_TAG

pytestmark = pytest.mark.timeout(600)

PARTS = "arn:aws:imagebuilder:us-east-1:000000000000"


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Direct]:
    with direct(tmp_path_factory.mktemp("adoption")) as made:
        make_instance_profile(made.cloud)
        # What the pipelines refer to is another stack's, so that it is there whatever fails.
        app = cdk.App(outdir=str(made.folder / "parts"))
        stack = cdk.Stack(app, "Parts")
        imagebuilder.CfnImageRecipe(stack, "Recipe", name="parts", version="1.0.0", parent_image="ami-1")
        imagebuilder.CfnInfrastructureConfiguration(
            stack, "Infrastructure", name="parts", instance_profile_name=PROFILE
        )
        made.deploy(app)
        yield made


def parts() -> dict[str, Any]:
    """Return the props that name what the stack `Parts` has."""
    return {
        "recipe": f"{PARTS}:image-recipe/parts/1.0.0",
        "infrastructure_configuration": f"{PARTS}:infrastructure-configuration/parts",
    }


def app_of(outdir: Path, name: str, *, is_broken: bool, construct_id: str = "Pipeline", **props: Any) -> cdk.App:
    """Return an app of one stack with a pipeline, and perhaps with a second one that cannot be made after it."""
    app = cdk.App(outdir=str(outdir))
    stack = cdk.Stack(app, name)
    pipeline = ImagePipeline(stack, construct_id, **parts(), **props)
    if is_broken:
        missing: dict[str, Any] = {**parts(), "recipe": f"{PARTS}:image-recipe/missing/1.0.0"}
        ImagePipeline(stack, "Broken", **missing).node.add_dependency(pipeline)
    return app


def by_hand(account: Direct, name: str) -> dict[str, Any]:
    client = account.client("imagebuilder")
    client.create_image_pipeline(
        name=name,
        imageRecipeArn=f"{PARTS}:image-recipe/parts/1.0.0",
        infrastructureConfigurationArn=f"{PARTS}:infrastructure-configuration/parts",
        tags={"made": "by hand"},
    )
    client.close()
    return live(account, name)


def live(account: Direct, name: str) -> dict[str, Any]:
    return next(pipeline for pipeline in account.image_builder()["pipelines"] if pipeline["name"] == name)


def undated(pipeline: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in pipeline.items() if name != "dateUpdated"}


def status(account: Direct, stack: str) -> str:
    client = account.client("cloudformation")
    (described,) = client.describe_stacks(StackName=stack)["Stacks"]
    client.close()
    return str(described["StackStatus"])


def names(account: Direct) -> list[str]:
    return [pipeline["name"] for pipeline in account.image_builder()["pipelines"]]


def test_adopted_pipeline_survives_the_rollback_of_its_stack(account: Direct, tmp_path: Path) -> None:
    before = by_hand(account, "adopted")
    adopting: dict[str, Any] = {"image_pipeline_name": "adopted", "adopt_existing": True}
    account.fail_to_deploy(app_of(tmp_path / "a", "Adopts", is_broken=True, **adopting))
    assert status(account, "Adopts") == "ROLLBACK_COMPLETE"
    assert undated(live(account, "adopted")) == undated(before)
    account.destroy(app_of(tmp_path / "b", "Adopts", is_broken=True, **adopting))
    account.deploy(app_of(tmp_path / "c", "Adopts", is_broken=False, **adopting))
    assert live(account, "adopted")["tags"][ADOPTED_TAG] == RETAINED
    account.deploy(app_of(tmp_path / "d", "Adopts", is_broken=False, image_pipeline_name="adopted"))
    assert live(account, "adopted")["tags"][ADOPTED_TAG] == OWNED
    account.destroy(app_of(tmp_path / "e", "Adopts", is_broken=False, image_pipeline_name="adopted"))
    assert "adopted" not in names(account)


def test_pipeline_that_a_rename_adopted_survives_the_rollback(account: Direct, tmp_path: Path) -> None:
    account.deploy(app_of(tmp_path / "a", "Renames", is_broken=False, image_pipeline_name="first"))
    own, before = live(account, "first"), by_hand(account, "second")
    renamed: dict[str, Any] = {"image_pipeline_name": "second", "adopt_existing": True}
    account.fail_to_deploy(app_of(tmp_path / "b", "Renames", is_broken=True, **renamed))
    assert status(account, "Renames") == "UPDATE_ROLLBACK_COMPLETE"
    assert undated(live(account, "second")) == undated(before)
    assert live(account, "first")["dateCreated"] == own["dateCreated"]
    assert live(account, "first")["tags"] == own["tags"]
    account.destroy(app_of(tmp_path / "c", "Renames", is_broken=False, image_pipeline_name="first"))
    assert "first" not in names(account)


def test_pipeline_goes_back_to_its_former_construct_when_the_move_is_rolled_back(
    account: Direct, tmp_path: Path
) -> None:
    name: dict[str, Any] = {"image_pipeline_name": "moves"}
    account.deploy(app_of(tmp_path / "a", "Moves", is_broken=False, construct_id="Former", **name))
    before = live(account, "moves")
    moved = name | {"adopt_existing": True}
    account.fail_to_deploy(app_of(tmp_path / "b", "Moves", is_broken=True, construct_id="Later", **moved))
    assert status(account, "Moves") == "UPDATE_ROLLBACK_COMPLETE"
    assert live(account, "moves")["tags"] == before["tags"]
    account.deploy(app_of(tmp_path / "c", "Moves", is_broken=False, construct_id="Later", **moved))
    after = live(account, "moves")
    assert (after["dateCreated"], after["tags"][STACK_ID_TAG]) == (before["dateCreated"], before["tags"][STACK_ID_TAG])
    assert after["tags"][LOGICAL_ID_TAG].startswith("Later")
    account.destroy(app_of(tmp_path / "d", "Moves", is_broken=False, construct_id="Later", **moved))
    assert "moves" not in names(account)
