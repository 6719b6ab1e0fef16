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
import re
import shutil
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "local")]

from tools import pip_settings  # noqa: E402

from imagebuilder_local.steps import StepError, run, step, told_plainly  # noqa: E402

VENV, VENV_AWS, NODE_MODULES = ROOT / ".venv", ROOT / ".venv-aws", ROOT / "node_modules"
UV = VENV / "bin" / "uv"
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
    # uv installs the packages in a tenth of pip's time; pip installs uv, by the hashes of the same lock.
    lock = (ROOT / "requirements" / "dev.txt").read_text(encoding="utf-8")
    of_uv = re.search(r"^uv==(?:.*\\\n)*.*\n", lock, re.MULTILINE)
    if of_uv is None:
        raise StepError("requirements/dev.txt must pin uv")
    wanted = VENV / "uv.txt"
    wanted.write_text(of_uv[0], encoding="utf-8")
    pip("install", "--quiet", "--no-cache-dir", "--require-hashes", "--requirement", str(wanted))
    install(VENV, "--require-hashes", "--requirement", "requirements/dev.txt")


def this_project() -> None:
    # Without isolation, uv uses the installed, pinned build backend and does not download another one.
    install(VENV, "--no-deps", "--no-build-isolation", "--editable", ".")


def aws_cli() -> None:
    # In a separate environment: the AWS CLI and the local cloud require different releases of botocore.
    separate_environment(VENV_AWS, "requirements/awscli.txt")


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


def separate_environment(folder: Path, lock: str) -> None:
    """Create an environment with the packages of a lock, by the uv of the development environment."""
    run([str(UV), "venv", "--quiet", "--clear", "--python", base_python(), str(folder)])
    install(folder, "--require-hashes", "--requirement", lock)


def virtual_environment(folder: Path) -> None:
    try:
        run([base_python(), "-m", "venv", "--clear", str(folder)])
    except StepError as error:
        raise StepError(
            f"{error}\n{base_python()} cannot create a virtual environment. "
            "On Debian and Ubuntu: apt install python3-venv"
        ) from error


def base_python() -> str:
    # Never the interpreter of the environment that is cleared.
    python: str = getattr(sys, "_base_executable", sys.executable)
    return python


def install(environment: Path, *arguments: str) -> None:
    """Install packages with uv, by the user's settings of pip (an index, a proxy)."""
    of_pip = pip_settings.settings(pip("config", "list"))
    command = [str(UV), "pip", "install", "--quiet", "--no-cache", "--python", str(environment)]
    # Variables that the user set for uv itself come first.
    variables = pip_settings.variables(of_pip) | os.environ
    run([*command, *pip_settings.options(of_pip), *arguments], environment=variables, folder=ROOT)


def pip(*arguments: str) -> str:
    return run([str(VENV / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", *arguments], folder=ROOT)


if __name__ == "__main__":
    with told_plainly():
        main()
