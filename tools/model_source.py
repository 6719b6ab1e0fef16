"""The botocore that the service model is cut out of: named and hashed in `requirements/model.txt`, fetched when needed.

It is not the installed one: ministack pins that, and the newest members of the API are younger. Nothing is installed;
the data is read out of the wheel.
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
    """The wheel cannot be fetched; the message is for who asked for it."""


def pinned_wheel() -> Path:
    """Return the wheel that the lock names. It is fetched once, and is that very one or SourceError."""
    lock = LOCK.read_text(encoding="utf-8")
    for wheel in CACHE.glob("*.whl"):
        if f"--hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}" in lock:
            return wheel
    return _download(CACHE, "--require-hashes", "--requirement", str(LOCK))


def newest_wheel(folder: Path) -> Path:
    """Return the newest wheel of the package index, fetched into a folder."""
    return _download(folder, _PACKAGE)


def version_of(wheel: Path) -> str:
    """Return the release that a wheel is of."""
    match = _WHEEL.fullmatch(wheel.name)
    if match is None:
        raise SourceError(f"not a wheel of {_PACKAGE}: {wheel.name}")
    return match[1]


def unpacked(wheel: Path, folder: Path) -> Path:
    """Unpack the wheel's data into a folder and return the one that botocore's loader reads."""
    wanted = re.compile(rf"{_PACKAGE}/data/(imagebuilder/.+|[^/]+\.json)")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder, [name for name in archive.namelist() if wanted.fullmatch(name)])
    return folder / _PACKAGE / "data"


def pin(version: str) -> None:
    """Name another release, and write its hashes. What cannot be found changes nothing."""
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
        # Its cache is outside of the clone.
        options = ("--quiet", "--no-cache-dir", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:")
        _run([sys.executable, "-m", "pip", "download", *options, "--retries", "1", "--dest", fresh, *what])
        (wheel,) = Path(fresh).glob("*.whl")
        folder.mkdir(parents=True, exist_ok=True)
        return Path(shutil.move(wheel, folder / wheel.name))


def _run(command: list[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_PATIENCE)
    except subprocess.TimeoutExpired as error:
        raise SourceError(f"the package index did not answer within {_PATIENCE} s: {_WAY_OUT}") from error
    if done.returncode != 0:
        raise SourceError(f"{_PACKAGE} cannot be fetched: {_WAY_OUT}\n{done.stderr.strip()}")


_WAY_OUT: Final = "check the network, the package index that pip is set to, and the version"
