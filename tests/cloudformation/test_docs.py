"""Every command of the page on plain CloudFormation, in its order, by somebody who has the AWS CLI and nothing else."""

import re

import pytest
from support.author import ROOT, Author
from tools.dist import FOLDER

pytestmark = pytest.mark.timeout(240)

PAGE = ROOT / "docs" / "cloudformation.md"
ARN = "arn:aws:imagebuilder:us-east-1:000000000000:image-pipeline/"


def sections() -> dict[str, list[str]]:
    """Return the commands of the page by heading, in order."""
    _, *parts = re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    found = {
        part.partition("\n")[0]: re.findall(r"^```sh\n(.*?)^```", part, re.MULTILINE | re.DOTALL) for part in parts
    }
    return {heading: blocks for heading, blocks in found.items() if blocks}


def run(author: Author, block: str) -> str:
    return author.sh(f"BUCKET=templates\n{block}")


def test_page_leads_from_an_empty_account_to_a_pipeline_and_back(empty: Author) -> None:
    commands = sections()
    for heading in ("Deploy the provider", "Make a pipeline"):
        printed = [run(empty, block) for block in commands.pop(heading)]
    assert f"{ARN}golden" in printed[-1]
    made = empty.pipelines()["golden"]
    assert made["imageTestsConfiguration"] == {"imageTestsEnabled": True, "timeoutMinutes": 90}
    assert made["schedule"]["autoDisablePolicy"] == {"failureCount": 3}
    assert ":stack/golden/" in made["tags"]["imagebuilder-pipeline:stack-id"]

    change, rename = commands.pop("Change it, rename it")
    run(empty, change)
    changed = empty.pipelines()["golden"]
    assert changed["description"] == "Amazon Linux 2023 for the web"
    assert changed["dateCreated"] == made["dateCreated"]
    run(empty, rename)
    assert empty.outputs("golden")["PipelineArn"] == f"{ARN}golden-web"
    assert list(empty.pipelines()) == ["golden-web"]

    (delete,) = commands.pop("Delete it")
    run(empty, delete)
    assert (empty.pipelines(), empty.image_builder()["registered"]) == ({}, {})

    before, retain, show, adopt, own = commands.pop("Move from AWS::ImageBuilder::ImagePipeline")
    run(empty, before)
    native = empty.pipelines()["web"]
    assert native["tags"] == {"team": "web"}
    run(empty, retain)
    assert "DeletionPolicy: Retain" in run(empty, show)
    done = len(empty.changes())
    run(empty, adopt)
    adopted = empty.pipelines()["web"]
    assert empty.outputs("web")["PipelineArn"] == adopted["arn"] == native["arn"]
    assert adopted["dateCreated"] == native["dateCreated"]
    assert ":stack/web/" in adopted["tags"]["imagebuilder-pipeline:stack-id"]
    calls = empty.changes()[done:]
    assert ("CreateImagePipeline", "ResourceAlreadyExistsException") in calls
    assert {operation for operation, error in calls if error is None} == {"TagResource", "UpdateImagePipeline"}
    assert adopted["tags"]["imagebuilder-pipeline:adopted"] == "retained-on-delete"
    run(empty, own)
    assert empty.pipelines()["web"]["tags"]["imagebuilder-pipeline:adopted"] == "deleted-with-stack"

    (remove,) = commands.pop("Update or remove the provider")
    run(empty, remove)
    assert empty.pipelines() == {}
    assert "image-pipeline-provider" not in empty.sh("aws cloudformation describe-stacks")
    assert commands == {}, "commands that no test runs"


def test_files_of_the_commands_are_in_a_clone_after_make_dist() -> None:
    text = PAGE.read_text(encoding="utf-8")
    files = set(re.findall(r"--template-file (\S+)|-- (\S+\.yaml)$", text, re.MULTILINE))
    paths = {path for pair in files for path in pair if path} - {"packaged.yaml"}
    assert len(paths) == 7
    provider = f"{FOLDER.as_posix()}/provider.yaml"
    assert [path for path in paths - {provider} if not (ROOT / path).is_file()] == []
    assert provider in paths


def test_links_of_the_page_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", PAGE.read_text(encoding="utf-8"))
    assert links
    assert [link for link in links if "://" not in link and not (PAGE.parent / link).exists()] == []
