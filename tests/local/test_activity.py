"""The command that a deployment runs now, as the page of the cloud is told."""

import json
import subprocess
import sys
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import pytest

from imagebuilder_local.cloud.activity import activity, doing
from imagebuilder_local.cloud.state import Folder


def test_command_is_told_with_its_start_while_it_runs_and_also_if_it_fails(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    assert activity(folder) is None
    with suppress(ZeroDivisionError), doing(folder, "cdk deploy"):
        found = activity(folder)
        assert found is not None
        assert found["what"] == "cdk deploy"
        assert datetime.fromisoformat(found["at"]).tzinfo is not None
        assert folder.activity.stat().st_mode & 0o077 == 0
        raise ZeroDivisionError
    assert activity(folder) is None


def test_command_that_was_killed_is_not_told(tmp_path: Path) -> None:
    code = (
        "import os, pathlib, sys\n"
        "from imagebuilder_local.cloud.activity import doing\n"
        "from imagebuilder_local.cloud.state import Folder\n"
        "with doing(Folder(pathlib.Path(sys.argv[1])), 'cdk bootstrap'):\n"
        "    os._exit(0)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)
    assert json.loads((tmp_path / "activity.json").read_text())["what"] == "cdk bootstrap"
    assert activity(Folder(tmp_path)) is None


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"pid": 1}', '{"pid": "x", "started": "1", "what": "y"}'])
def test_file_of_another_version_is_not_told(tmp_path: Path, content: str) -> None:
    (tmp_path / "activity.json").write_text(content)
    assert activity(Folder(tmp_path)) is None
