"""A person who writes plain templates: the AWS CLI against a local cloud, and nothing else."""

import json
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imagebuilder_local.cloud import LocalCloud
from imagebuilder_local.cloud.signed import ask

ROOT = Path(__file__).parents[2]

# The CLI asks every 30 seconds whether a deploy has ended. Only its patience is changed, not the CLI.
IMPATIENCE = "import time\n_sleep = time.sleep\ntime.sleep = lambda seconds: _sleep(min(seconds, 0.2))\n"


@dataclass
class Author:
    """Runs shell commands where `aws` is the only program that there is."""

    cloud: LocalCloud
    folder: Path
    path: Path
    _ended: int = 0

    def sh(self, script: str, *, fails: bool = False) -> str:
        """Run a script as it stands in the documentation and return what it printed."""
        self._let_the_second_pass(script)
        environment = self.cloud.environment() | {
            "PATH": str(self.path),
            "PYTHONPATH": str(self.path / "impatience"),
            "AWS_DEFAULT_OUTPUT": "json",
        }
        done = subprocess.run(
            ["/bin/sh", "-euc", script],
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=120,
        )
        self._ended = int(time.time())
        assert (done.returncode != 0) is fails, done.stdout + self.cloud.folder.log.read_text()[-2000:]
        return done.stdout

    def _let_the_second_pass(self, script: str) -> None:
        """Wait: the CLI names a change set by the second, in which the one before may have ended."""
        if "cloudformation deploy" in script:
            while int(time.time()) == self._ended:
                time.sleep(0.02)

    def deploy(self, stack: str, template: str, *options: str, fails: bool = False) -> None:
        """Deploy a template of the folder."""
        command = (
            f"aws cloudformation deploy --capabilities CAPABILITY_IAM --stack-name {stack} --template-file {template}"
        )
        self.sh(" ".join([command, *options]), fails=fails)

    def delete(self, stack: str) -> None:
        """Delete a stack and wait until it is gone."""
        self.sh(f"aws cloudformation delete-stack --stack-name {stack}")
        self.sh(f"aws cloudformation wait stack-delete-complete --stack-name {stack}")

    def outputs(self, stack: str) -> dict[str, str]:
        """Return the outputs of a stack."""
        shown = json.loads(self.sh(f"aws cloudformation describe-stacks --stack-name {stack}"))
        return {output["OutputKey"]: output["OutputValue"] for output in shown["Stacks"][0].get("Outputs", [])}

    def failures(self, stack: str) -> str:
        """Return the reasons of what failed in a stack."""
        events = json.loads(self.sh(f"aws cloudformation describe-stack-events --stack-name {stack}"))["StackEvents"]
        return "\n".join(
            event.get("ResourceStatusReason", "") for event in events if event["ResourceStatus"].endswith("_FAILED")
        )

    def image_builder(self) -> dict[str, Any]:
        """Return the state of the emulator."""
        state = self.cloud.state()
        assert state is not None
        return dict(json.loads(ask(state, self.cloud.folder, "/_local/state")))

    def pipelines(self) -> dict[str, dict[str, Any]]:
        """Return every pipeline by its name in the ARN."""
        return {pipeline["arn"].rpartition("/")[2]: pipeline for pipeline in self.image_builder()["pipelines"]}

    def changes(self) -> list[tuple[str, str | None]]:
        """Return every call that could change something, and its error."""
        return [
            (call["operation"], call["error"])
            for call in self.image_builder()["calls"]
            if not call["operation"].startswith(("Get", "List"))
        ]
