"""Runs the CDK CLI against a local cloud, shows its progress, and reports a failure in one block."""

import json
import urllib.request
from collections.abc import Iterable, Iterator, Mapping, Sequence
from http.client import HTTPException
from pathlib import Path
from typing import Any, Final

from imagebuilder_local.assembly import Assembly
from imagebuilder_local.cloud import LocalCloud, LocalCloudError
from imagebuilder_local.failure import Deployment, Operation, block
from imagebuilder_local.output import Progress
from imagebuilder_local.steps import StepError, say, started

_SECONDS: Final = 10
_DIRECT: Final = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def run_cdk(
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    folder: Path,
    cloud: LocalCloud,
    assembly: Path | None = None,
    show: bool = True,
    hidden: tuple[str, ...] = (),
) -> None:
    """Run the CDK CLI in the folder of an app. `show` prints its progress as it happens.

    Lines with a `hidden` text are not printed. `assembly` is the folder of what is deployed; the report
    takes names and lines of the app from it. StepError has the report of a failure: at most 12 lines.
    """
    before = operations(cloud)
    output: list[str] = []
    progress = Progress()
    with started(command, environment=environment, folder=folder) as process:
        for line in progress.shown(_kept(process.stdout or (), output)):
            if show and not any(text in line for text in hidden):
                say(line or " ")
    if process.returncode == 0:
        if show:
            say("\n".join(progress.held))
        return
    try:
        cloud.environment()
    except LocalCloudError as error:  # It died meanwhile, which is the cause of everything else.
        raise StepError(f"{error}\n  deploy again: that starts a new one") from error
    raise StepError(block(deployment_since(before, "".join(output), cloud=cloud, project=folder, folder=assembly)))


def deployment_since(
    before: Iterable[Operation], output: str, *, cloud: LocalCloud, project: Path, folder: Path | None
) -> Deployment:
    """Return what a deployment did since then: its output, and the operations that are not in `before`."""
    known = {operation["id"] for operation in before}
    state = cloud.state()
    return Deployment(
        output=output,
        operations=[operation for operation in operations(cloud) if operation["id"] not in known],
        assembly=Assembly(folder),
        project=project,
        page="" if state is None else state.page,
    )


def operations(cloud: LocalCloud) -> list[dict[str, Any]]:
    """Return the stack operations of a local cloud, newest first; none if it is not running."""
    state = cloud.state()
    if state is None:
        return []
    try:
        with _DIRECT.open(f"{state.page}operations.json", timeout=_SECONDS) as response:
            found: list[dict[str, Any]] = json.load(response)
    except (OSError, HTTPException, ValueError):  # The cloud stops just now.
        return []
    return found


def _kept(lines: Iterable[str], output: list[str]) -> Iterator[str]:
    for line in lines:
        output.append(line)
        yield line.rstrip("\n")
