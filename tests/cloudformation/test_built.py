"""The example `built.yaml` as it stands: its image is built, kept, built anew, not built, and left when all is deleted."""

from typing import Any

import pytest
from support.author import Author

pytestmark = pytest.mark.timeout(400)

STACK = "built"
IN_USE = "imagebuilder-pipeline:in-use"


def template(author: Author, name: str, **replaced: tuple[str, str]) -> str:
    """Write a version of the example, and return the name of its file."""
    text = (author.folder / "built.yaml").read_text(encoding="utf-8")
    for before, after in replaced.values():
        assert before in text
        text = text.replace(before, after)
    (author.folder / name).write_text(text, encoding="utf-8")
    return name


def images(author: Author) -> list[dict[str, Any]]:
    """Return the images of the stack's pipeline, oldest first."""
    arn = author.pipelines()[f"{STACK}-built"]["arn"]
    with author.client("imagebuilder") as client:
        listed = client.list_image_pipeline_images(imagePipelineArn=arn)
    return sorted(listed["imageSummaryList"], key=lambda image: str(image["dateCreated"]))


def states(author: Author) -> list[str]:
    return [image["state"]["status"] for image in images(author)]


def in_use(author: Author) -> list[str]:
    """Return the ARNs of the images that the stack says it uses."""
    return [image["arn"] for image in images(author) if image.get("tags", {}).get(IN_USE) == "true"]


def ami_of_template(author: Author) -> str:
    """Return the AMI of the newest version of the launch template."""
    template_id = author.outputs(STACK)["LaunchTemplateId"]
    with author.client("ec2") as client:
        shown = client.describe_launch_template_versions(LaunchTemplateId=template_id, Versions=["$Latest"])
    return str(shown["LaunchTemplateVersions"][0]["LaunchTemplateData"]["ImageId"])


def test_example_builds_its_image_keeps_it_builds_anew_survives_a_failure_and_is_deleted(author: Author) -> None:
    author.deploy(STACK, "built.yaml")
    first = author.outputs(STACK)
    (image,) = images(author)
    assert (image["state"]["status"], image["tags"]["team"]) == ("AVAILABLE", "images")
    assert (first["ImageArn"], first["ImageVersion"]) == (image["arn"], "1.0.0/1")
    assert ami_of_template(author) == first["ImageId"]

    author.deploy(STACK, template(author, "kept.yaml", instance=("t3.micro", "t3.nano")))
    assert (states(author), author.outputs(STACK)["ImageId"]) == (["AVAILABLE"], first["ImageId"])

    version, command = ("Version: 1.0.0", "Version: 1.0.1"), ("PermitRootLogin no", "PermitRootLogin never")
    author.deploy(STACK, template(author, "changed.yaml", version=version, command=command))
    second = author.outputs(STACK)
    assert (states(author), second["ImageVersion"]) == (["AVAILABLE", "AVAILABLE"], "1.0.1/1")
    assert (ami_of_template(author), in_use(author)) == (second["ImageId"], [second["ImageArn"]])

    failing = ("- sed -i 's/^#\\?PermitRootLogin .*/PermitRootLogin no/' /etc/ssh/sshd_config", "- exit 3")
    wrong = template(author, "failing.yaml", version=("Version: 1.0.0", "Version: 1.0.2"), command=failing)
    author.deploy(STACK, wrong, fails=True)
    reasons = author.failures(STACK)
    for part in ("BuildFailed: ", "step Sshd (ExecuteBash) of phase build", "exit status 3", "stream 1.0.2/1"):
        assert part in reasons, reasons
    assert (ami_of_template(author), in_use(author)) == (second["ImageId"], [second["ImageArn"]])
    assert states(author) == ["AVAILABLE", "AVAILABLE", "FAILED"]

    author.delete(STACK)
    assert f"{STACK}-built" not in author.pipelines()
    for arn in (first["ImageArn"], second["ImageArn"]):
        with author.client("imagebuilder") as client:
            left = client.get_image(imageBuildVersionArn=arn)["image"]
        assert (left["state"]["status"], IN_USE in left["tags"]) == ("AVAILABLE", False)
