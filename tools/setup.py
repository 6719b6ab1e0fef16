"""Set up the dependencies of the Makefile's targets inside the clone. Run by `make` with any Python and no packages.

Parts that are up to date are skipped: each part has a stamp with the hash of its sources.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 (an older Python reaches this line and gets the message)
    sys.exit(
        "Python 3.11 or newer is needed; {} is {}.{}.\n"
        "Install a newer one, or select one: make PYTHON=/path/to/python3.12 ...".format(
            sys.executable, *sys.version_info[:2]
        )
    )

import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "local"))

from imagebuilder_local.steps import StepError, run, step, told_plainly  # noqa: E402

VENV, VENV_AWS, NODE_MODULES = ROOT / ".venv", ROOT / ".venv-aws", ROOT / "node_modules"
CACHE = ROOT / ".local" / "cache"


def main() -> None:
    part("Python packages into .venv", VENV, ["requirements/dev.txt"], python_packages)
    part("This project into .venv", VENV / "share", ["requirements/dev.txt", "pyproject.toml"], this_project)
    part("AWS CLI into .venv-aws", VENV_AWS, ["requirements/awscli.txt"], aws_cli)
    part("CDK CLI into node_modules", NODE_MODULES, ["package-lock.json"], node_packages)


def part(title: str, folder: Path, sources: list[str], make: Callable[[], None]) -> None:
    """Create a folder, unless this Python created it from the same sources."""
    # Identified by its prefix: the same Python has several paths, for example in the environment created here.
    made_from = hashlib.sha256(f"{sys.base_prefix} {sys.version}".encode())
    for source in sources:
        made_from.update((ROOT / source).read_bytes())
    stamp = folder / ".made-from"
    if stamp.is_file() and stamp.read_text() == made_from.hexdigest():
        return
    if folder.is_symlink():
        raise StepError(f"{folder} is a link, and its target may belong to another user: remove the link")
    with step(title):
        make()
        folder.mkdir(exist_ok=True)
        stamp.write_text(made_from.hexdigest())


def python_packages() -> None:
    virtual_environment(VENV)
    pip(VENV, "--require-hashes", "--requirement", "requirements/dev.txt")


def this_project() -> None:
    # Without isolation, pip uses the installed, pinned build backend and does not download another one.
    pip(VENV, "--no-deps", "--no-build-isolation", "--editable", ".")


def aws_cli() -> None:
    # In a separate environment: the AWS CLI and the local cloud require different releases of botocore.
    virtual_environment(VENV_AWS)
    pip(VENV_AWS, "--require-hashes", "--requirement", "requirements/awscli.txt")


def node_packages() -> None:
    shutil.rmtree(CACHE / "npm", ignore_errors=True)
    environment = os.environ | {
        "PATH": f"{VENV / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}",
        "npm_config_cache": str(CACHE / "npm"),
        "npm_config_update_notifier": "false",
    }
    npm = str(VENV / "bin" / "npm")
    run([npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"], environment=environment, folder=ROOT)
    shutil.rmtree(CACHE / "npm", ignore_errors=True)


def virtual_environment(folder: Path) -> None:
    # Never the interpreter of the environment that is cleared here.
    python: str = getattr(sys, "_base_executable", sys.executable)
    try:
        run([python, "-m", "venv", "--clear", str(folder)])
    except StepError as error:
        raise StepError(
            f"{error}\n{python} cannot create a virtual environment. On Debian and Ubuntu: apt install python3-venv"
        ) from error


def pip(venv: Path, *arguments: str) -> None:
    # pip keeps the user's settings (an index, a proxy), except for its cache, which is outside the clone.
    command = [str(venv / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-cache-dir"]
    run([*command, "--disable-pip-version-check", *arguments], folder=ROOT)


if __name__ == "__main__":
    with told_plainly():
        main()
