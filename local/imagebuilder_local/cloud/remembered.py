"""Ports and credentials that a folder's cloud keeps across restarts, so that open shells go on working.

Only a file that a cloud wrote here counts: it contains its own inode, which a clone or a copy of the folder does not
have. Otherwise anyone who knows the key of a copy could use the cloud.
"""

import hashlib
import json
import os
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from imagebuilder_local.cloud.files import open_private
from imagebuilder_local.cloud.state import Folder, State


@dataclass(frozen=True)
class Remembered:
    """Ports of the servers, 0 for any free one, the root user's access key, and the digest of the certificates."""

    port: int
    imagebuilder_port: int
    page_port: int
    access_key_id: str
    secret_access_key: str = field(repr=False)
    certificates: str = ""

    @property
    def ports(self) -> tuple[int, int, int]:
        """All ports."""
        return self.port, self.imagebuilder_port, self.page_port


def remembered(folder: Folder) -> Remembered | None:
    """Return what the last start left in the folder, None if it left nothing that counts."""
    try:
        handle = os.open(_file(folder), os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return None
    with os.fdopen(handle, encoding="utf-8") as file:
        try:
            content = json.load(file)
            known = content.pop("inode") == _inode(handle)
            return Remembered(**content) if known else None
        except (ValueError, TypeError, KeyError, AttributeError):
            return None


def fresh() -> Remembered:
    """Return any free ports and a random access key."""
    return Remembered(0, 0, 0, f"LOCAL{secrets.token_hex(8).upper()}", secrets.token_urlsafe(30))


def remember(folder: Folder, state: State) -> None:
    """Write the ports and credentials of a running cloud into its folder."""
    urls = (state.endpoint, state.imagebuilder_endpoint, state.page)
    port, imagebuilder_port, page_port = (urlsplit(url).port or 0 for url in urls)
    certificates = digest_of_certificates(folder)
    kept = Remembered(port, imagebuilder_port, page_port, state.access_key_id, state.secret_access_key, certificates)
    with os.fdopen(open_private(_file(folder), os.O_WRONLY | os.O_TRUNC), "w", encoding="utf-8") as file:
        json.dump(asdict(kept) | {"inode": _inode(file.fileno())}, file)


def digest_of_certificates(folder: Folder) -> str:
    """Return a digest of the certificates in the folder, an empty string if one is missing or a link."""
    digest = hashlib.sha256()
    for path in (folder.certificate_authority, folder.server_certificate):
        if path.is_symlink() or not path.is_file():
            return ""
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _file(folder: Folder) -> Path:
    return folder.path / "remembered.json"


def _inode(handle: int) -> str:
    status = os.fstat(handle)
    return f"{status.st_dev} {status.st_ino}"
