"""The workflows of GitHub: they do what a person would do here, and may do no more."""

import importlib
import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
MAY_WRITE = {
    "pypi": {"id-token": "write", "attestations": "write"},
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
    assert targets(job) <= known
    assert targets(job) or name in MAY_WRITE


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_every_action_is_pinned_to_a_commit_with_its_version_behind_it(file: Path) -> None:
    lines = [line.strip() for line in file.read_text(encoding="utf-8").splitlines() if "uses:" in line]
    assert lines
    pinned = re.compile(r"- uses: [\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
    assert [line for line in lines if not pinned.fullmatch(line)] == []
    assert len(lines) == sum("uses" in step for job in read(file)["jobs"].values() for step in job["steps"])


def test_an_action_is_pinned_to_one_commit_everywhere() -> None:
    text = "".join(file.read_text(encoding="utf-8") for file in WORKFLOWS)
    pins = set(re.findall(r"uses: (\S+)@(\S+) # (\S+)", text))
    assert len({action for action, _, _ in pins}) == len(pins)


def targets(job: dict[str, Any]) -> set[str]:
    """Return the targets of the Makefile that a job runs."""
    runs = [step["run"] for step in job["steps"] if step.get("run", "").startswith("make ")]
    return {target for run in runs for target in run.split()[1:]}


def before(jobs_of: dict[str, Any], name: str) -> set[str]:
    """Return all jobs that a job waits for."""
    needs = jobs_of[name].get("needs", [])
    direct = {needs} if isinstance(needs, str) else set(needs)
    return direct.union(*(before(jobs_of, other) for other in direct))


@pytest.mark.parametrize(("name", "job"), jobs())
def test_workspace_that_ran_tests_hands_nothing_on(name: str, job: dict[str, Any]) -> None:
    if targets(job) & {"check", "test", "soak", "bench"}:
        assert not targets(job) & {"package", "dist", "docs", "docs-build"}
        assert not any("upload" in step.get("uses", "") for step in job["steps"])


@pytest.mark.parametrize("name", MAY_WRITE)
def test_what_is_published_was_checked_first_and_built_elsewhere(name: str) -> None:
    release = read(ROOT / ".github" / "workflows" / "publish.yml")["jobs"]
    assert {"check", "build", "pypi"} - {name} <= before(release, name)
    assert not targets(release[name])
    assert "check" in targets(release["check"])
    assert {"package", "dist", "docs-build"} <= targets(release["build"])
    assert "check" in before(release, "build")


def test_everything_that_is_published_is_attested_first() -> None:
    steps = read(ROOT / ".github" / "workflows" / "publish.yml")["jobs"]["pypi"]["steps"]
    names = [step["uses"].partition("@")[0] for step in steps]
    assert names.index("actions/attest-build-provenance") < names.index("pypa/gh-action-pypi-publish")
    attested = steps[names.index("actions/attest-build-provenance")]["with"]["subject-path"].split()
    fetched = {step["with"]["path"] for step in steps if step["uses"].startswith("actions/download-artifact@")}
    assert {f"{folder}/*" for folder in fetched} == set(attested) == {"packages/*", "provider/*"}
    publish = steps[names.index("pypa/gh-action-pypi-publish")]["with"]
    assert publish == {"packages-dir": "packages", "attestations": True}


def test_release_gets_the_provider_and_its_bill_of_materials() -> None:
    release = read(ROOT / ".github" / "workflows" / "publish.yml")["jobs"]
    (built,) = [
        step["with"]["path"].split()
        for step in release["build"]["steps"]
        if step.get("with", {}).get("name") == "provider"
    ]
    names = {Path(path).name for path in built}
    assert names == {"imagebuilder-pipeline-provider.zip", "function.cdx.json"}
    (upload,) = [step["run"] for step in release["provider"]["steps"] if "run" in step]
    assert all(name in upload for name in names)


def test_supported_pythons_are_checked() -> None:
    matrix = read(ROOT / ".github" / "workflows" / "check.yml")["jobs"]["check"]["strategy"]["matrix"]
    assert matrix["python"][0] == "3.11"
    assert 'requires-python = ">=3.11"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
