"""The page of what the emulator supports is generated from the code that supports it."""

import re
import subprocess
import sys
from pathlib import Path

from aws_cdk import aws_imagebuilder

from imagebuilder_local.cloud.resource_types import provisioners
from imagebuilder_local.emulator import ImageBuilder
from imagebuilder_local.emulator.operations import OPERATIONS

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "emulator.md"


def names(heading: str) -> list[str]:
    """Return the names in the first column of the table below a heading."""
    section = PAGE.read_text(encoding="utf-8").partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE)


def test_page_is_the_one_that_the_tool_writes() -> None:
    # In a process of its own: ministack reads the environment when it is imported.
    done = subprocess.run(
        [sys.executable, "-m", "tools.emulator_page", "--print"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == PAGE.read_text(encoding="utf-8"), "run 'python -m tools.emulator_page' and commit the page"


def test_every_operation_and_type_of_the_emulator_is_on_the_page() -> None:
    assert names("Operations") == sorted(OPERATIONS)
    assert names("Image Builder in CloudFormation") == sorted(provisioners(ImageBuilder()))


def test_cloudformation_has_no_type_of_image_builder_that_the_page_lacks() -> None:
    classes = {
        name.removeprefix("Cfn") for name in dir(aws_imagebuilder) if re.fullmatch("Cfn[A-Za-z]+(?<!Props)", name)
    }
    assert {f"AWS::ImageBuilder::{name}" for name in classes} == set(provisioners(ImageBuilder()))


def test_operations_that_the_emulator_lacks_are_named() -> None:
    missing = PAGE.read_text(encoding="utf-8").partition("UnknownOperationException")[2].partition("\n## ")[0]
    assert {"CreateComponent", "ListWorkflows"} <= set(re.findall(r"`([A-Z]\w+)`", missing))
    assert not set(re.findall(r"`([A-Z]\w+)`", missing)) & OPERATIONS.keys()


def test_types_that_image_builder_stacks_use_are_named() -> None:
    text = PAGE.read_text(encoding="utf-8").partition("\n## Other types in CloudFormation\n")[2]
    assert {"`AWS::SSM::Parameter`", "`AWS::EC2::LaunchTemplate`", "`AWS::ECR::Repository`"} <= set(
        re.findall("`AWS[^`]+`", text)
    )
