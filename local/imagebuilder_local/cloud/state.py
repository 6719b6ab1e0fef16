"""What the local cloud's process leaves in its folder for those who want to reach it or stop it."""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

_POLL: Final = 0.02


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
    """A running local cloud."""

    pid: int
    endpoint: str
    imagebuilder_endpoint: str
    region: str
    account: str
    page: str = ""  # of one that an older version started

    def write(self, folder: Folder) -> None:
        """Write it whole or not at all."""
        draft = folder.state.with_suffix(".draft")
        draft.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")
        draft.replace(folder.state)

    @staticmethod
    def read(folder: Folder) -> "State | None":
        """Return the state that is written there, None when there is none."""
        try:
            return State(**json.loads(folder.state.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None


@contextmanager
def holding(lock: Path, patience: float = 0.0) -> Iterator[None]:
    """Hold a lock. BlockingIOError when somebody else still holds it after `patience` seconds."""
    deadline = time.monotonic() + patience
    handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        while not _take(handle):
            if time.monotonic() >= deadline:
                raise BlockingIOError(f"{lock} is locked")
            time.sleep(_POLL)
        yield
    finally:
        os.close(handle)


def _take(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_locked(folder: Folder) -> bool:
    """Tell whether a process lives in the folder. A pid alone would not say: it may be somebody else's by now."""
    try:
        with holding(folder.lock):
            return False
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
