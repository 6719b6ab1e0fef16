"""A pipeline of the native type becomes a Custom::ImagePipeline, and is the same pipeline all the time."""

import json

import pytest
from support.author import Author

pytestmark = pytest.mark.timeout(240)

STACK_TAG = "imagebuilder-pipeline:stack-id"


def templates(author: Author, name: str) -> None:
    """Write the templates of the migration for a pipeline of its own: `NAME-native.yaml` and so on."""
    for file in (author.folder / "migration").glob("*.yaml"):
        (author.folder / f"{name}-{file.name}").write_text(file.read_text().replace("Name: web", f"Name: {name}"))


def test_native_pipeline_is_adopted_by_another_stack_and_never_deleted(author: Author) -> None:
    templates(author, "moved")
    author.deploy("old", "moved-native.yaml")
    native = author.pipelines()["moved"]
    author.deploy("old", "moved-retained.yaml")
    text = (author.folder / "moved-retained.yaml").read_text()
    (author.folder / "moved-left.yaml").write_text(text[: text.index("  Pipeline:\n")])
    author.deploy("old", "moved-left.yaml")
    assert author.pipelines()["moved"] == native

    properties = {
        "ServiceToken": {"Fn::ImportValue": "ImagePipelineServiceToken"},
        "AdoptExisting": True,
        "Name": "moved",
        "ImageRecipeArn": native["imageRecipeArn"],
        "InfrastructureConfigurationArn": native["infrastructureConfigurationArn"],
    }
    resources = {"Pipeline": {"Type": "Custom::ImagePipeline", "Properties": properties}}
    (author.folder / "moved-new.json").write_text(json.dumps({"Resources": resources}))
    author.deploy("new", "moved-new.json")
    adopted = author.pipelines()["moved"]
    assert adopted["dateCreated"] == native["dateCreated"]
    assert ":stack/new/" in adopted["tags"][STACK_TAG]
    # Deleted while the template says AdoptExisting, the stack gives the pipeline back.
    author.delete("new")
    assert author.pipelines()["moved"]["tags"] == native["tags"]
    author.deploy("new", "moved-new.json")
    del properties["AdoptExisting"]
    (author.folder / "moved-owned.json").write_text(json.dumps({"Resources": resources}))
    author.deploy("new", "moved-owned.json")
    author.delete("new")
    assert "moved" not in author.pipelines()
    author.delete("old")


def test_native_pipeline_that_was_not_retained_is_deleted_after_it_was_adopted(author: Author) -> None:
    templates(author, "lost")
    author.deploy("lost", "lost-native.yaml")
    author.deploy("lost", "lost-adopted.yaml")
    assert "lost" not in author.pipelines()
    author.delete("lost")


def test_migration_whose_sibling_fails_rolls_back_to_the_native_resource_and_loses_nothing(author: Author) -> None:
    templates(author, "back")
    author.deploy("back", "back-native.yaml")
    author.deploy("back", "back-retained.yaml")
    native = author.pipelines()["back"]
    text = (author.folder / "back-adopted.yaml").read_text()
    broken = (
        "\n  Broken:\n    Type: Custom::ImagePipeline\n    DependsOn: ImagePipeline\n    Properties:\n"
        "      ServiceToken: !ImportValue ImagePipelineServiceToken\n      Name: broken\n"
    )
    (author.folder / "back-broken.yaml").write_text(text.replace("\nOutputs:", f"{broken}\nOutputs:"))
    author.deploy("back", "back-broken.yaml", fails=True)
    assert "InvalidProperties: " in author.failures("back")
    kept = author.pipelines()["back"]
    assert (kept["dateCreated"], kept["tags"]) == (native["dateCreated"], native["tags"])
    author.deploy("back", "back-adopted.yaml")
    author.deploy("back", "back-owned.yaml")
    author.delete("back")
    assert "back" not in author.pipelines()
