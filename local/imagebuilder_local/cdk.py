"""Runs the real CDK CLI against a local cloud, for tests of CDK stacks."""

import json
import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from imagebuilder_local.app.assembly import stacks_of
from imagebuilder_local.app.bootstrap import bootstrap, default_environment
from imagebuilder_local.app.clients import client_of
from imagebuilder_local.cloud import LocalCloud
from imagebuilder_local.cloud.environment import program_path
from imagebuilder_local.cloud.signed import ask
from imagebuilder_local.deployment import deployment_since, operations
from imagebuilder_local.emulator.server import STATE_PATH
from imagebuilder_local.failure import block

if TYPE_CHECKING:
    import aws_cdk

CDK_CLI: Final = "aws-cdk@2.1148.1"
"""npm name and version of the CDK CLI that reads the assemblies of the CDK library."""

ALL_STACKS: Final = ("**",)
"""Pattern of all stacks; `--all` of the CDK CLI leaves out those of stages."""

CDK: Final = ("cdk", "--no-notices", "--no-color", "--ci")
"""How the CDK CLI is started, for output without colours and notices."""
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
        self._bootstrap([])

    def deploy(self, app: "aws_cdk.App") -> dict[str, dict[str, str]]:
        """Deploy all stacks of an app and return the outputs by stack. CdkError says which resource failed and why.

        Accounts and Regions that the stacks name are bootstrapped first.
        """
        outputs = self.folder / "outputs.json"
        outputs.unlink(missing_ok=True)
        self._bootstrap([app.synth().directory])
        self._succeed("deploy", *ALL_STACKS, "--require-approval=never", f"--outputs-file={outputs}", app=app)
        found: dict[str, dict[str, str]] = json.loads(outputs.read_text(encoding="utf-8"))
        return found

    def fail_to_deploy(self, app: "aws_cdk.App") -> str:
        """Deploy an app that must fail and return the output of the CDK CLI. CdkError if it does not fail."""
        self._bootstrap([app.synth().directory])
        done = self.run("deploy", *ALL_STACKS, "--require-approval=never", app=app)
        if done.returncode != 1:
            raise CdkError(f"the deployment must fail with exit code 1, got {done.returncode}:\n{done.stdout}")
        return done.stdout

    def destroy(self, app: "aws_cdk.App") -> None:
        """Destroy all stacks of an app. CdkError if that fails."""
        self._succeed("destroy", *ALL_STACKS, "--force", app=app)

    def client(self, service: str, account: str = "", region: str = "") -> Any:
        """Return a boto3 client for the local cloud, for example for `imagebuilder` or `cloudformation`.

        `account` and `region` are those of stacks that name them; default: the cloud's own.
        """
        return client_of(self.cloud.running(), self.cloud.folder, service, account, region)

    def run(
        self,
        *arguments: str,
        app: "aws_cdk.App | None" = None,
        folder: Path | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> "subprocess.CompletedProcess[str]":
        """Run the CDK CLI and return its output and exit code. `settings` are further environment variables."""
        command = [*CDK]
        if app is not None:
            command += ["--app", app.synth().directory]
        return self.execute(*command, *arguments, folder=folder, settings=settings)

    def execute(
        self, *command: str, folder: Path | None = None, settings: Mapping[str, str] | None = None
    ) -> "subprocess.CompletedProcess[str]":
        """Run a command in an environment that reaches only the local cloud. CdkError if the command is missing.

        `settings` are further environment variables.
        """
        environment = self.cloud.environment() | {"PATH": program_path(self.project)} | dict(settings or {})
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
        return dict(json.loads(ask(self.cloud.running(), self.cloud.folder, STATE_PATH)))

    def pipelines(self, stack: str) -> list[dict[str, Any]]:
        """Return the pipelines that a stack owns."""
        return [
            pipeline for pipeline in self.image_builder()["pipelines"] if f":stack/{stack}/" in str(pipeline["tags"])
        ]

    def _bootstrap(self, assemblies: Iterable[str]) -> None:
        state = self.cloud.running()
        own = default_environment(state)
        wanted = {own, *(stack.environment for one in assemblies for stack in stacks_of(Path(one), own))}

        def run_cdk(arguments: Sequence[str], settings: Mapping[str, str]) -> None:
            self._succeed(*arguments, settings=settings)

        bootstrap(state, self.cloud.folder, wanted, run_cdk)

    def _succeed(
        self, *arguments: str, app: "aws_cdk.App | None" = None, settings: Mapping[str, str] | None = None
    ) -> None:
        before = operations(self.cloud)
        done = self.run(*arguments, app=app, settings=settings)
        if done.returncode != 0:
            assembly = None if app is None else Path(app.synth().directory)
            deployment = deployment_since(before, done.stdout, cloud=self.cloud, project=self.project, folder=assembly)
            raise CdkError(block(deployment, width=None), done.stdout)
