"""Set up what the benchmarks compare with, apart from the project's. Run by `make bench` with any Python."""

import os
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / folder) for folder in (".", "benchmarks", "local")]

from tools.setup import part, separate_environment  # noqa: E402

from imagebuilder_bench.paths import BENCH, NODE_MODULES, VENV  # noqa: E402
from imagebuilder_local.steps import run, told_plainly  # noqa: E402


def main() -> None:
    """Install both parts unless they are up to date."""
    BENCH.mkdir(parents=True, exist_ok=True)
    packages = ["requirements/bench.txt", "benchmarks/imagebuilder_bench/setup.py"]
    part("Peers of the benchmarks into .local/bench/venv", VENV, packages, python_packages)
    sources = ["benchmarks/package.json", "benchmarks/package-lock.json"]
    part("Peers of the benchmarks into .local/bench/node_modules", NODE_MODULES, sources, node_packages)


def python_packages() -> None:
    """Install the pinned packages into an environment of their own. They are compiled, as Lambda's SDK is."""
    separate_environment(VENV, "requirements/bench.txt")
    (packages,) = VENV.glob("lib/python*/site-packages")
    run([str(VENV / "bin" / "python"), "-m", "compileall", "-q", "-j0", str(packages)])


def node_packages() -> None:
    """Install the pinned SDK for JavaScript with the environment's Node."""
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(ROOT / "benchmarks" / name, BENCH / name)
    cache = BENCH / "npm-cache"
    environment = os.environ | {
        "PATH": f"{VENV / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}",
        "npm_config_cache": str(cache),
        "npm_config_update_notifier": "false",
    }
    npm = str(VENV / "bin" / "npm")
    run([npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"], environment=environment, folder=BENCH)
    shutil.rmtree(cache, ignore_errors=True)


if __name__ == "__main__":
    with told_plainly():
        main()
