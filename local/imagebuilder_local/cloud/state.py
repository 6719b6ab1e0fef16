"""What the local cloud's process leaves in its folder for those who want to reach it or stop it."""

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
    """The folder that one local cloud has for itself."""

    path: Path

    @property
    def state(self) -> Path:
        """Where it can be reached; there while it serves."""
        return self.path / "state.json"

    @property
    def lock(self) -> Path:
        """Locked while the process lives, however it ends."""
        return self.path / "lock"

    @property
    def starting_lock(self) -> Path:
        """Locked by whoever starts the process, until it serves."""
        return self.path / "starting.lock"

    @property
    def log(self) -> Path:
        """What the process prints."""
        return self.path / "cloud.log"

    @property
    def certificate_authority(self) -> Path:
        """The certificate that clients trust."""
        return self.path / "ca.pem"

    @property
    def server_certificate(self) -> Path:
        """The certificate and key that the servers show."""
        return self.path / "server.pem"

    @property
    def home(self) -> Path:
        """The home folder of clients, so that nothing of the user's own is read or written."""
        return self.path / "home"

    @property
    def temporary(self) -> Path:
        """For what the process and its functions unpack."""
        return self.path / "tmp"


@dataclass(frozen=True)
class State:
    """A running local cloud. The access key is the account's root's: its file is for the owner of the cloud alone."""

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
        """Write it whole or not at all."""
        write_private(folder.state, json.dumps(asdict(self), indent=1) + "\n")

    @staticmethod
    def read(folder: Folder) -> "State | None":
        """Return the state that is written there, None when there is none, or one that another version wrote."""
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
        """Return whether the process still lives, and is the one that wrote this."""
        return started(self.pid) == self.started


@contextmanager
def holding(lock: Path, patience: float = 0.0) -> Iterator[None]:
    """Hold a lock. BlockingIOError when somebody else still holds it after `patience` seconds."""
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
    """Return whether a process lives in the folder. Checks share the lock, so none takes another for the process."""
    try:
        handle = os.open(folder.lock, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        return not _take(handle, fcntl.LOCK_SH)
    finally:
        os.close(handle)
