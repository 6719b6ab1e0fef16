"""Where a person learns of the page."""

import re
import subprocess
import sys
import urllib.request
from pathlib import Path

from imagebuilder_local.cloud import LocalCloud


def test_up_and_status_print_an_address_that_answers(tmp_path: Path) -> None:
    try:
        started, status = (
            subprocess.run(
                [sys.executable, "-m", "imagebuilder_local", command],
                cwd=tmp_path,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                text=True,
                check=True,
            ).stdout
            for command in ("up", "status")
        )
        address = re.search(r"^    .*: (http://127\.0\.0\.1:\d+/)$", started, re.MULTILINE)
        assert address, started
        assert f"  {address[1]} " in started.partition("Next steps:")[2]
        assert f"Page: {address[1]}\n" in status
        with urllib.request.urlopen(address[1]) as response:
            assert b"<title>Pipelines in the local cloud</title>" in response.read()
    finally:
        LocalCloud(tmp_path / ".local" / "cloud").stop()
