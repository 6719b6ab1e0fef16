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
from support.program import run_program

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


def program_of(page: Path, folder: Path) -> Path:
    """Write the program of a page into a folder and return its path."""
    program = folder / "program.py"
    text = "\n".join(text for language, text in blocks(page) if language == "python")
    program.write_text(text, encoding="utf-8")
    return program


def assert_pipeline_in(assembly: Path) -> None:
    templates = [json.loads(file.read_text()) for file in assembly.rglob("*.template.json")]
    assert "Custom::ImagePipeline" in {r["Type"] for template in templates for r in template["Resources"].values()}


@pytest.mark.parametrize("page", programs())
def test_python_of_the_page_runs_and_synthesises(page: Path, tmp_path: Path) -> None:
    run_program(program_of(page, tmp_path), tmp_path / "cdk.out")
    assert_pipeline_in(tmp_path / "cdk.out")


def test_python_of_the_readme_runs_by_itself_without_a_warning(tmp_path: Path) -> None:
    """The others run in this process, where imports have warned already."""
    done = subprocess.run(
        [sys.executable, "-W", "error", program_of(ROOT / "README.md", tmp_path)],
        cwd=tmp_path,
        env=os.environ | {"CDK_OUTDIR": str(tmp_path / "cdk.out")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert_pipeline_in(tmp_path / "cdk.out")


@pytest.fixture(scope="module")
def findings(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str]]:
    """Return the page and the message of each finding of cfn-lint, which reads all pages at once: its start is slow."""
    templates = {}
    for param in pages_with("yaml"):
        (page,) = param.values
        for language, text in blocks(page):
            if language == "yaml" and (resources := whole_resources(read_yaml(text))):
                file = tmp_path_factory.mktemp("lint") / "template.json"
                file.write_text(json.dumps(with_parameters(resources)), encoding="utf-8")
                templates[str(file)] = str(page)
    command = [str(Path(sys.executable).parent / "cfn-lint"), "--regions", "eu-west-1", "--format", "json"]
    done = subprocess.run([*command, "--template", *templates], capture_output=True, text=True, check=False)
    assert done.stdout, done.stderr
    return [(templates[one["Filename"]], one["Message"]) for one in json.loads(done.stdout)]


@pytest.mark.parametrize("page", pages_with("yaml"))
def test_yaml_of_the_page_is_read_and_linted(page: Path, findings: list[tuple[str, str]]) -> None:
    assert [message for found_in, message in findings if found_in == str(page)] == []


def whole_resources(read: dict[str, Any]) -> dict[str, Any]:
    """Return the resources that a block shows whole, or nothing for one that shows a part of a resource.

    What is no whole resource is a part of one that is shown whole elsewhere, or a comment that an editor reads.
    """
    resources: dict[str, Any] = read.get("Resources", read)
    is_whole = all(isinstance(one, dict) and {"Type", "Properties"} <= one.keys() for one in resources.values())
    return resources if is_whole else {}


def with_parameters(resources: dict[str, Any]) -> dict[str, Any]:
    """Return a template of resources that has everything they refer to."""
    names = set(re.findall(r"'Ref': '([A-Za-z]\w*)'", repr(resources))) - set(resources)
    return {"Parameters": {name: {"Type": "String"} for name in sorted(names)}, "Resources": resources}


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
