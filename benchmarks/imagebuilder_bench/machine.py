"""What a run ran on, and with which versions of whom."""

import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Final

from imagebuilder_bench.paths import NODE_MODULES, ROOT, VENV

_PYTHON_PACKAGES: Final = (
    "aws-cdk-lib",
    "aws-cdk.aws-imagebuilder-alpha",
    "boto3",
    "botocore",
    "cfnresponse",
    "constructs",
    "crhelper",
    "jsii",
)
_NODE_PACKAGES: Final = ("@aws-sdk/client-imagebuilder",)


def machine() -> dict[str, str]:
    """Return the CPU, the memory, the kernel and the languages."""
    return {
        "CPU": f"{_first('/proc/cpuinfo', 'model name') or platform.machine()}, {os.cpu_count()} of them",
        "Memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB",
        "Kernel": f"{platform.system()} {platform.release()}",
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
        "Node": _output(str(VENV / "bin" / "node"), "--version").removeprefix("v"),
    }


def versions() -> dict[str, str]:
    """Return the version of each peer, by package."""
    found = {name: version(name) for name in _PYTHON_PACKAGES}
    for name in _NODE_PACKAGES:
        manifest = NODE_MODULES / name / "package.json"
        found[name] = _first(str(manifest), '"version"').strip('", ')
    return found


def commit() -> str:
    """Return the commit that was measured, with a `+` when files differ from it."""
    short = _output("git", "-C", str(ROOT), "rev-parse", "--short=10", "HEAD")
    changed = _output("git", "-C", str(ROOT), "status", "--porcelain", "--", "constructs", "lambda", "local")
    return f"{short}+" if changed else short


def _first(file: str, name: str) -> str:
    """Return what stands behind a name and a colon in a file, empty when it stands nowhere."""
    with Path(file).open(encoding="utf-8") as content:
        for line in content:
            key, _, value = line.partition(":")
            if key.strip() == name:
                return value.strip()
    return ""


def _output(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
