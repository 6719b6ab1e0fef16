"""Adopting with the real CDK CLI, while another resource of the stack fails: nothing that was there before is lost."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_imagebuilder as imagebuilder
from support.cdk import Cdk, bootstrapped
from support.profile import PROFILE, make_instance_profile

from cdk_imagebuilder_pipeline import ImagePipeline
from imagebuilder_model.ownership import ADOPTED_TAG, LOGICAL_ID_TAG, OWNED, RETAINED, STACK_ID_TAG

pytestmark = pytest.mark.timeout(600)

PARTS = "arn:aws:imagebuilder:us-east-1:000000000000"


@pytest.fixture(scope="module")
def cli(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cdk]:
    with bootstrapped(tmp_path_factory.mktemp("adoption")) as made:
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


def by_hand(cli: Cdk, name: str) -> dict[str, Any]:
    client = cli.client("imagebuilder")
    client.create_image_pipeline(
        name=name,
        imageRecipeArn=f"{PARTS}:image-recipe/parts/1.0.0",
        infrastructureConfigurationArn=f"{PARTS}:infrastructure-configuration/parts",
        tags={"made": "by hand"},
    )
    client.close()
    return live(cli, name)


def live(cli: Cdk, name: str) -> dict[str, Any]:
    return next(pipeline for pipeline in cli.image_builder()["pipelines"] if pipeline["name"] == name)


def undated(pipeline: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in pipeline.items() if name != "dateUpdated"}


def status(cli: Cdk, stack: str) -> str:
    client = cli.client("cloudformation")
    (described,) = client.describe_stacks(StackName=stack)["Stacks"]
    client.close()
    return str(described["StackStatus"])


def names(cli: Cdk) -> list[str]:
    return [pipeline["name"] for pipeline in cli.image_builder()["pipelines"]]


def test_adopted_pipeline_survives_the_rollback_of_its_stack(cli: Cdk, tmp_path: Path) -> None:
    before = by_hand(cli, "adopted")
    adopting: dict[str, Any] = {"image_pipeline_name": "adopted", "adopt_existing": True}
    cli.fail_to_deploy(app_of(tmp_path / "a", "Adopts", is_broken=True, **adopting))
    assert status(cli, "Adopts") == "ROLLBACK_COMPLETE"
    assert undated(live(cli, "adopted")) == undated(before)
    cli.destroy(app_of(tmp_path / "b", "Adopts", is_broken=True, **adopting))
    cli.deploy(app_of(tmp_path / "c", "Adopts", is_broken=False, **adopting))
    assert live(cli, "adopted")["tags"][ADOPTED_TAG] == RETAINED
    cli.deploy(app_of(tmp_path / "d", "Adopts", is_broken=False, image_pipeline_name="adopted"))
    assert live(cli, "adopted")["tags"][ADOPTED_TAG] == OWNED
    cli.destroy(app_of(tmp_path / "e", "Adopts", is_broken=False, image_pipeline_name="adopted"))
    assert "adopted" not in names(cli)


def test_pipeline_that_a_rename_adopted_survives_the_rollback(cli: Cdk, tmp_path: Path) -> None:
    cli.deploy(app_of(tmp_path / "a", "Renames", is_broken=False, image_pipeline_name="first"))
    own, before = live(cli, "first"), by_hand(cli, "second")
    renamed: dict[str, Any] = {"image_pipeline_name": "second", "adopt_existing": True}
    cli.fail_to_deploy(app_of(tmp_path / "b", "Renames", is_broken=True, **renamed))
    assert status(cli, "Renames") == "UPDATE_ROLLBACK_COMPLETE"
    assert undated(live(cli, "second")) == undated(before)
    assert live(cli, "first")["dateCreated"] == own["dateCreated"]
    assert live(cli, "first")["tags"] == own["tags"]
    cli.destroy(app_of(tmp_path / "c", "Renames", is_broken=False, image_pipeline_name="first"))
    assert "first" not in names(cli)


def test_pipeline_goes_back_to_its_former_construct_when_the_move_is_rolled_back(cli: Cdk, tmp_path: Path) -> None:
    name: dict[str, Any] = {"image_pipeline_name": "moves"}
    cli.deploy(app_of(tmp_path / "a", "Moves", is_broken=False, construct_id="Former", **name))
    before = live(cli, "moves")
    moved = name | {"adopt_existing": True}
    cli.fail_to_deploy(app_of(tmp_path / "b", "Moves", is_broken=True, construct_id="Later", **moved))
    assert status(cli, "Moves") == "UPDATE_ROLLBACK_COMPLETE"
    assert live(cli, "moves")["tags"] == before["tags"]
    cli.deploy(app_of(tmp_path / "c", "Moves", is_broken=False, construct_id="Later", **moved))
    after = live(cli, "moves")
    assert (after["dateCreated"], after["tags"][STACK_ID_TAG]) == (before["dateCreated"], before["tags"][STACK_ID_TAG])
    assert after["tags"][LOGICAL_ID_TAG].startswith("Later")
    cli.destroy(app_of(tmp_path / "d", "Moves", is_broken=False, construct_id="Later", **moved))
    assert "moves" not in names(cli)
