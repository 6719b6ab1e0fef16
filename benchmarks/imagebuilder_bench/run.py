"""When, where and with which versions a run measured."""

import json
import os
import platform
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final, Self

from imagebuilder_bench.paths import ROOT, VENV

_PACKAGES: Final = (
    "aws-cdk-lib",
    "aws-cdk.aws-imagebuilder-alpha",
    "boto3",
    "botocore",
    "cfnresponse",
    "constructs",
    "crhelper",
    "jsii",
)


@dataclass(frozen=True)
class Run:
    """One `make bench`. A quick run has few rounds."""

    at: str
    commit: str
    machine: dict[str, str]
    versions: dict[str, str]
    quick: bool = False

    @classmethod
    def start(cls, *, quick: bool) -> Self:
        """Describe the run that starts now on this machine."""
        machine = {
            "CPU": f"{_cpu()}, {os.cpu_count()} of them",
            "Memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB",
            "Kernel": f"{platform.system()} {platform.release()}",
            "Python": f"{platform.python_implementation()} {platform.python_version()}",
            "Node": _output(str(VENV / "bin" / "node"), "--version").removeprefix("v"),
        }
        node_packages = json.loads((ROOT / "benchmarks" / "package.json").read_text(encoding="utf-8"))["dependencies"]
        versions = {name: version(name) for name in _PACKAGES} | node_packages
        return cls(datetime.now(UTC).isoformat(timespec="seconds"), _commit(), machine, versions, quick)


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _commit() -> str:
    """Return the commit that is measured, with a `+` if its files have been changed."""
    short = _output("git", "-C", str(ROOT), "rev-parse", "--short=10", "HEAD")
    changed = _output("git", "-C", str(ROOT), "status", "--porcelain", "--", "constructs", "lambda", "local")
    return f"{short}+" if changed else short


def _output(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
