"""`make local` and its neighbours, as a person calls them, in a copy of the project."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest
from support.cdk import ROOT
from support.command import command

from imagebuilder_local.cloud import LocalCloud

pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Path]:
    """A folder with the example app, set up as the clone is, whose local cloud is its own."""
    for name in ("app.py", "cdk.json"):
        shutil.copy(ROOT / name, tmp_path)
    for name in (".venv", ".venv-aws", "node_modules"):
        (tmp_path / name).symlink_to(ROOT / name)
    yield tmp_path
    LocalCloud(tmp_path / ".local" / "cloud").stop()


def local(project: Path, *arguments: str, **environment: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "imagebuilder_local", *arguments],
        cwd=project,
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=300,
    )
    return done.returncode, done.stdout


def told(project: Path, *arguments: str, **environment: str) -> tuple[int, str]:
    """Run the command in this process: it starts no cloud."""
    done = command(project, *arguments, environment=os.environ | environment)
    return done.code, done.out + done.err


def test_deploy_shows_the_pipeline_and_deploying_again_changes_nothing(project: Path) -> None:
    code, printed = local(project, "deploy", AWS_PROFILE="prod")
    assert code == 0, printed
    for step in ("==> Local cloud", "==> cdk bootstrap", "==> cdk deploy", "==> Pipelines"):
        assert step in printed
    header, row = (line.split() for line in printed.partition("==> Pipelines\n")[2].splitlines()[:2])
    assert header == ["PIPELINE", "PLATFORM", "STATUS", "SCHEDULE", "STACK"]
    assert row[0].startswith("GoldenImage-")
    assert " ".join(row[1:]) == "Linux ENABLED cron(0 6 ? * SUN *) Europe/London GoldenImage"
    assert (project / ".local" / ".gitignore").read_text() == "*\n"
    assert "imagebuilder-local down" in printed
    assert "Traceback" not in printed
    report = project / "cdk.out" / "validation-report.json"
    assert not report.exists(), "the CDK's check of templates takes half of the synth"

    shell = ". .local/env && aws imagebuilder list-image-pipelines --query imagePipelineList[].status --output text"
    seen = subprocess.run(["/bin/sh", "-c", shell], cwd=project, capture_output=True, text=True, check=True)
    assert seen.stdout.strip() == "ENABLED"

    code, printed = local(project, "deploy", CDK_VALIDATION="true")
    assert code == 0, printed
    assert report.exists()
    assert "GoldenImage (no changes)" in printed
    assert "==> cdk bootstrap" not in printed

    code, printed = local(project, "status")
    assert printed.startswith("The local cloud is running as process ")
    assert local(project, "down") == (0, "The local cloud is stopped.\n")
    assert local(project, "down") == (0, "The local cloud is not running.\n")
    assert local(project, "status") == (0, "The local cloud is not running.\n")


def test_wrong_prop_is_told_at_synth_with_the_constructs_path_and_without_a_stack_trace_of_ours(project: Path) -> None:
    app = project / "app.py"
    app.write_text(app.read_text().replace("description=description", 'description="", status="ON"'))
    code, printed = local(project, "deploy")
    assert code == 1
    assert printed.partition("\nerror: ")[2] == (
        "InvalidPropsError: ImagePipeline 'GoldenImage/Pipeline': 2 problems:\n"
        "- description is too small: got 0 characters, allowed 1 to 1024\n"
        "- status is not an allowed value: got 'ON', allowed are DISABLED, ENABLED\n"
        "  in: app.py:60\n"
    )


@pytest.mark.parametrize("port", ["x", "-1", "65536"])
def test_port_that_is_none_is_one_clear_message(project: Path, port: str) -> None:
    code, printed = told(project, "deploy", IMAGEBUILDER_LOCAL_PORT=port)
    assert code == 1
    assert f"IMAGEBUILDER_LOCAL_PORT must be a port from 0 (any free port) to 65535: got '{port}'" in printed
    assert "Traceback" not in printed


def test_inspector_that_cannot_be_activated_so_is_one_clear_message(project: Path) -> None:
    code, printed = told(project, "up", IMAGEBUILDER_LOCAL_INSPECTOR="no")
    assert code == 1
    allowed = "must be off, or a comma-separated list of ec2 and ecr: got 'no'"
    assert f"error: IMAGEBUILDER_LOCAL_INSPECTOR {allowed}" in printed
    assert "Traceback" not in printed


def test_unknown_command_prints_the_usage(project: Path) -> None:
    code, printed = local(project, "start")
    assert code == 2
    assert "error: argument COMMAND: invalid choice: 'start' (choose from " in printed
    assert told(project, "--help") == told(project, "help")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["deploy", "--context", "stage"], "argument -c/--context: must be KEY=VALUE: got 'stage'"),
        (["deploy", "--folder", "none"], "argument --folder: must be a folder with a cdk.json: got 'none'"),
        (["logs", "all"], "unrecognized arguments: all"),
        (["status", "--", "--verbose"], "status takes no options of the CDK CLI: got -- --verbose"),
        ([], "the following arguments are required: COMMAND"),
    ],
)
def test_wrong_argument_is_named_in_one_line(project: Path, arguments: list[str], message: str) -> None:
    code, printed = told(project, *arguments)
    assert code == 2
    assert message in printed
    assert "Traceback" not in printed


def test_version_is_that_of_the_distribution(project: Path) -> None:
    assert told(project, "--version") == (0, f"{version('cdk-imagebuilder-pipeline')}\n")


def test_up_starts_the_cloud_says_how_to_go_on_and_keeps_the_access_key_for_its_owner_alone(project: Path) -> None:
    (project / ".local").mkdir()
    (project / ".local" / "env").touch(0o644)
    code, printed = local(project, "up", STOP="make local-down")
    assert code == 0, printed
    assert "  . .local/env " in printed
    assert "  make local-down " in printed
    assert "==> cdk bootstrap" in printed
    assert told(project, "status")[1].startswith("The local cloud is running as process ")
    assert (project / ".local" / "env").stat().st_mode & 0o777 == 0o600


def test_missing_cdk_cli_is_told_with_the_command_that_installs_it(project: Path) -> None:
    (project / "node_modules").unlink()
    code, printed = local(project, "deploy", PATH="/usr/bin:/bin")
    assert code == 1
    assert "error: the CDK CLI is not installed here: npm install aws-cdk@" in printed


def test_python_that_is_too_old_is_one_clear_message() -> None:
    pretend = "import sys, runpy; sys.version_info = (3, 9, 18, 'final', 0); runpy.run_path('tools/setup.py', run_name='__main__')"
    done = subprocess.run([sys.executable, "-c", pretend], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("Python 3.11 or newer is needed; ")
    assert " is 3.9.\n" in done.stderr
    assert "make PYTHON=" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("name", [".local", ".local/env"])
def test_link_that_came_with_the_clone_is_one_clear_message_and_is_not_written_through(
    project: Path, tmp_path: Path, name: str
) -> None:
    target = tmp_path / "somebody's"
    target.mkdir() if name == ".local" else target.write_text("theirs")
    (project / name).parent.mkdir(exist_ok=True)
    (project / name).symlink_to(target)
    code, printed = local(project, "up")
    assert code == 1
    assert printed.endswith(f"error: {project / name} is a link, and links are not followed: remove it\n")
    assert list(target.iterdir()) == [] if target.is_dir() else target.read_text() == "theirs"


def can_mount() -> bool:
    unshare = shutil.which("unshare")
    return (
        unshare is not None
        and subprocess.run([unshare, "-rm", "true"], capture_output=True, check=False).returncode == 0
    )


@pytest.mark.skipif(not can_mount(), reason="a small disk takes a mount namespace of one's own")
@pytest.mark.parametrize("left", [0, 4096, 16384])
def test_full_disk_is_one_clear_message(project: Path, left: int) -> None:
    (project / ".local").mkdir()
    script = (
        "mount -t tmpfs -o size=1m tmpfs .local && "
        f"head -c {2**20 - left} /dev/zero > .local/ballast && "
        f"{sys.executable} -m imagebuilder_local up"
    )
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", script], cwd=project, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    printed = done.stdout + done.stderr
    assert "Traceback" not in printed
    assert 'File "' not in printed
    assert printed.count("error: ") == 1
    assert "the local cloud did not start; the disk of " in printed
    assert " is full: free some space, then try again" in printed
