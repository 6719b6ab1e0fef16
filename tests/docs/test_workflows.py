"""The workflows of GitHub: they do what a person would do here, and may do no more."""

import importlib
import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
MAY_WRITE = {
    "pypi": {"id-token": "write"},
    "provider": {"contents": "write"},
    "pages": {"id-token": "write", "pages": "write"},
}


def read(file: Path) -> dict[str, Any]:
    return dict(importlib.import_module("yaml").safe_load(file.read_text(encoding="utf-8")))


def jobs() -> list[Any]:
    return [
        pytest.param(name, job, id=f"{file.stem}-{name}")
        for file in WORKFLOWS
        for name, job in read(file)["jobs"].items()
    ]


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_workflow_may_read_and_nothing_else_by_default(file: Path) -> None:
    assert read(file)["permissions"] == {"contents": "read"}


@pytest.mark.parametrize(("name", "job"), jobs())
def test_job_may_write_only_what_it_is_there_for(name: str, job: dict[str, Any]) -> None:
    assert job.get("permissions", {}) == MAY_WRITE.get(name, {})
    # What may publish runs nothing of the repository's.
    if name in MAY_WRITE:
        assert not any("checkout" in step.get("uses", "") for step in job["steps"])


@pytest.mark.parametrize(("name", "job"), jobs())
def test_job_runs_targets_that_the_makefile_has(name: str, job: dict[str, Any]) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    known = {target for line in re.findall(r"^\.PHONY: (.+)$", makefile, re.MULTILINE) for target in line.split()}
    runs = [step["run"] for step in job["steps"] if step.get("run", "").startswith("make ")]
    assert {target for run in runs for target in run.split()[1:]} <= known
    assert runs or name in MAY_WRITE


def test_supported_pythons_are_checked() -> None:
    matrix = read(ROOT / ".github" / "workflows" / "check.yml")["jobs"]["check"]["strategy"]["matrix"]
    assert matrix["python"][0] == "3.11"
    assert 'requires-python = ">=3.11"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
