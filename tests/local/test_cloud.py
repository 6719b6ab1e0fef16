"""Starting, finding and stopping a local cloud."""

import os
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from imagebuilder_local.cloud import LocalCloud, LocalCloudError
from imagebuilder_local.cloud.environment import client_environment


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[LocalCloud]:
    cloud = LocalCloud(tmp_path / "cloud")
    yield cloud
    cloud.stop()


def test_started_cloud_serves_tls_on_free_ports_and_is_found_by_others(cloud: LocalCloud) -> None:
    state = cloud.start()
    trusted = ssl.create_default_context(cafile=str(cloud.folder.certificate_authority))
    for url in (f"{state.endpoint}/_ministack/health", f"{state.imagebuilder_endpoint}/_local/state"):
        with urllib.request.urlopen(url, context=trusted) as response:
            assert response.status == 200
    assert LocalCloud(cloud.folder.path).state() == state


@pytest.mark.parametrize(("inspector", "made"), [("off", False), ("ecr", False), ("ec2", True)])
def test_environment_says_whether_inspector_is_activated_in_the_cloud(
    cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch, inspector: str, made: bool
) -> None:
    monkeypatch.setenv("IMAGEBUILDER_LOCAL_INSPECTOR", inspector)
    cloud.start()
    script = (
        "import boto3, botocore\n"
        "client = boto3.client('imagebuilder')\n"
        "others = 'arn:aws:imagebuilder:us-east-1:111122223333:'\n"
        "try:\n"
        "    client.create_image_pipeline(name='web', imageRecipeArn=others + 'image-recipe/web/1.0.0',\n"
        "        infrastructureConfigurationArn=others + 'infrastructure-configuration/web',\n"
        "        imageScanningConfiguration={'imageScanningEnabled': True})\n"
        "except botocore.exceptions.ClientError as error: print(error.response['Error']['Message'])\n"
        "else: print('made')"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, env=cloud.environment(), capture_output=True, text=True, check=True)
    missing = (
        "Resource dependency error: Amazon Inspector is not enabled for 'ec2' resources in account '000000000000'."
    )
    assert done.stdout.strip() == ("made" if made else missing)


def test_starting_again_finds_the_running_one(cloud: LocalCloud) -> None:
    assert cloud.start() == LocalCloud(cloud.folder.path).start()


def test_stop_ends_the_process_and_leaves_others_alone(cloud: LocalCloud, tmp_path: Path) -> None:
    other = LocalCloud(tmp_path / "other")
    pid, other_state = cloud.start().pid, other.start()
    try:
        assert cloud.stop() is True
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
        assert other.state() == other_state
    finally:
        other.stop()


def test_stop_of_what_does_not_run_says_so(cloud: LocalCloud) -> None:
    assert cloud.stop() is False


def test_pid_of_a_dead_cloud_is_never_signalled(cloud: LocalCloud) -> None:
    pid = cloud.start().pid
    os.kill(pid, signal.SIGKILL)
    _wait_until_gone(cloud)
    # The file still names the pid, which by now may be anybody's: here it is this test's.
    cloud.folder.state.write_text(cloud.folder.state.read_text().replace(str(pid), str(os.getpid())))
    assert cloud.state() is None
    assert cloud.stop() is False


def test_cloud_that_died_is_told_with_the_end_of_its_log_and_can_be_started_again(cloud: LocalCloud) -> None:
    os.kill(cloud.start().pid, signal.SIGKILL)
    _wait_until_gone(cloud)
    with pytest.raises(LocalCloudError, match=r"is not running; the end of .*cloud\.log:"):
        cloud.environment()
    assert cloud.start().pid


def test_port_in_use_is_told_with_the_way_out(cloud: LocalCloud) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(LocalCloudError) as raised:
            cloud.start(port)
    message = str(raised.value)
    assert f"port {port} of 127.0.0.1 cannot be used (Address already in use)" in message
    assert "name none to take any that is free" in message
    assert "Traceback" not in message


def test_given_port_is_used(cloud: LocalCloud) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert cloud.start(port).endpoint == f"https://127.0.0.1:{port}"


def test_clients_get_nothing_of_the_users_own(cloud: LocalCloud) -> None:
    base = {
        "PATH": "/bin",
        "HOME": "/home/me",
        "AWS_PROFILE": "prod",
        "AWS_ENDPOINT_URL_S3": "x",
        "HTTPS_PROXY": "http://p",
    }
    environment = client_environment(cloud.start(), cloud.folder, base)
    assert environment["PATH"] == "/bin"
    assert not {"AWS_PROFILE", "AWS_ENDPOINT_URL_S3", "HTTPS_PROXY"} & environment.keys()
    home = str(cloud.folder.path)
    assert all(environment[name].startswith(home) for name in ("HOME", "TMPDIR", "CDK_HOME", "XDG_CACHE_HOME"))


def _wait_until_gone(cloud: LocalCloud) -> None:
    deadline = time.monotonic() + 10
    while cloud.state() is not None:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_two_that_start_at_once_end_up_with_one_cloud(cloud: LocalCloud) -> None:
    with ThreadPoolExecutor(4) as pool:
        others = [LocalCloud(cloud.folder.path) for _ in range(4)]
        states = set(pool.map(LocalCloud.start, others))
    (state,) = states
    assert cloud.state() == state
    cloud.stop()
    for other in others:
        other.stop()


def test_looking_whether_it_runs_never_keeps_it_from_starting(cloud: LocalCloud) -> None:
    with ThreadPoolExecutor(1) as pool:
        looking = pool.submit(_look_for, cloud, seconds=1.5)
        assert cloud.start()
        looking.result()


def _look_for(cloud: LocalCloud, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        LocalCloud(cloud.folder.path).state()
