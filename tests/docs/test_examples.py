"""Every example of the README and the docs runs: a page's Python blocks are one program, its YAML is a template."""

import importlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
FENCE = re.compile(r"^([ ]*)```([^\n`]*)\n(.*?)^\1```[ ]*$", re.MULTILINE | re.DOTALL)
LANGUAGES = {"python", "yaml", "sh", "sequence", ""}
"""`sequence` is what diagrams are drawn of; no language is what a program prints, or a call with a placeholder in it."""
WIDTH = 120
"""Columns that fit into a window of 1,280 px: `site.css` sets the size of the code and the width of the page."""


def blocks(page: Path) -> Iterator[tuple[str, str]]:
    """Yield language and text of each block of a page, without the indentation of the list that it stands in."""
    for indentation, language, text in FENCE.findall(page.read_text(encoding="utf-8")):
        lines = text.splitlines()
        assert all(line.startswith(indentation) or not line.strip() for line in lines), f"{page}: {text}"
        yield language, "\n".join(line.removeprefix(indentation) for line in lines)


def pages_with(language: str) -> list[Any]:
    with_it = [page for page in PAGES if any(known == language for known, _ in blocks(page))]
    return [pytest.param(page, id=str(page.relative_to(ROOT))) for page in with_it]


def read_yaml(text: str) -> dict[str, Any]:
    """Return what a block says, with CloudFormation's short forms written out; nothing for one that is a comment."""
    if all(line.lstrip().startswith("#") for line in text.splitlines()):
        return {}
    template, faults = importlib.import_module("cfnlint.decode").decode_str(text)
    assert not faults, faults
    found: dict[str, Any] = json.loads(json.dumps(template))
    return found


def test_pages_are_found_and_every_block_is_of_a_language_that_is_tested() -> None:
    assert {"README.md", "construct.md"} <= {page.name for page in PAGES}
    assert {language for page in PAGES for language, _ in blocks(page)} <= LANGUAGES


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_code_fits_into_the_width_of_the_site(page: Path) -> None:
    # Output of programs wraps there.
    lines = [line for language, text in blocks(page) if language not in {"", "sequence"} for line in text.splitlines()]
    assert [line for line in lines if len(line) > WIDTH] == []


def programs() -> list[Any]:
    """Return the pages whose Python is a program. That which is a test is run where the wheel is installed."""
    return [param for param in pages_with("python") if "def test_" not in param.values[0].read_text(encoding="utf-8")]


@pytest.mark.parametrize("page", programs())
def test_python_of_the_page_runs_and_synthesises(page: Path, tmp_path: Path) -> None:
    program = "\n".join(text for language, text in blocks(page) if language == "python")
    (tmp_path / "program.py").write_text(program, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "error", "program.py"],
        cwd=tmp_path,
        env=os.environ | {"CDK_OUTDIR": str(tmp_path / "cdk.out")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    templates = [json.loads(file.read_text()) for file in (tmp_path / "cdk.out").rglob("*.template.json")]
    assert "Custom::ImagePipeline" in {r["Type"] for template in templates for r in template["Resources"].values()}


@pytest.mark.parametrize("page", pages_with("yaml"))
def test_yaml_of_the_page_is_read_and_linted(page: Path, tmp_path: Path) -> None:
    for language, text in blocks(page):
        if language == "yaml":
            read = read_yaml(text)
            resources = read.get("Resources", read)
            # What is no whole resource is a part of one that is shown whole elsewhere, or a comment that an editor reads.
            if all(isinstance(one, dict) and {"Type", "Properties"} <= one.keys() for one in resources.values()):
                lint(resources, tmp_path)


def lint(resources: dict[str, Any], folder: Path) -> None:
    """Lint resources in a template that has everything they refer to."""
    if not resources:
        return
    names = set(re.findall(r"'Ref': '([A-Za-z]\w*)'", repr(resources))) - set(resources)
    parameters = {name: {"Type": "String"} for name in sorted(names)}
    template = folder / "template.json"
    template.write_text(json.dumps({"Parameters": parameters, "Resources": resources}), encoding="utf-8")
    command = [str(Path(sys.executable).parent / "cfn-lint"), "--regions", "eu-west-1", "--template", str(template)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("page", pages_with("sh"))
def test_commands_of_the_page_are_ones_that_a_shell_and_our_programs_know(page: Path) -> None:
    for language, text in blocks(page):
        if language == "sh":
            parsed = subprocess.run(["bash", "-n"], input=text, capture_output=True, text=True, check=False)
            assert parsed.returncode == 0, f"{text}\n{parsed.stderr}"
            assert set(re.findall(r"^make ([\w-]+)", text, re.MULTILINE)) <= targets()
            apps = re.findall(r"^make local APP=(\S+)", text, re.MULTILINE)
            assert [app for app in apps if not (ROOT / app / "cdk.json").is_file()] == []
            assert set(re.findall(r"imagebuilder-local (\w+)", text)) <= {
                "up",
                "deploy",
                "destroy",
                "diff",
                "logs",
                "status",
                "down",
            }
            programs = {re.sub(r"^\w+=\$\(", "", line).split()[0] for line in commands(text)}
            assert programs <= PROGRAMS, text


PROGRAMS = {
    '"$EDITOR"',
    ".",
    "aws",
    "cd",
    "cdk",
    "env",
    "gh",
    "git",
    "imagebuilder-local",
    "jq",
    "make",
    "npm",
    "npx",
    "pip",
    "python3",
    "terraform",
    "unzip",
}


def commands(text: str) -> list[str]:
    """Return the lines of a block that begin a command."""
    lines = text.replace("\\\n", " ").splitlines()
    return [line for line in lines if line.strip() and not line.startswith("#")]


def targets() -> set[str]:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    return {name for line in re.findall(r"^\.PHONY: (.+)$", makefile, re.MULTILINE) for name in line.split()}


def test_readme_leads_from_nothing_to_a_changed_pipeline_in_five_commands() -> None:
    _, first = next((language, text) for language, text in blocks(ROOT / "README.md") if language == "sh")
    assert [line.split("#")[0].split() for line in commands(first)] == [
        ["git", "clone", '"$URL"', "imagebuilder-pipeline"],
        ["cd", "imagebuilder-pipeline"],
        ["make", "local"],
        ['"$EDITOR"', "app.py"],
        ["make", "local"],
    ]


@pytest.mark.parametrize("guide", sorted(path.parent.name for path in ROOT.glob("examples/*/cdk.json")))
def test_guide_shows_each_file_of_its_example_as_it_is(guide: str) -> None:
    shown = [text for _, text in blocks(ROOT / "docs" / "guides" / f"{guide}.md")]
    files = sorted((ROOT / "examples" / guide).glob("*.py"))
    assert files
    assert [file.name for file in files if file.read_text(encoding="utf-8").rstrip() not in shown] == []


def test_example_that_does_not_run_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("- in a list\n\n  ```python\n  raise SystemExit(3)\n  ```\n", encoding="utf-8")
    assert list(blocks(page)) == [("python", "raise SystemExit(3)")]
    with pytest.raises(AssertionError):
        test_python_of_the_page_runs_and_synthesises(page, tmp_path)
