"""Files of the local cloud's process, which clients use to find it and to stop it."""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from imagebuilder_local.cloud.files import open_private, write_private
from imagebuilder_local.cloud.identity import started

_POLL: Final = 0.005


@dataclass(frozen=True)
class Folder:
    """The folder of one local cloud."""

    path: Path

    @property
    def state(self) -> Path:
        """Endpoints and credentials; exists while the cloud serves."""
        return self.path / "state.json"

    @property
    def lock(self) -> Path:
        """Lock file, held while the process lives, however it ends."""
        return self.path / "lock"

    @property
    def starting_lock(self) -> Path:
        """Lock file, held during the start of the process until it serves."""
        return self.path / "starting.lock"

    @property
    def log(self) -> Path:
        """Output of the process."""
        return self.path / "cloud.log"

    @property
    def certificate_authority(self) -> Path:
        """The CA certificate that clients trust."""
        return self.path / "ca.pem"

    @property
    def server_certificate(self) -> Path:
        """The certificate and key of the servers."""
        return self.path / "server.pem"

    @property
    def activity(self) -> Path:
        """What a command of a deployment does now; exists while it runs."""
        return self.path / "activity.json"

    @property
    def resource_types(self) -> Path:
        """The types that CloudFormation has here, one a line."""
        return self.path / "resource-types"

    @property
    def home(self) -> Path:
        """Home folder of clients, so that the user's own is neither read nor written."""
        return self.path / "home"

    @property
    def temporary(self) -> Path:
        """Temporary files of the process and its functions."""
        return self.path / "tmp"


@dataclass(frozen=True)
class State:
    """A running local cloud. It has the root user's access key, so only the owner of the cloud may read its file."""

    pid: int
    started: str
    endpoint: str
    imagebuilder_endpoint: str
    region: str
    account: str
    page: str
    access_key_id: str
    secret_access_key: str = field(repr=False)

    def write(self, folder: Folder) -> None:
        """Write the state atomically."""
        write_private(folder.state, json.dumps(asdict(self), indent=1) + "\n")

    @staticmethod
    def read(folder: Folder) -> "State | None":
        """Return the state from its file, None if the file is missing or was written by another version."""
        try:
            handle = os.open(folder.state, os.O_RDONLY | os.O_NOFOLLOW)
        except OSError:
            return None
        with os.fdopen(handle, encoding="utf-8") as file:
            try:
                return State(**json.load(file))
            except (ValueError, TypeError):
                return None

    def is_running(self) -> bool:
        """Return whether the process that wrote this state is still running."""
        return started(self.pid) == self.started


@contextmanager
def holding(lock: Path, patience: float = 0.0) -> Iterator[None]:
    """Hold a lock. BlockingIOError if another process still holds it after `patience` seconds."""
    deadline = time.monotonic() + patience
    handle = open_private(lock, os.O_RDWR)
    try:
        while not _take(handle, fcntl.LOCK_EX):
            if time.monotonic() >= deadline:
                raise BlockingIOError(f"{lock} is locked")
            time.sleep(_POLL)
        yield
    finally:
        os.close(handle)


def _take(handle: int, kind: int) -> bool:
    try:
        fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_locked(folder: Folder) -> bool:
    """Return whether a local cloud runs in the folder. Tests of the lock share it, so they do not detect each other."""
    try:
        handle = os.open(folder.lock, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        return not _take(handle, fcntl.LOCK_SH)
    finally:
        os.close(handle)
