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
    author.delete("new")
    author.delete("old")


def test_native_pipeline_that_was_not_retained_is_deleted_after_it_was_adopted(author: Author) -> None:
    templates(author, "lost")
    author.deploy("lost", "lost-native.yaml")
    author.deploy("lost", "lost-adopted.yaml")
    assert "lost" not in author.pipelines()
    author.delete("lost")
