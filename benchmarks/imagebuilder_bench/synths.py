"""Stacks of pipelines, synthesised in processes of their own."""

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from imagebuilder_bench.paths import BENCH, CHILDREN, ROOT, VENV, WORK
from imagebuilder_local.steps import run

OURS: Final = "ours"
L1: Final = "L1 CfnImagePipeline"
AWS_CUSTOM_RESOURCE: Final = "AwsCustomResource"
OWN_RECIPES: Final = "ours, recipes in the app"
WITH_BUILDS: Final = "ours, built on deploy"
KINDS: Final = (OURS, L1, "alpha L2", AWS_CUSTOM_RESOURCE)
COUNTS: Final = (1, 10, 100, 490)


@dataclass(frozen=True)
class Template:
    """A synthesised template."""

    size: int
    resources: dict[str, dict[str, Any]]


def synth(kind: str, count: int, output: Path = WORK / "synth") -> float:
    """Synthesise a stack in a fresh process and return the seconds that it took."""
    return _synths([kind], count, output)[0]


def warmed(kinds: Sequence[str], count: int) -> list[float]:
    """Synthesise a stack of each kind twice in one process, and return the seconds of each one's second time."""
    return _synths([*kinds, *kinds], count, WORK / "synth-warmed")[len(kinds) :]


def _synths(kinds: Sequence[str], count: int, output: Path) -> list[float]:
    for folder in (output, output.with_name(f"{output.name}-warm-up")):
        shutil.rmtree(folder, ignore_errors=True)
    environment = os.environ | {
        "PATH": f"{VENV / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}",
        "PYTHONPATH": os.pathsep.join(str(ROOT / source) for source in ("constructs", "lambda")),
        "PYTHONDONTWRITEBYTECODE": "",
        "JSII_RUNTIME_PACKAGE_CACHE_ROOT": str(BENCH / "jsii"),
    }
    python = str(VENV / "bin" / "python")
    printed = run([python, str(CHILDREN / "synth_app.py"), str(count), str(output), *kinds], environment=environment)
    seconds: list[float] = json.loads(printed.splitlines()[-1])
    return seconds


@cache
def template(kind: str, count: int) -> Template:
    """Return the template, which is the same in every round."""
    synth(kind, count)
    content = (WORK / "synth" / "Stack.template.json").read_bytes()
    return Template(len(content), json.loads(content)["Resources"])
