"""Every row of FAULTS.md's matrix is a named test: none is missing, and none is tested that is not there."""

import ast
import re
from pathlib import Path

HERE = Path(__file__).parent
ROWS = 56


def named_by_row() -> dict[int, list[str]]:
    found: dict[int, list[str]] = {row: [] for row in range(1, ROWS + 1)}
    for file in sorted(HERE.glob("test_matrix_*.py")):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            match = re.match(r"test_row_(\d\d)_", node.name) if isinstance(node, ast.FunctionDef) else None
            if match:
                found[int(match[1])].append(f"{file.name}::{match.string}")
    return found


def test_every_row_of_the_matrix_has_a_test_of_its_name() -> None:
    assert [row for row, tests in named_by_row().items() if not tests] == []


if __name__ == "__main__":
    for row, tests in named_by_row().items():
        print(row, *tests, sep="\n  ")
