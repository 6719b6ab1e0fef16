"""The page on plain CloudFormation names every property, attribute and default that templates can use."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from imagebuilder_model.builds import LONGEST_TIMEOUT, LONGEST_WAIT, OWN_TAGS, RETAIN
from imagebuilder_model.ownership import ON_DELETE

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "cloudformation.md"
TYPES = {"Custom::ImagePipelineBuild": 1, "Custom::ImagePipelineImage": 2}
"""The column of each type in the table of properties."""


def section(heading: str) -> str:
    _, _, text = PAGE.read_text(encoding="utf-8").partition(f"\n## {heading}\n")
    assert text, f"no section {heading}"
    return text.partition("\n## ")[0]


def rows(text: str) -> dict[str, list[str]]:
    """Return the rows of the section's tables that begin with a name, by that name."""
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:3] == "| `"]
    return {first.strip("`"): [first, *others] for first, *others in cells}


def schema(name: str) -> dict[str, Any]:
    file = ROOT / "cloudformation" / "schema" / f"{name.lower().replace('::', '-')}.json"
    known: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return known


def attributes(known: dict[str, Any]) -> set[str]:
    return {pointer.rpartition("/")[2] for pointer in known["readOnlyProperties"]}


@pytest.mark.parametrize(("name", "column"), TYPES.items(), ids=TYPES)
def test_table_has_each_property_of_a_build_and_of_an_image(name: str, column: int) -> None:
    known = schema(name)
    table = rows(section("Build an image in the deployment"))
    cells = {property_: row[column] for property_, row in table.items() if len(row) == 4}
    assert {property_ for property_, cell in cells.items() if cell} == set(known["properties"]) - attributes(known)
    assert {property_ for property_, cell in cells.items() if cell == "required"} == set(known["required"])


def test_section_names_each_attribute_of_a_build() -> None:
    text = section("Build an image in the deployment")
    missing = [name for name in attributes(schema("Custom::ImagePipelineBuild")) if f"`{name}`" not in text]
    assert missing == []


def test_section_has_the_limits_and_defaults_of_a_build() -> None:
    table = rows(section("Build an image in the deployment"))
    assert f"0 to {LONGEST_WAIT}" in table["WaitSeconds"][3]
    assert f"0 to {LONGEST_TIMEOUT}" in table["TimeoutSeconds"][3]
    assert f"adds {OWN_TAGS} " in table["ImageTags"][3]
    assert f"`{RETAIN}` (default)" in table["OnDelete"][3]


def test_section_of_pipelines_has_their_attributes_and_each_value_of_on_delete() -> None:
    text = section("Make a pipeline")
    assert [name for name in attributes(schema("Custom::ImagePipeline")) if f"`{name}`" not in text] == []
    said = re.findall(r"`([A-Z_]+)`", " ".join(rows(text)["OnDelete"][1:]))
    assert tuple(said) == ON_DELETE
    assert f"`{ON_DELETE[0]}` (default)" in rows(text)["OnDelete"][1]
