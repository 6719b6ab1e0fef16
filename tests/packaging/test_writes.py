"""Tests, and the local cloud, write nothing outside the clone and the temporary folder that they are given."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.timeout(600)

ROOT = Path(__file__).parents[2]
# Every Python that starts imports this, so that those are watched too that a test starts.
WATCH = """
import os, sys

allowed = tuple(os.path.realpath(path) + os.sep for path in (os.environ["CLONE"], os.environ["GIVEN"], "/dev", "/proc"))
log = os.open(os.environ["OUTSIDE"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)

def watch(event, arguments):
    if event == "os.mkdir" or (event == "open" and (arguments[2] or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)):
        if isinstance(arguments[0], (str, bytes, os.PathLike)):
            path = os.path.realpath(os.fsdecode(arguments[0]))
            if not (path + os.sep).startswith(allowed):
                os.write(log, (path + "\\n").encode())
                raise PermissionError(path)

sys.addaudithook(watch)
"""


def written_outside(folder: Path, *arguments: str) -> tuple[list[str], int, str]:
    """Run pytest and return what it wanted to write elsewhere, its exit code and what it printed."""
    watch, given = folder / "watch", folder / "given"
    for path in (watch, given):
        path.mkdir()
    (watch / "sitecustomize.py").write_text(WATCH)
    outside = folder / "outside"
    outside.touch()
    settings = {
        "CLONE": str(ROOT),
        "GIVEN": str(given),
        "OUTSIDE": str(outside),
        "PYTHONPATH": str(watch),
        "PYTHONDONTWRITEBYTECODE": "1",
        "TMPDIR": str(given),
    }
    environment = {name: value for name, value in os.environ.items() if name != "STATE_DIR"}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", *arguments],
        cwd=ROOT,
        env=environment | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return outside.read_text().splitlines(), done.returncode, done.stdout


# Every test is imported. Those that run have ministack in their process, or a function in a local cloud.
RUN = "((test_events or test_page_events) and (rule or wrapped)) or test_cloud_functions"


def test_nothing_is_written_outside(tmp_path: Path) -> None:
    outside, code, printed = written_outside(tmp_path, "tests", "-k", RUN)
    assert outside == []
    assert code == 0, printed[-2000:]
    assert " passed" in printed


def test_write_outside_is_seen_also_of_a_process_that_a_test_starts(tmp_path: Path) -> None:
    test = tmp_path / "test_outside.py"
    start = "subprocess.run([sys.executable, '-c', 'import os; os.mkdir(\"/written-by-a-process\")'])"
    lines = (
        "import os, subprocess, sys",
        "def test_outside():",
        f"    {start}",
        "    os.mkdir('/written-by-the-test')",
    )
    test.write_text("\n".join(lines))
    outside, code, _ = written_outside(tmp_path, "--rootdir", str(tmp_path), "-c", os.devnull, str(test))
    assert outside == ["/written-by-a-process", "/written-by-the-test"]
    assert code == 1
