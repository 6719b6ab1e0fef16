"""The command `imagebuilder-local diff`: arguments, output and exit code."""

import argparse
import sys
import traceback
from collections.abc import Sequence
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from imagebuilder_local.cloud import LocalCloud
from imagebuilder_local.drift.clients import aws_clients, local_clients
from imagebuilder_local.drift.errors import DriftError
from imagebuilder_local.drift.pipelines import Pipeline, pipelines_of
from imagebuilder_local.drift.references import PIPELINE
from imagebuilder_local.drift.report import as_json, as_text, has_drift
from imagebuilder_local.drift.stack import read

NO_DRIFT: Final = 0
HAS_DRIFT: Final = 1
CANNOT_TELL: Final = 2

PERMISSIONS: Final = (
    "cloudformation:DescribeStacks",
    "cloudformation:GetTemplate",
    "cloudformation:ListStackResources",
    "cloudformation:ListExports",
    "imagebuilder:GetImagePipeline",
)
"""IAM actions that the command needs."""


def diff(cloud: LocalCloud, arguments: argparse.Namespace) -> int:
    """Print how the pipelines of a stack differ from its template, and return the exit code.

    0: no difference in what was compared. 1: a difference, or a pipeline is gone. 2: the stack cannot be compared, with
    a message on standard error.
    """
    try:
        cloudformation, imagebuilder = aws_clients() if arguments.aws else local_clients(cloud)
        stack = read(cloudformation, arguments.stack)
        pipelines = list(pipelines_of(stack, imagebuilder))
        _require(pipelines, stack.id)
    except (DriftError, ClientError, BotoCoreError) as error:
        print(f"error: {error}{_fix(error)}", file=sys.stderr)  # noqa: T201
        return CANNOT_TELL
    except KeyboardInterrupt:
        return CANNOT_TELL
    except Exception:  # noqa: BLE001 (a bug must not look like drift, which is the exit code of Python's own)
        traceback.print_exc()
        return CANNOT_TELL
    print((as_json if arguments.json else as_text)(stack.id, pipelines))  # noqa: T201
    return HAS_DRIFT if has_drift(pipelines) else NO_DRIFT


def _fix(error: Exception) -> str:
    """Return what to do about an error of AWS whose own message does not say it."""
    if not isinstance(error, ClientError):
        return ""
    answer = error.response.get("Error", {})
    if answer.get("Code") in {"AccessDenied", "AccessDeniedException"}:
        return f": allow {', '.join(PERMISSIONS)}"
    if "does not exist" in answer.get("Message", ""):
        return ": check the name and the Region; a stack in AWS needs --aws"
    return ""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command to its parser."""
    parser.epilog = "exit code: 0 no drift, 1 drift, 2 the stack cannot be compared"
    parser.add_argument("stack", metavar="STACK", help="name or id of the stack")
    parser.add_argument("--aws", action="store_true", help="a stack in AWS, with the ordinary credentials and Region")
    parser.add_argument("--json", action="store_true", help="print JSON")


def _require(pipelines: Sequence[Pipeline], stack_id: str) -> None:
    if not pipelines:
        # A name that is mistyped must not look like a stack without drift.
        raise DriftError(f"the stack {stack_id} has no deployed {PIPELINE}: name a stack that has one")
