"""Synthesises pipelines in fresh processes, and reads the templates."""

import json
import shutil
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from imagebuilder_bench.functions import synth_environment
from imagebuilder_bench.paths import CHILDREN, VENV, WORK
from imagebuilder_local.steps import run

OURS: Final = "ours"
L1: Final = "L1 CfnImagePipeline"
ALPHA: Final = "alpha L2"
AWS_CUSTOM_RESOURCE: Final = "AwsCustomResource"
KINDS: Final = (OURS, L1, ALPHA, AWS_CUSTOM_RESOURCE)
COUNTS: Final = (1, 10, 100, 490)


@dataclass(frozen=True)
class Template:
    """A synthesised template."""

    size: int
    resources: dict[str, dict[str, Any]]


def synth(kind: str, count: int) -> float:
    """Synthesise a stack in a fresh process and return the seconds."""
    output = WORK / "synth"
    for folder in (output, WORK / "synth-warm-up"):
        shutil.rmtree(folder, ignore_errors=True)
    program = str(CHILDREN / "synth_app.py")
    printed = run(
        [str(VENV / "bin" / "python"), program, kind, str(count), str(output)], environment=synth_environment()
    )
    return float(printed.splitlines()[-1])


@cache
def template(kind: str, count: int) -> Template:
    """Return the template: it is the same in every run."""
    synth(kind, count)
    text = (WORK / "synth" / "Stack.template.json").read_bytes()
    return Template(len(text), json.loads(text)["Resources"])
