"""Where a person learns of the page."""

import json
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


def test_deploy_tells_the_page_which_command_runs(tmp_path: Path) -> None:
    programs = tmp_path / "node_modules" / ".bin"
    programs.mkdir(parents=True)
    cdk = programs / "cdk"
    # Everything succeeds but the deployment.
    cdk.write_text(
        "#!/bin/sh\n"
        f"cat {tmp_path}/.local/cloud/activity.json >> {tmp_path}/seen; echo >> {tmp_path}/seen\n"
        "case $4 in synth) mkdir -p cdk.out; echo {} > cdk.out/manifest.json;; deploy) exit 1;; esac\n"
    )
    cdk.chmod(0o755)
    try:
        done = subprocess.run([sys.executable, "-m", "imagebuilder_local", "deploy"], cwd=tmp_path, check=False)
        assert done.returncode == 1
        seen = [json.loads(line)["what"] for line in (tmp_path / "seen").read_text().splitlines()]
        assert seen == ["cdk synth", "cdk bootstrap", "cdk deploy"]
        assert not (tmp_path / ".local" / "cloud" / "activity.json").exists()
    finally:
        LocalCloud(tmp_path / ".local" / "cloud").stop()
