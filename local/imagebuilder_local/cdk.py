"""Runs the real CDK CLI against a local cloud, for tests of CDK stacks."""

import json
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import boto3

from imagebuilder_local.cloud import LocalCloud
from imagebuilder_local.cloud.environment import client_settings, program_path
from imagebuilder_local.cloud.signed import ask
from imagebuilder_local.cloud.state import State
from imagebuilder_local.deployment import deployment_since, operations
from imagebuilder_local.emulator.server import STATE_PATH
from imagebuilder_local.failure import block

if TYPE_CHECKING:
    import aws_cdk

CDK_CLI: Final = "aws-cdk@2.1148.1"
"""npm name and version of the CDK CLI that reads the assemblies of the CDK library."""

_SECONDS: Final = 240


class CdkError(Exception):
    """The CDK CLI is missing or had an unexpected exit code.

    The message says which resource failed and why; its first line has the cause. `output` is that of the CLI.
    """

    def __init__(self, message: str, output: str = "") -> None:
        super().__init__(message)
        self.output = output


@dataclass
class Cdk:
    """Deploys CDK apps to a running local cloud.

    `folder` is the working directory, which also gets the output files. Programs in the environment of `project`, for
    example the CDK CLI in its `node_modules`, precede those on the PATH. Default: the current folder.
    """

    cloud: LocalCloud
    folder: Path
    project: Path = field(default_factory=Path.cwd)

    def bootstrap(self) -> None:
        """Bootstrap the account for the CDK. CdkError if that fails."""
        state = self._state()
        self._succeed("bootstrap", f"aws://{state.account}/{state.region}")

    def deploy(self, app: "aws_cdk.App") -> dict[str, dict[str, str]]:
        """Deploy all stacks of an app and return the outputs by stack. CdkError says which resource failed and why."""
        outputs = self.folder / "outputs.json"
        outputs.unlink(missing_ok=True)
        self._succeed("deploy", "--all", "--require-approval=never", f"--outputs-file={outputs}", app=app)
        found: dict[str, dict[str, str]] = json.loads(outputs.read_text(encoding="utf-8"))
        return found

    def fail_to_deploy(self, app: "aws_cdk.App") -> str:
        """Deploy an app that must fail and return the output of the CDK CLI. CdkError if it does not fail."""
        done = self.run("deploy", "--all", "--require-approval=never", app=app)
        if done.returncode != 1:
            raise CdkError(f"the deployment must fail with exit code 1, got {done.returncode}:\n{done.stdout}")
        return done.stdout

    def destroy(self, app: "aws_cdk.App") -> None:
        """Destroy all stacks of an app. CdkError if that fails."""
        self._succeed("destroy", "--all", "--force", app=app)

    def client(self, service: str) -> Any:
        """Return a boto3 client for the local cloud, for example for `imagebuilder` or `cloudformation`."""
        settings = client_settings(self._state(), self.cloud.folder)
        endpoint = "AWS_ENDPOINT_URL_IMAGEBUILDER" if service == "imagebuilder" else "AWS_ENDPOINT_URL"
        session: Any = boto3.Session(
            aws_access_key_id=settings["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=settings["AWS_SECRET_ACCESS_KEY"],
            region_name=settings["AWS_REGION"],
        )
        return session.client(service, endpoint_url=settings[endpoint], verify=settings["AWS_CA_BUNDLE"])

    def run(
        self, *arguments: str, app: "aws_cdk.App | None" = None, folder: Path | None = None
    ) -> "subprocess.CompletedProcess[str]":
        """Run the CDK CLI and return its output and exit code."""
        command = ["cdk", "--no-notices", "--no-color", "--ci"]
        if app is not None:
            command += ["--app", app.synth().directory]
        return self.execute(*command, *arguments, folder=folder)

    def execute(self, *command: str, folder: Path | None = None) -> "subprocess.CompletedProcess[str]":
        """Run a command in an environment that reaches only the local cloud. CdkError if the command is missing."""
        environment = self.cloud.environment() | {"PATH": program_path(self.project)}
        program = shutil.which(command[0], path=environment["PATH"])
        if program is None:
            way_out = f": npm install {CDK_CLI}" if command[0] == "cdk" else ""
            raise CdkError(f"{command[0]} is not installed in {self.project} or on the PATH{way_out}")
        return subprocess.run(
            [program, *command[1:]],
            cwd=folder or self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=_SECONDS,
        )

    def image_builder(self) -> dict[str, Any]:
        """Return the state of the emulated Image Builder: pipelines, registered resources and calls."""
        return dict(json.loads(ask(self._state(), self.cloud.folder, STATE_PATH)))

    def pipelines(self, stack: str) -> list[dict[str, Any]]:
        """Return the pipelines that a stack owns."""
        return [
            pipeline for pipeline in self.image_builder()["pipelines"] if f":stack/{stack}/" in str(pipeline["tags"])
        ]

    def _state(self) -> State:
        self.cloud.environment()  # Raises an error with the reason if the cloud is not running.
        state = self.cloud.state()
        assert state is not None  # noqa: S101 (it runs)
        return state

    def _succeed(self, *arguments: str, app: "aws_cdk.App | None" = None) -> None:
        before = operations(self.cloud)
        done = self.run(*arguments, app=app)
        if done.returncode != 0:
            assembly = None if app is None else Path(app.synth().directory)
            deployment = deployment_since(before, done.stdout, cloud=self.cloud, project=self.project, folder=assembly)
            raise CdkError(block(deployment, width=None), done.stdout)
