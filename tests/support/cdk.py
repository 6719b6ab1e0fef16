"""The real CDK CLI against a local cloud."""

import json
import os
import shutil
import ssl
import subprocess
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aws_cdk as cdk

from imagebuilder_local.cloud import LocalCloud

ROOT = Path(__file__).parents[2]
PATH = os.pathsep.join(str(ROOT / folder) for folder in (".venv/bin", ".venv-aws/bin", "node_modules/.bin"))


@dataclass
class Cdk:
    """Synthesises stacks in this process, as `cdk` would run an app, and deploys them with the CDK CLI."""

    cloud: LocalCloud
    folder: Path

    def run(
        self, *arguments: str, app: cdk.App | None = None, folder: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run the CDK CLI to its end and return what it printed and how it ended."""
        command = ["cdk", "--no-notices", "--no-color", "--ci"]
        if app is not None:
            command += ["--app", app.synth().directory]
        return self.execute(*command, *arguments, folder=folder)

    def execute(self, *command: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run any command in an environment that reaches the cloud."""
        environment = self.cloud.environment()
        environment["PATH"] = f"{PATH}{os.pathsep}{environment['PATH']}"
        program = shutil.which(command[0], path=environment["PATH"])
        assert program, f"{command[0]} is not set up: run `make setup`"
        return subprocess.run(
            [program, *command[1:]],
            cwd=folder or self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=240,
        )

    def deploy(self, app: cdk.App) -> dict[str, Any]:
        """Deploy every stack of an app and return the outputs, by stack."""
        outputs = self.folder / "outputs.json"
        outputs.unlink(missing_ok=True)
        done = self.run("deploy", "--all", "--require-approval=never", f"--outputs-file={outputs}", app=app)
        assert done.returncode == 0, done.stdout
        return dict(json.loads(outputs.read_text()))

    def fail_to_deploy(self, app: cdk.App) -> str:
        """Deploy an app that must fail and return what the CDK CLI printed."""
        done = self.run("deploy", "--all", "--require-approval=never", app=app)
        assert done.returncode == 1, done.stdout
        return done.stdout

    def destroy(self, app: cdk.App) -> None:
        """Destroy every stack of an app."""
        done = self.run("destroy", "--all", "--force", app=app)
        assert done.returncode == 0, done.stdout

    def image_builder(self) -> dict[str, Any]:
        """Return the state of the emulator: its pipelines, what is registered, the calls it got."""
        state = self.cloud.state()
        assert state is not None
        trusted = ssl.create_default_context(cafile=str(self.cloud.folder.certificate_authority))
        with urllib.request.urlopen(f"{state.imagebuilder_endpoint}/_local/state", context=trusted) as response:
            return dict(json.load(response))

    def pipelines(self, stack: str) -> list[dict[str, Any]]:
        """Return the pipelines that a stack owns."""
        return [
            pipeline for pipeline in self.image_builder()["pipelines"] if f":stack/{stack}/" in str(pipeline["tags"])
        ]
