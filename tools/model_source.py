"""The botocore release of the service model: pinned with hashes in `requirements/model.txt`, downloaded when needed.

It is not the installed release: ministack pins that, and it lacks the newest members of the API. The wheel is not
installed; its data is read from the archive.
"""

import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
PIN: Final = ROOT / "requirements" / "model.in"
LOCK: Final = ROOT / "requirements" / "model.txt"
CACHE: Final = ROOT / ".local" / "cache" / "model"

_PACKAGE: Final = "botocore"
_WHEEL: Final = re.compile(rf"{_PACKAGE}-([^-]+)-.*\.whl")
_PATIENCE: Final = 300  # seconds, for 15 MB


class SourceError(Exception):
    """The wheel cannot be downloaded; the message is printed for the user."""


def pinned_wheel() -> Path:
    """Return the wheel in the lock. It is downloaded once. SourceError if its hash does not match."""
    lock = LOCK.read_text(encoding="utf-8")
    for wheel in CACHE.glob("*.whl"):
        if f"--hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}" in lock:
            return wheel
    return _download(CACHE, "--require-hashes", "--requirement", str(LOCK))


def newest_wheel(folder: Path) -> Path:
    """Download the newest wheel of the package index into a folder and return it."""
    return _download(folder, _PACKAGE)


def version_of(wheel: Path) -> str:
    """Return the release of a wheel."""
    match = _WHEEL.fullmatch(wheel.name)
    if match is None:
        raise SourceError(f"not a wheel of {_PACKAGE}: {wheel.name}")
    return match[1]


def unpacked(wheel: Path, folder: Path) -> Path:
    """Unpack the wheel's data into a folder and return the folder for botocore's loader."""
    wanted = re.compile(rf"{_PACKAGE}/data/(imagebuilder/.+|[^/]+\.json)")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder, [name for name in archive.namelist() if wanted.fullmatch(name)])
    return folder / _PACKAGE / "data"


def pin(version: str) -> None:
    """Pin another release and write its hashes. If it cannot be found, nothing changes."""
    with tempfile.TemporaryDirectory() as folder:
        wanted, locked = Path(folder) / PIN.name, Path(folder) / LOCK.name
        wanted.write_text(f"{_PACKAGE}=={version}\n", encoding="utf-8")
        uv = str(Path(sys.executable).parent / "uv")
        options = (
            "--quiet",
            "--no-cache",
            "--universal",
            "--no-deps",
            "--generate-hashes",
            "--no-header",
            "--no-annotate",
        )
        _run([uv, "pip", "compile", *options, "--no-emit-index-url", str(wanted), "--output-file", str(locked)])
        for made, target in ((wanted, PIN), (locked, LOCK)):
            target.write_text(made.read_text(encoding="utf-8"), encoding="utf-8")


def _download(folder: Path, *what: str) -> Path:
    with tempfile.TemporaryDirectory() as fresh:
        # pip's cache is outside of the clone.
        options = ("--quiet", "--no-cache-dir", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:")
        _run([sys.executable, "-m", "pip", "download", *options, "--retries", "1", "--dest", fresh, *what])
        (wheel,) = Path(fresh).glob("*.whl")
        folder.mkdir(parents=True, exist_ok=True)
        return Path(shutil.move(wheel, folder / wheel.name))


def _run(command: list[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_PATIENCE)
    except subprocess.TimeoutExpired as error:
        raise SourceError(f"the package index did not respond within {_PATIENCE} s: {_WAY_OUT}") from error
    if done.returncode != 0:
        raise SourceError(f"{_PACKAGE} cannot be downloaded: {_WAY_OUT}\n{done.stderr.strip()}")


_WAY_OUT: Final = "check the network, the package index in pip's settings, and the version"
