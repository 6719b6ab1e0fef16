"""Files and folders of the local cloud: for their owner alone, and never written through a link.

A link that somebody left in the folder, or that came with a clone, would have us write over a file elsewhere.
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

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_LITTLE: Final = 2**20


def make_folder(path: Path) -> Path:
    """Make a folder unless it is there, and return it. LocalCloudError when it is a link or cannot be made."""
    refuse_link(path)
    with _told(path):
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def write_private(path: Path, content: str | bytes) -> None:
    """Write a file that its owner alone can read, whole or not at all. LocalCloudError when that cannot be done."""
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
    """Open a file that its owner alone can read, make it if need be. LocalCloudError when that cannot be done."""
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
    """Return when this is no link. LocalCloudError when it is."""
    if path.is_symlink():
        raise LocalCloudError(f"{path} is a link, which a local cloud does not follow: remove it")


def full_disk(path: Path) -> str:
    """Return a sentence for an error message when the disk is full, else nothing."""
    if shutil.disk_usage(path).free >= _LITTLE:
        return ""
    return f"; the disk of {path} is full: free some space, then try again"


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        way_out = "free some space" if error.errno in _FULL else "let this user write there"
        raise LocalCloudError(f"{path} cannot be written ({error.strerror}): {way_out}, then try again") from error
