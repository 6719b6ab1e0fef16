"""The script as a process before a local cloud, in which Amazon Inspector is not activated."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.cdk import ROOT, Cdk
from support.smoke import Smoke

from imagebuilder_local.cloud import LocalCloud
from imagebuilder_local.emulator.inspector import VARIABLE


@pytest.fixture(scope="session")
def cdk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cdk]:
    folder = tmp_path_factory.mktemp("smoke")
    cloud = LocalCloud(folder / "cloud")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv(VARIABLE, "off")
        cloud.start()
    try:
        yield Cdk(cloud, folder)
    finally:
        cloud.stop()


@pytest.fixture
def smoke(cdk: Cdk) -> Iterator[Smoke]:
    """Start the script in an environment that reaches the local cloud and no account."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str, **variables: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-m", "tools.smoke_aws", *arguments],
            cwd=ROOT,
            env=cdk.cloud.environment() | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the script is told to record."""
    return tmp_path / "recording.jsonl"
