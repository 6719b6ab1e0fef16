"""The command `imagebuilder-local up | deploy | diff | status | down`, in the folder of a CDK app."""

import os
import sys
from pathlib import Path
from typing import Final

from imagebuilder_local.cloud import LocalCloud, LocalCloudError
from imagebuilder_local.deploy import deploy, how_to_go_on, up
from imagebuilder_local.drift import diff
from imagebuilder_local.steps import StepError, told_plainly

_USAGE: Final = """\
usage: imagebuilder-local up | deploy | diff STACK | status | down

  up      start the local cloud of this folder
  deploy  start it and deploy the CDK app of this folder to it
  diff    compare the pipelines of a stack with its template; --help lists the options
  status  show its endpoints
  down    stop it

IMAGEBUILDER_LOCAL_PORT       port of the AWS endpoint; default: any free port
IMAGEBUILDER_LOCAL_INSPECTOR  resource types that Amazon Inspector is activated for:
                              off, ec2, ecr, or ec2,ecr; default: ec2,ecr"""


def run() -> None:
    """Run the command. Report a failure with a message and exit code 1."""
    with told_plainly():
        try:
            _run(sys.argv[1:])
        except LocalCloudError as error:
            raise StepError(str(error)) from error


def _run(arguments: list[str]) -> None:
    project = Path.cwd()
    cloud = LocalCloud(project / ".local" / "cloud")
    match arguments:
        case ["up" | "deploy" as command]:
            up(project, cloud) if command == "up" else deploy(project, cloud)
            # `make local` sets STOP, since the command that it installed is not on the PATH.
            print(how_to_go_on(project, cloud, stop=os.environ.get("STOP", "imagebuilder-local down")))  # noqa: T201
        case ["diff", *options]:
            sys.exit(diff(cloud, options))
        case ["status"]:
            print(_status(cloud))  # noqa: T201
        case ["down"]:
            print("The local cloud is stopped." if cloud.stop() else "The local cloud is not running.")  # noqa: T201
        case ["help" | "--help" | "-h"]:
            print(_USAGE)  # noqa: T201
        case _:
            sys.exit(_USAGE)


def _status(cloud: LocalCloud) -> str:
    state = cloud.state()
    if state is None:
        return "The local cloud is not running."
    return (
        f"The local cloud is running as process {state.pid}.\n"
        f"AWS: {state.endpoint}\n"
        f"EC2 Image Builder: {state.imagebuilder_endpoint}\n"
        f"Page: {state.page}"
    )


if __name__ == "__main__":
    run()
