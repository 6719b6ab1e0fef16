"""The site, built once for all tests, as `make docs-build` builds it."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the site. With several workers, the first that asks builds it for all."""
    room = tmp_path_factory.getbasetemp()
    shared = room.parent if "PYTEST_XDIST_WORKER" in os.environ else room
    folder = shared / "site"
    with (shared / "site.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (shared / "site.is-built").exists():
            build(folder)
            (shared / "site.is-built").touch()
    return folder


def build(folder: Path) -> None:
    """Build the site into a folder, warnings as errors."""
    # Whatever asks for something from elsewhere is sent where nobody answers.
    nowhere = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:1")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
        cwd=ROOT,
        env=os.environ | nowhere | {"NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
