"""The command `imagebuilder-local`, in the folder of a CDK app."""

import os
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace, RawDescriptionHelpFormatter
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Final

from imagebuilder_local.cloud import LocalCloud, LocalCloudError
from imagebuilder_local.deploy import App, deploy, destroy, how_to_go_on, print_logs, up
from imagebuilder_local.drift import add_options, diff
from imagebuilder_local.steps import StepError, told_plainly

_DISTRIBUTION: Final = "cdk-imagebuilder-pipeline"
_VARIABLES: Final = """\
environment variables:
  IMAGEBUILDER_LOCAL_PORT       port of the AWS endpoint; default: that of the last
                                start of this folder, or any free port
  IMAGEBUILDER_LOCAL_INSPECTOR  resource types that Amazon Inspector is activated for:
                                off, ec2, ecr, or ec2,ecr; default: ec2,ecr"""
_CDK_OPTIONS: Final = "Arguments after -- go to the CDK CLI, for example: -- --no-rollback"
_TAKE_CDK_OPTIONS: Final = ("deploy", "destroy")


def run() -> None:
    """Run the command. Report a failure with a message and exit code 1, a wrong argument with exit code 2."""
    with told_plainly():
        try:
            arguments = _arguments(sys.argv[1:])
            arguments.run(arguments, LocalCloud(Path.cwd() / ".local" / "cloud"))
        except LocalCloudError as error:
            raise StepError(str(error)) from error


def _arguments(given: Sequence[str]) -> Namespace:
    parser = _parser()
    # argparse would read options after the dashes as its own.
    end = given.index("--") if "--" in given else len(given)
    arguments = parser.parse_args(given[:end])
    arguments.cdk_options = given[end + 1 :]
    if arguments.cdk_options and arguments.command not in _TAKE_CDK_OPTIONS:
        parser.error(f"{arguments.command} takes no options of the CDK CLI: got -- {' '.join(arguments.cdk_options)}")
    return arguments


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        "imagebuilder-local",
        description="Deploy CDK apps to a local cloud. Each folder has its own.",
        epilog=_VARIABLES,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=version(_DISTRIBUTION))
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)

    command = commands.add_parser("up", help="start the local cloud of this folder and bootstrap it for the CDK")
    command.set_defaults(run=_up)

    command = commands.add_parser("deploy", help="start it and deploy the CDK app to it", epilog=_CDK_OPTIONS)
    _add_app(command)
    command.set_defaults(run=_deploy)

    command = commands.add_parser("destroy", help="destroy the stacks of the CDK app in it", epilog=_CDK_OPTIONS)
    _add_app(command)
    command.set_defaults(run=_destroy)

    command = commands.add_parser("logs", help="print the logs of its Lambda functions")
    command.add_argument("--cloud", action="store_true", help="print the log of the local cloud itself")
    command.set_defaults(run=lambda arguments, cloud: print_logs(cloud, of_the_cloud=arguments.cloud))

    command = commands.add_parser("diff", help="compare the pipelines of a stack with its template")
    add_options(command)
    command.set_defaults(run=lambda arguments, cloud: sys.exit(diff(cloud, arguments)))

    command = commands.add_parser("status", help="show its endpoints")
    command.set_defaults(run=lambda _, cloud: print(_status(cloud)))  # noqa: T201

    command = commands.add_parser("down", help="stop it")
    command.set_defaults(run=_down)

    command = commands.add_parser("help", help="show this help")
    command.set_defaults(run=lambda *_: parser.print_help())
    return parser


def _add_app(command: ArgumentParser) -> None:
    command.add_argument("stacks", nargs="*", metavar="STACK", help="id or pattern of a stack; default: all stacks")
    command.add_argument(
        "-c",
        "--context",
        action="append",
        default=[],
        type=_key_and_value,
        metavar="KEY=VALUE",
        help="context value for the app",
    )
    command.add_argument(
        "--folder",
        type=_app_folder,
        default=Path(),
        help="folder of the CDK app; default: the current folder, which has the local cloud",
    )


def _key_and_value(text: str) -> str:
    if text.find("=") < 1:
        raise ArgumentTypeError(f"must be KEY=VALUE: got {text!r}")
    return text


def _app_folder(text: str) -> Path:
    if not Path(text, "cdk.json").is_file():
        raise ArgumentTypeError(f"must be a folder with a cdk.json: got {text!r}")
    return Path(text)


def _app(arguments: Namespace) -> App:
    return App(
        project=Path.cwd(),
        folder=Path.cwd() / arguments.folder,
        stacks=arguments.stacks,
        context=arguments.context,
        cdk_options=arguments.cdk_options,
    )


def _up(_: Namespace, cloud: LocalCloud) -> None:
    up(Path.cwd(), cloud)
    _say_how_to_go_on(cloud)


def _deploy(arguments: Namespace, cloud: LocalCloud) -> None:
    deploy(_app(arguments), cloud)
    _say_how_to_go_on(cloud)


def _destroy(arguments: Namespace, cloud: LocalCloud) -> None:
    destroy(_app(arguments), cloud)


def _say_how_to_go_on(cloud: LocalCloud) -> None:
    # `make local` sets STOP, since the command that it installed is not on the PATH.
    print(how_to_go_on(Path.cwd(), cloud, stop=os.environ.get("STOP", "imagebuilder-local down")))  # noqa: T201


def _down(_: Namespace, cloud: LocalCloud) -> None:
    print("The local cloud is stopped." if cloud.stop() else "The local cloud is not running.")  # noqa: T201


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
