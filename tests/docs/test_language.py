"""Words that we no longer use: public sentences name their subject and use the field's nouns (CONTRIBUTING, How we write)."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WORDS = re.compile(
    r"\blest\b|\b(?:is|are) told\b|\bwhose each\b|\bsomebody's\b|, and no others\b|\berrands?\b|\btells? whether\b"
    r"|\b(?:take|taken|takes|took) over\b|\bway out\b|\bof one's own\b",
    re.IGNORECASE,
)
# Decisions and the history say what was thought then; benchmarks are generated.
PAGES = [
    *(ROOT / name for name in ("README.md", "SECURITY.md", "CONTRIBUTING.md")),
    *sorted(page for page in (ROOT / "docs").rglob("*.md") if "adr" not in page.parts),
]
SOURCES = sorted(file for room in ("constructs", "lambda", "local") for file in (ROOT / room).rglob("*.py"))


def strings(file: Path) -> Iterator[str]:
    """Yield docstrings and messages, but no keys and patterns: what has a space in it is a sentence."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            yield node.value


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_page_has_none_of_the_words(page: Path) -> None:
    text = " ".join(page.read_text(encoding="utf-8").split())
    assert [text[max(0, found.start() - 60) : found.end() + 30] for found in WORDS.finditer(text)] == []


@pytest.mark.parametrize("file", SOURCES, ids=lambda file: f"{file.parent.name}-{file.name}")
def test_docstrings_and_messages_have_none_of_the_words(file: Path) -> None:
    found = [string for string in strings(file) if WORDS.search(" ".join(string.split()))]
    assert found == []
