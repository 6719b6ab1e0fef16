"""Files and folders of the local cloud: accessible to their owner only, and never written through a link.

A link in the folder, for example from a clone, could cause a write to a file elsewhere.
"""

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from imagebuilder_local.cloud.errors import LocalCloudError

_NO_FOLDER: Final = "remove the file that is in place of a folder"
_FIXES: Final = {
    errno.ENOSPC: "free some space",
    errno.EDQUOT: "free some space",
    errno.EEXIST: _NO_FOLDER,
    errno.ENOTDIR: _NO_FOLDER,
}
_LITTLE: Final = 2**20


def make_folder(path: Path) -> Path:
    """Create a folder if it does not exist, and return it. LocalCloudError if it is a link or cannot be created."""
    refuse_link(path)
    with _told(path):
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def write_private(path: Path, content: str | bytes) -> None:
    """Write a file atomically, readable only by its owner. LocalCloudError if that fails."""
    refuse_link(path)
    with _told(path):
        handle, draft = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content.encode() if isinstance(content, str) else content)
            Path(draft).replace(path)
        except BaseException:
            Path(draft).unlink()
            raise


def open_private(path: Path, flags: int) -> int:
    """Open a file readable only by its owner, and create it if needed. LocalCloudError if that fails."""
    refuse_link(path)
    with _told(path):
        handle = os.open(path, flags | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            os.fchmod(handle, 0o600)
        except BaseException:
            os.close(handle)
            raise
        return handle


def refuse_link(path: Path) -> None:
    """Raise LocalCloudError if the path is a link."""
    if path.is_symlink():
        raise LocalCloudError(f"{path} is a link, and links are not followed: remove it")


def full_disk(path: Path) -> str:
    """Return a clause for an error message if the disk is full, else an empty string."""
    if shutil.disk_usage(path).free >= _LITTLE:
        return ""
    return f"; the disk of {path} is full: free some space, then try again"


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        fix = _FIXES.get(error.errno or 0, "allow this user to write there")
        raise LocalCloudError(f"{path} cannot be written ({error.strerror}): {fix}, then try again") from error
