"""Selects and verifies the files that ship to Lambda. A folder name alone is never trusted."""

import base64
import csv
import hashlib
import os
import re
from collections.abc import Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path, PurePath
from typing import Final

_KINDS: Final = frozenset({".py", ".json"})
_LICENCE: Final = re.compile(r"(LICENSE|LICENCE|NOTICE|COPYING)(\.(txt|md|rst))?")

_LIBRARY: Final = Path(__file__).parents[1]
_REINSTALL: Final = "pip install --force-reinstall --no-deps"


def may_ship(path: PurePath) -> bool:
    """Return whether a file is of a kind that ships: source, data, the mark of typed packages, a licence."""
    if any(part.startswith(".") for part in path.parts):
        return False
    return path.suffix in _KINDS or path.name == "py.typed" or is_licence(path)


def is_licence(path: PurePath) -> bool:
    """Return whether a file is a licence or a notice."""
    return _LICENCE.fullmatch(path.name) is not None


def digest_of(files: dict[str, bytes]) -> str:
    """Return the SHA-256 of the output of `sha256sum` for the files, sorted by name."""
    lines = (f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in sorted(files.items()))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def own_files(package: str) -> dict[str, bytes]:
    """Return the files of a package of this project, by path in the asset."""
    folder = _own_folder(package)
    return {f"{package}/{file.relative_to(folder).as_posix()}": file.read_bytes() for file in _regular_files(folder)}


def _own_folder(package: str) -> Path:
    # If installed, packages are siblings; in a clone, they are in the other source root. Do not use sys.path, where the
    # folder of the app comes first.
    places = [_LIBRARY.parent / package]
    if _LIBRARY.parent.name == "constructs":
        places.append(_LIBRARY.parent.parent / "lambda" / package)
    for place in places:
        if (place / "__init__.py").is_file():
            return place
    raise _not_installed(package)


def _regular_files(folder: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name != "__pycache__" and not name.startswith(".")]
        files = [name for name in names if may_ship(PurePath(name))]
        for path in (Path(place, name) for name in (*folders, *files)):
            # Skipping it would break the function; following it could ship any file of the machine.
            if path.is_symlink():
                raise ValueError(
                    f"{path} is a symbolic link: got a link to {path.readlink()}, allowed are files and folders: "
                    "put a copy in its place (uv: --link-mode=copy)"
                )
        yield from (Path(place, name) for name in files)


def recorded_files(package: str, release: str, digest: str) -> dict[str, bytes]:
    """Return the files of a PyPI package as recorded by its installer, by path in the asset.

    License files are copied from the distribution's metadata to the package's folder. The package is not imported.

    Raises:
        ModuleNotFoundError: The distribution is not installed.
        ValueError: The release is different, a file differs from RECORD, or the files differ from the digest.

    """
    files: dict[str, bytes] = {}
    distribution, record = _distribution(package, release)
    for name, recorded, *_ in csv.reader(record.splitlines()):
        path = PurePath(name)
        if path.parts[0] == package and may_ship(path):
            files[path.as_posix()] = _checked(distribution, name, recorded, f"{package}=={release}")
        elif path.parts[0].endswith(".dist-info") and is_licence(path):
            files[f"{package}/{path.name}"] = _checked(distribution, name, recorded, f"{package}=={release}")
    if (got := digest_of(files)) != digest:
        raise ValueError(
            f"{package} {release} is not the tested build: got files of sha256 {got}, "
            f"allowed {digest}: {_REINSTALL} {package}=={release}"
        )
    return files


def _distribution(package: str, release: str) -> tuple[Distribution, str]:
    """Return the first distribution with a RECORD, and its RECORD. The metadata of a source tree has none."""
    found = list(distributions(name=package))
    if not found:
        raise _not_installed(package)
    for distribution in found:
        if record := distribution.read_text("RECORD"):
            break
    else:
        raise ValueError(
            f"{package} has no record of its files: got no RECORD in its metadata, allowed is a package that pip or uv "
            f"installed: {_REINSTALL} {package}=={release}"
        )
    if distribution.version != release:
        raise ValueError(
            f"{package} is not the tested release: got {distribution.version}, "
            f"allowed {release}: {_REINSTALL} {package}=={release}"
        )
    return distribution, record


def _checked(distribution: Distribution, name: str, recorded: str, requirement: str) -> bytes:
    file = Path(str(distribution.locate_file(name)))
    content = file.read_bytes() if file.is_file() else None
    got = "no file" if content is None else _recorded_hash(content)
    if content is None or got != recorded:
        raise ValueError(
            f"{file} is not the file that was installed: got {got}, allowed {recorded or 'a hash in RECORD'}: "
            f"{_REINSTALL} {requirement}"
        )
    return content


def _recorded_hash(content: bytes) -> str:
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def _not_installed(package: str) -> ModuleNotFoundError:
    return ModuleNotFoundError(
        f"the package {package} is not installed: install cdk-imagebuilder-pipeline with its dependencies", name=package
    )
