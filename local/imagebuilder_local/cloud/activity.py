"""The command of a deployment that runs now, which the page shows: CloudFormation does not know of it."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from imagebuilder_local.cloud.files import write_private
from imagebuilder_local.cloud.identity import started
from imagebuilder_local.cloud.state import Folder


@contextmanager
def doing(folder: Folder, what: str) -> Iterator[None]:
    """Let the page of the cloud in a folder show that this process runs a command, for example `cdk bootstrap`."""
    pid = os.getpid()
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    write_private(folder.activity, json.dumps({"what": what, "at": now, "pid": pid, "started": started(pid)}))
    try:
        yield
    finally:
        folder.activity.unlink(missing_ok=True)


def activity(folder: Folder) -> Mapping[str, Any] | None:
    """Return what runs (`what`) and since when (`at`), None if nothing does or its process was killed."""
    try:
        found = json.loads(folder.activity.read_text(encoding="utf-8"))
        is_running = started(found["pid"]) == found["started"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return {"what": found["what"], "at": found["at"]} if is_running else None
