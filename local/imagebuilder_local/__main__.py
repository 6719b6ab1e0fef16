"""`python -m imagebuilder_local deploy | status | down`, in the folder of a CDK app."""

import sys
from pathlib import Path

from imagebuilder_local.cloud import LocalCloud, LocalCloudError
from imagebuilder_local.deploy import deploy
from imagebuilder_local.steps import StepError, told_plainly

_USAGE = "usage: python -m imagebuilder_local deploy | status | down"


def main(arguments: list[str]) -> None:
    """Do what the one argument says, for the app in the current folder."""
    project = Path.cwd()
    cloud = LocalCloud(project / ".local" / "cloud")
    try:
        match arguments:
            case ["deploy"]:
                deploy(project, cloud)
            case ["status"]:
                print(_status(cloud))  # noqa: T201
            case ["down"]:
                print("The local cloud is stopped." if cloud.stop() else "The local cloud is not running.")  # noqa: T201
            case _:
                sys.exit(_USAGE)
    except LocalCloudError as error:
        raise StepError(str(error)) from error


def _status(cloud: LocalCloud) -> str:
    state = cloud.state()
    if state is None:
        return "The local cloud is not running."
    return (
        f"The local cloud runs as process {state.pid}.\n"
        f"AWS: {state.endpoint}\n"
        f"EC2 Image Builder: {state.imagebuilder_endpoint}"
    )


if __name__ == "__main__":
    with told_plainly():
        main(sys.argv[1:])
