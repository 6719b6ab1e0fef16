"""A person who writes plain templates: the AWS CLI against a local cloud, and nothing else.

What a test only prepares, reads or cleans up goes through boto3: each command of the CLI starts a process.
"""

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from botocore.exceptions import WaiterError
from botocore.session import Session

from imagebuilder_local.app.clients import client_of, neutral_session
from imagebuilder_local.cloud import LocalCloud
from imagebuilder_local.cloud.signed import ask

ROOT = Path(__file__).parents[2]

# The CLI asks every 30 seconds whether a deploy has ended. Only its patience is changed, not the CLI.
IMPATIENCE = "import time\n_sleep = time.sleep\ntime.sleep = lambda seconds: _sleep(min(seconds, 0.2))\n"

_OFTEN: Final[Any] = {"Delay": 0.1, "MaxAttempts": 1200}


@dataclass
class Author:
    """Runs shell commands where `aws` is the only program that there is."""

    cloud: LocalCloud
    folder: Path
    path: Path
    _ended: int = 0
    _session: Session = field(default_factory=neutral_session)

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

    def deploy(self, stack: str, template: str, *, fails: bool = False) -> None:
        """Deploy a template of the folder by a change set, as the CLI does."""
        with self.client("cloudformation") as client:
            exists = any(one["StackName"] == stack for one in client.describe_stacks()["Stacks"])
            change_set = client.create_change_set(
                StackName=stack,
                ChangeSetName=f"deploy-{uuid4()}",
                ChangeSetType="UPDATE" if exists else "CREATE",
                TemplateBody=(self.folder / template).read_text(encoding="utf-8"),
                Capabilities=["CAPABILITY_IAM"],
            )["Id"]
            client.get_waiter("change_set_create_complete").wait(ChangeSetName=change_set, WaiterConfig=_OFTEN)
            client.execute_change_set(ChangeSetName=change_set)
            ended = client.get_waiter(f"stack_{'update' if exists else 'create'}_complete")
            failure = ""
            try:
                ended.wait(StackName=stack, WaiterConfig=_OFTEN)
            except WaiterError as error:
                failure = f"{error}\n{self.failures(stack)}"
        assert bool(failure) is fails, failure or f"{stack} was deployed"

    def delete(self, stack: str) -> None:
        """Delete a stack and wait until it is gone."""
        with self.client("cloudformation") as client:
            client.delete_stack(StackName=stack)
            client.get_waiter("stack_delete_complete").wait(StackName=stack, WaiterConfig=_OFTEN)

    def outputs(self, stack: str) -> dict[str, str]:
        """Return the outputs of a stack."""
        with self.client("cloudformation") as client:
            (shown,) = client.describe_stacks(StackName=stack)["Stacks"]
        return {output["OutputKey"]: output["OutputValue"] for output in shown.get("Outputs", [])}

    def failures(self, stack: str) -> str:
        """Return the reasons of what failed in a stack."""
        with self.client("cloudformation") as client:
            events = client.describe_stack_events(StackName=stack)["StackEvents"]
        return "\n".join(
            event.get("ResourceStatusReason", "") for event in events if event["ResourceStatus"].endswith("_FAILED")
        )

    @contextmanager
    def client(self, service: str) -> Iterator[Any]:
        """Return a client of a service. It is closed after its use: the log is to have no connection that timed out."""
        state = self.cloud.state()
        assert state is not None
        client = client_of(state, self.cloud.folder, service, session=self._session)
        try:
            yield client
        finally:
            client.close()

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
