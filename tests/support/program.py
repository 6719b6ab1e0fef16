"""Runs a program that makes a CDK app in this process, where the CDK is loaded already: a new process takes seconds."""

import os
import runpy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

_CACHE = "JSII_RUNTIME_PACKAGE_CACHE_ROOT"
CACHED = {_CACHE: os.environ[_CACHE]} if _CACHE in os.environ else {}
"""What lets a program that the CDK CLI runs find the CDK unpacked. A new cloud has a home without that: ten seconds."""


def run_program(program: Path, outdir: Path, context: Mapping[str, str] | None = None) -> list[cdk.App]:
    """Run a program as Python does, in its folder, and return the apps that it made, with `outdir` as their folder.

    `context` is what `cdk --context` would give. AssertionError if the program ends with an error.
    """
    made: list[cdk.App] = []
    genuine = cdk.App

    def app(**options: Any) -> cdk.App:
        given: dict[str, Any] = {"outdir": str(outdir), "context": dict(context or {})}
        made.append(genuine(**given | options))
        return made[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cdk, "App", app)
        patch.chdir(program.parent)
        try:
            runpy.run_path(str(program), run_name="__main__")
        except (Exception, SystemExit) as error:
            raise AssertionError(f"{program} ended with {error!r}") from error
    return made
