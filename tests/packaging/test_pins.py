"""What is pinned, and that the pins agree."""

import json
import re
import tomllib
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from cdk_imagebuilder_pipeline.provider.asset import CRHELPER_RELEASE

ROOT = Path(__file__).parents[2]
LOCKS = ["requirements/dev.txt", "requirements/awscli.txt", "package-lock.json"]


def pins(file: str) -> dict[str, str]:
    """Return the version of each package that a requirements file pins."""
    text = (ROOT / file).read_text()
    return {
        name.lower(): version
        for name, version in re.findall(r"^([A-Za-z0-9._-]+)(?:\[.+\])?==([^\s;\\]+)", text, re.MULTILINE)
    }


def project() -> dict[str, Any]:
    return dict(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"])


def test_example_app_is_pinned_to_what_the_tests_run_with() -> None:
    example = pins("requirements.txt")
    assert example
    assert example.items() <= pins("requirements/dev.txt").items()


def test_what_ships_to_lambda_is_pinned_to_one_release_and_its_hash() -> None:
    (crhelper,) = [line for line in project()["dependencies"] if line.startswith("crhelper")]
    assert crhelper == f"crhelper=={pins('requirements/dev.txt')['crhelper']}"
    # Synth refuses every other one.
    assert crhelper == f"crhelper=={CRHELPER_RELEASE}"
    # The wheel whose faults the function works around; another one under the same version would be another program.
    assert (
        "8788941e94af8e5613f788a8723c0a9158e7139d663896e197acc65d1630f81c"
        in (ROOT / "requirements/dev.txt").read_text()
    )


def test_cdk_cli_is_the_release_that_reads_our_assembly() -> None:
    assert json.loads((ROOT / "package.json").read_text())["dependencies"]["aws-cdk"] == "2.1148.1"


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_names_no_host(lock: str) -> None:
    assert "://" not in (ROOT / lock).read_text()


@pytest.mark.parametrize("lock", LOCKS[:2])
def test_every_requirement_of_a_lock_has_a_hash(lock: str) -> None:
    blocks = re.split(r"\n(?=[A-Za-z0-9])", (ROOT / lock).read_text().strip())
    assert len(blocks) > 5
    assert [block.splitlines()[0] for block in blocks if "--hash=sha256:" not in block] == []


def test_lock_has_the_extras_that_its_packages_ask_for() -> None:
    # pip before 23.3 looks for `coverage[toml]` apart from the lock's `coverage`: set-up breaks on a release's day.
    asked = [Requirement(text) for installed in distributions() for text in installed.requires or []]
    wanted = {one.name: sorted(one.extras) for one in asked if one.extras and _is_asked_for(one)}
    assert wanted
    lock = (ROOT / "requirements/dev.txt").read_text()
    assert [name for name, extras in wanted.items() if f"\n{name}[{','.join(extras)}]==" not in lock] == []


def _is_asked_for(requirement: Requirement) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({"extra": ""})
