"""`make docs` serves the pages on this machine only, and says where."""

import re
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from tools.serve_docs import main, server_of

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "tools.serve_docs"]


def test_prints_the_address_of_the_pages_and_stops_at_ctrl_c(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<p>hello", encoding="utf-8")
    with subprocess.Popen([*COMMAND, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True) as served:
        assert served.stdout is not None
        line = served.stdout.readline()
        (address,) = re.findall(r"^Documentation: (http://127\.0\.0\.1:\d+/) \(stop with Ctrl\+C\)$", line.rstrip())
        with urllib.request.urlopen(address, timeout=10) as page:
            assert page.read() == b"<p>hello"
        served.send_signal(signal.SIGINT)
        assert served.wait(timeout=10) == 0


def test_two_are_served_at_once_on_loopback_only(tmp_path: Path) -> None:
    with server_of(tmp_path) as one, server_of(tmp_path) as other:
        assert one.server_port != other.server_port
        assert one.socket.family is socket.AF_INET
        assert one.server_address[0] == "127.0.0.1"


def test_folder_without_pages_names_the_command_that_builds_them(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"has no index\.html: build the pages first with 'make docs-build'"):
        main([str(tmp_path)])


def test_make_docs_builds_before_it_serves() -> None:
    done = subprocess.run(
        ["make", "--dry-run", "--old-file=setup", "docs"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    build, serve = (line for line in done.stdout.splitlines() if "mkdocs" in line or "tools." in line)
    assert build.endswith("-m mkdocs build --strict")
    assert serve.endswith("-m tools.serve_docs")
