"""Deploys a CDK app to the local cloud and shows its pipelines: `make local`, `imagebuilder-local deploy`."""

import json
import os
import shlex
import shutil
from pathlib import Path
from typing import Any, Final

from imagebuilder_local.cdk import CDK_CLI
from imagebuilder_local.cloud import LocalCloud
from imagebuilder_local.cloud.activity import doing
from imagebuilder_local.cloud.environment import client_settings, program_path
from imagebuilder_local.cloud.files import full_disk, make_folder, refuse_link, write_private
from imagebuilder_local.cloud.state import State
from imagebuilder_local.deployment import run_cdk
from imagebuilder_local.emulator.inspector import activated
from imagebuilder_local.steps import StepError, run, say, step
from imagebuilder_model import is_pipeline_arn

_PORT: Final = "IMAGEBUILDER_LOCAL_PORT"
_CDK: Final = ("cdk", "--no-notices", "--no-color", "--ci")


def up(project: Path, cloud: LocalCloud) -> State:
    """Start the local cloud unless it is running, and write `.local/env`, which configures a shell for it."""
    _check_inspector()
    make_folder(_environment_file(project).parent)
    with step("Local cloud"):
        state = cloud.start(_port())
        say(f"process {state.pid}, AWS at {state.endpoint}, EC2 Image Builder at {state.imagebuilder_endpoint}")
        say(f"pipelines and events, live: {state.page}")
    settings = client_settings(state, cloud.folder) | {"PATH": program_path(project)}
    lines = (f"export {name}={shlex.quote(value)}\n" for name, value in settings.items())
    write_private(_environment_file(project), "".join(lines))
    return state


def deploy(project: Path, cloud: LocalCloud) -> None:
    """Deploy the app in a folder to its local cloud with the CDK CLI and show the deployed pipelines."""
    state = up(project, cloud)
    environment = cloud.environment() | {"PATH": program_path(project), "FORCE_COLOR": "0"}
    if shutil.which("cdk", path=environment["PATH"]) is None:
        raise StepError(f"the CDK CLI is not installed here: npm install {CDK_CLI}")
    outputs_file = cloud.folder.path / "outputs.json"
    refuse_link(outputs_file)
    try:
        _bootstrap(state, cloud, environment, project)
        with step("cdk deploy"), doing(cloud.folder, "cdk deploy"):
            outputs_file.unlink(missing_ok=True)
            command = [*_CDK, "deploy", "--all", "--require-approval", "never", "--outputs-file", str(outputs_file)]
            run_cdk(command, environment=environment, project=project, cloud=cloud)
        if shutil.which("aws", path=environment["PATH"]) is not None:
            with step("The pipeline as the AWS CLI sees it"):
                for arn in _pipeline_arns(outputs_file):
                    say(_as_the_aws_cli_sees(arn, environment, project))
    except StepError as error:
        raise StepError(f"{error}{full_disk(cloud.folder.path)}") from error


def how_to_go_on(project: Path, cloud: LocalCloud, stop: str) -> str:
    """Return the next steps, including how to stop the local cloud."""
    file, log = (os.path.relpath(path, project) for path in (_environment_file(project), cloud.folder.log))
    state = cloud.state()
    rows = [
        *([(state.page, "open it in a browser: pipelines and events, live")] if state else []),
        (f". {file}", "configure this shell for the local cloud"),
        ("aws imagebuilder list-image-pipelines", "list all pipelines"),
        ("cdk diff", "show the changes in the app"),
        (f"less {log}", "read the log of the local cloud"),
        (stop, "stop the local cloud"),
    ]
    width = max(len(command) for command, _ in rows)
    return "\n".join(["", "Next steps:", *(f"  {command:<{width}}  # {meaning}" for command, meaning in rows)])


def _port() -> int:
    text = os.environ.get(_PORT, "0")
    if not text.isdecimal() or int(text) >= 2**16:
        raise StepError(f"{_PORT} must be a port from 0 (any free port) to 65535: got {text!r}")
    return int(text)


def _check_inspector() -> None:
    # Validated before the cloud's process reads it, so that the message is printed and not only logged.
    try:
        activated()
    except ValueError as error:
        raise StepError(str(error)) from error


def _environment_file(project: Path) -> Path:
    return project / ".local" / "env"


def _bootstrap(state: State, cloud: LocalCloud, environment: dict[str, str], project: Path) -> None:
    # A bootstrap lasts as long as the cloud's process, so the marker file names that process.
    note = cloud.folder.path / "bootstrapped"
    bootstrapped = f"{state.pid} {state.started}"
    if note.is_file() and note.read_text(encoding="utf-8") == bootstrapped:
        return
    with step("cdk bootstrap"), doing(cloud.folder, "cdk bootstrap"):
        command = [*_CDK, "bootstrap", f"aws://{state.account}/{state.region}"]
        run_cdk(command, environment=environment, project=project, cloud=cloud, show=False)
        write_private(note, bootstrapped)


def _pipeline_arns(outputs_file: Path) -> list[str]:
    stacks: dict[str, dict[str, str]] = json.loads(outputs_file.read_text(encoding="utf-8"))
    return sorted({value for outputs in stacks.values() for value in outputs.values() if is_pipeline_arn(value)})


def _as_the_aws_cli_sees(arn: str, environment: dict[str, str], project: Path) -> str:
    command = ["aws", "imagebuilder", "get-image-pipeline", "--image-pipeline-arn", arn, "--output", "json"]
    answer: dict[str, Any] = json.loads(run(command, environment=environment, folder=project))
    return json.dumps(answer["imagePipeline"], indent=2)
