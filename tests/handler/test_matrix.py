"""Every row of the fault matrix (docs/faults.md) is a named test: none is missing, and none is tested that is not there."""

import ast
import re
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "faults.md"


def rows() -> list[int]:
    """Return the numbers of the page's rows, those from 5 to 8 where it says `5 to 8`."""
    found: list[int] = []
    for first, last in re.findall(r"^\| ([0-9]+)(?: to ([0-9]+))? \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE):
        found += range(int(first), int(last or first) + 1)
    return found


def retired() -> set[int]:
    """Return the rows of the page's second table: what cannot occur needs no test."""
    _, page = PAGE.read_text(encoding="utf-8").split("## Retired rows")
    return {row for row in rows() if re.search(rf"^\| {row} \|", page, re.MULTILINE)}


def named_by_row() -> dict[int, list[str]]:
    found: dict[int, list[str]] = {row: [] for row in rows()}
    for file in sorted(HERE.rglob("test_*.py")):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            match = re.match(r"test_row_(\d\d)_", node.name) if isinstance(node, ast.FunctionDef) else None
            if match:
                found[int(match[1])].append(f"{file.name}::{match.string}")
    return found


def test_rows_of_the_page_are_numbered_from_one() -> None:
    assert sorted(rows()) == list(range(1, 88))


def test_every_row_of_the_matrix_has_a_test_of_its_name() -> None:
    assert {row for row, tests in named_by_row().items() if not tests} == retired()


if __name__ == "__main__":
    for row, tests in named_by_row().items():
        print(row, *tests, sep="\n  ")
