"""`make local`: from a CDK app to a pipeline that an independent client can see."""

import json
import os
import shlex
from pathlib import Path
from typing import Any, Final

from imagebuilder_local.cloud import LocalCloud
from imagebuilder_local.cloud.environment import client_settings
from imagebuilder_local.steps import StepError, run, say, step
from imagebuilder_model import is_pipeline_arn

_PORT: Final = "IMAGEBUILDER_LOCAL_PORT"
_CDK: Final = ("cdk", "--no-notices", "--no-color", "--ci")


def deploy(project: Path, cloud: LocalCloud) -> None:
    """Deploy the app in a folder to its local cloud with the CDK CLI and show what came of it."""
    with step("Local cloud"):
        state = cloud.start(_port())
        say(f"process {state.pid}, AWS at {state.endpoint}, EC2 Image Builder at {state.imagebuilder_endpoint}")
    environment = cloud.environment() | {"PATH": _path(project), "FORCE_COLOR": "0"}
    outputs_file = cloud.folder.path / "outputs.json"
    try:
        if not _is_bootstrapped(project, environment):
            with step("cdk bootstrap"):
                run(
                    [*_CDK, "bootstrap", f"aws://{state.account}/{state.region}"],
                    environment=environment,
                    folder=project,
                )
        with step("cdk deploy"):
            outputs_file.unlink(missing_ok=True)
            command = [*_CDK, "deploy", "--all", "--require-approval", "never", "--outputs-file", str(outputs_file)]
            run(command, environment=environment, folder=project, show=True)
        with step("The pipeline as the AWS CLI sees it"):
            for arn in _pipeline_arns(outputs_file):
                say(_as_aws_sees(arn, environment, project))
    except StepError as error:
        cloud.environment()  # Says so when the cloud died meanwhile, which is then the better message.
        raise StepError(f"{error}\nThe local cloud's own log is {cloud.folder.log}") from error
    _say_how_to_go_on(project, cloud)


def _port() -> int:
    text = os.environ.get(_PORT, "0")
    if not text.isdecimal() or int(text) >= 2**16:
        raise StepError(f"{_PORT} must be a port from 0 (any that is free) to 65535: got {text!r}")
    return int(text)


def _path(project: Path) -> str:
    folders = [project / ".venv" / "bin", project / ".venv-aws" / "bin", project / "node_modules" / ".bin"]
    return os.pathsep.join([*map(str, folders), os.environ.get("PATH", "")])


def _is_bootstrapped(project: Path, environment: dict[str, str]) -> bool:
    try:
        run(
            ["aws", "cloudformation", "describe-stacks", "--stack-name", "CDKToolkit"],
            environment=environment,
            folder=project,
        )
    except StepError:
        return False
    return True


def _pipeline_arns(outputs_file: Path) -> list[str]:
    stacks: dict[str, dict[str, str]] = json.loads(outputs_file.read_text(encoding="utf-8"))
    return sorted({value for outputs in stacks.values() for value in outputs.values() if is_pipeline_arn(value)})


def _as_aws_sees(arn: str, environment: dict[str, str], project: Path) -> str:
    command = ["aws", "imagebuilder", "get-image-pipeline", "--image-pipeline-arn", arn, "--output", "json"]
    answer: dict[str, Any] = json.loads(run(command, environment=environment, folder=project))
    return json.dumps(answer["imagePipeline"], indent=2)


def _say_how_to_go_on(project: Path, cloud: LocalCloud) -> None:
    state = cloud.state()
    if state is None:
        return
    settings = client_settings(state, cloud.folder) | {"PATH": _path(project)}
    file = project / ".local" / "env"
    file.write_text(
        "".join(f"export {name}={shlex.quote(value)}\n" for name, value in settings.items()), encoding="utf-8"
    )
    print(  # noqa: T201
        "\nLook further:\n"
        "  . .local/env                                  # this shell now talks to the local cloud\n"
        "  aws imagebuilder list-image-pipelines\n"
        "  cdk diff                                      # after a change in app.py; make local deploys it\n"
        f"  less {os.path.relpath(cloud.folder.log, project)}                  # what the local cloud did\n"
        "Stop:\n"
        "  make local-down"
    )
