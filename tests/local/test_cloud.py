"""Starting, finding and stopping a local cloud."""

import os
import shutil
import signal
import socket
import ssl
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from http.client import HTTPSConnection
from pathlib import Path
from threading import Event

import pytest
from botocore.exceptions import ClientError

from imagebuilder_local.app.clients import client_of
from imagebuilder_local.cloud import LocalCloud, LocalCloudError, control
from imagebuilder_local.cloud.environment import client_environment, neutral_environment
from imagebuilder_local.cloud.identity import send, started
from imagebuilder_local.cloud.state import State, holding


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[LocalCloud]:
    cloud = LocalCloud(tmp_path / "cloud")
    yield cloud
    cloud.stop()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """A running cloud for tests that leave it as it is."""
    cloud = LocalCloud(tmp_path_factory.mktemp("running") / "cloud")
    cloud.start()
    yield cloud
    cloud.stop()


@pytest.fixture(scope="module")
def killed_once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """The folder of a cloud that was killed, and the pid that it had."""
    cloud = LocalCloud(tmp_path_factory.mktemp("killed") / "cloud")
    pid = cloud.start().pid
    os.kill(pid, signal.SIGKILL)
    _wait_until_gone(cloud)
    assert cloud.stop() is False
    return cloud.folder.path, pid


@pytest.fixture
def killed(cloud: LocalCloud, killed_once: tuple[Path, int]) -> int:
    """Make the folder that of a cloud that was killed, and return the pid that its file names."""
    folder, pid = killed_once
    shutil.copytree(folder, cloud.folder.path)
    return pid


def test_started_cloud_serves_tls_on_free_ports_and_is_found_by_others(running: LocalCloud) -> None:
    state, cloud = running.running(), running
    trusted = ssl.create_default_context(cafile=str(cloud.folder.certificate_authority))
    for url in (f"{state.endpoint}/_ministack/health", state.page):
        with urllib.request.urlopen(url, context=trusted) as response:
            assert response.status == 200
    assert LocalCloud(cloud.folder.path).state() == state


@pytest.mark.parametrize(("inspector", "made"), [("off", False), ("ecr", False), ("ec2", True)])
def test_environment_says_whether_inspector_is_activated_in_the_cloud(
    cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch, inspector: str, made: bool
) -> None:
    monkeypatch.setenv("IMAGEBUILDER_LOCAL_INSPECTOR", inspector)
    client = client_of(cloud.start(), cloud.folder, "imagebuilder")
    others = "arn:aws:imagebuilder:us-east-1:111122223333:"
    try:
        client.create_image_pipeline(
            name="web",
            imageRecipeArn=f"{others}image-recipe/web/1.0.0",
            infrastructureConfigurationArn=f"{others}infrastructure-configuration/web",
            imageScanningConfiguration={"imageScanningEnabled": True},
        )
        told = "made"
    except ClientError as error:
        told = str(error.response["Error"]["Message"])  # pyright: ignore[reportTypedDictNotRequiredAccess]
    client.close()
    missing = (
        "Resource dependency error: Amazon Inspector is not enabled for 'ec2' resources in account '000000000000'."
    )
    assert told == ("made" if made else missing)


def test_cdk_that_jsii_has_unpacked_for_the_user_is_not_unpacked_again_for_each_cloud(cloud: LocalCloud) -> None:
    chosen = {"JSII_RUNTIME_PACKAGE_CACHE_ROOT": "/home/me/project/.cache/jsii"}
    assert neutral_environment(cloud.folder, chosen).items() >= chosen.items()
    found = neutral_environment(cloud.folder, {})["JSII_RUNTIME_PACKAGE_CACHE_ROOT"]
    assert Path(found).is_relative_to(cloud.folder.home)


def test_starting_again_finds_the_running_one(running: LocalCloud) -> None:
    assert running.start() == LocalCloud(running.folder.path).start()


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


def test_client_that_keeps_its_connection_open_does_not_delay_the_stop(cloud: LocalCloud) -> None:
    state = cloud.start()
    trusted = ssl.create_default_context(cafile=str(cloud.folder.certificate_authority))
    # An idle Lambda function, for example: it neither reads nor closes.
    idle = HTTPSConnection(state.endpoint.removeprefix("https://"), context=trusted)
    with closing(idle):
        idle.request("GET", "/_ministack/health")
        assert idle.getresponse().read()
        assert cloud.stop() is True
    log = cloud.folder.log.read_text()
    assert "MiniStack shutting down" in log  # a killed process would not come to this line
    assert "Traceback" not in log


def test_stop_of_what_does_not_run_says_so(cloud: LocalCloud) -> None:
    assert cloud.stop() is False


def test_pid_of_a_dead_cloud_is_never_signalled(cloud: LocalCloud, killed: int) -> None:
    # The file still names the pid, which by now may be anybody's: here it is this test's.
    cloud.folder.state.write_text(cloud.folder.state.read_text().replace(str(killed), str(os.getpid())))
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
    assert "set none to use any free port" in message
    assert "Traceback" not in message


def test_given_port_is_used(cloud: LocalCloud) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert cloud.start(port).endpoint == f"https://127.0.0.1:{port}"


def test_clients_get_nothing_of_the_users_own(running: LocalCloud) -> None:
    base = {
        "PATH": "/bin",
        "HOME": "/home/me",
        "AWS_PROFILE": "prod",
        "AWS_ENDPOINT_URL_S3": "x",
        "HTTPS_PROXY": "http://p",
    }
    environment = client_environment(running.running(), running.folder, base)
    assert environment["PATH"] == "/bin"
    assert not {"AWS_PROFILE", "AWS_ENDPOINT_URL_S3", "HTTPS_PROXY"} & environment.keys()
    home = str(running.folder.path)
    assert all(environment[name].startswith(home) for name in ("HOME", "TMPDIR", "CDK_HOME", "XDG_CACHE_HOME"))


@pytest.fixture
def foreign(cloud: LocalCloud, killed: int) -> Iterator[subprocess.Popen[bytes]]:
    """Somebody's process that has the pid which the file of a killed cloud names."""
    with subprocess.Popen(["sleep", "600"]) as process:
        cloud.folder.state.write_text(cloud.folder.state.read_text().replace(str(killed), str(process.pid)))
        yield process
        process.kill()


def test_process_that_got_the_pid_of_a_killed_cloud_outlives_a_stop_during_many_looks(
    cloud: LocalCloud, foreign: subprocess.Popen[bytes]
) -> None:
    with _looks_at(cloud, threads=8) as seen:
        for _ in range(20):
            assert cloud.stop() is False
            assert foreign.poll() is None
    assert set(seen) == {None}


def test_process_that_got_the_pid_of_a_killed_cloud_is_not_taken_for_the_one_that_holds_the_lock(
    cloud: LocalCloud, foreign: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control, "_SECONDS_TO_STOP", 0.2)
    with holding(cloud.folder.lock):
        assert cloud.state() is None
        with pytest.raises(LocalCloudError, match=r"a process without a state file holds .*: wait until"):
            cloud.stop()
    assert foreign.poll() is None


def test_signal_reaches_only_the_process_that_was_started_then(foreign: subprocess.Popen[bytes]) -> None:
    when = started(foreign.pid)
    assert when is not None
    assert send(foreign.pid, f"{when}0", signal.SIGKILL) is False
    assert foreign.poll() is None
    assert send(foreign.pid, when, signal.SIGKILL) is True
    assert foreign.wait(60) == -signal.SIGKILL
    assert started(foreign.pid) is None
    assert send(foreign.pid, when, signal.SIGKILL) is False


def test_file_that_another_version_wrote_is_no_state(running: LocalCloud) -> None:
    state, cloud = running.running(), running
    cloud.folder.state.write_text('{"pid": 1, "endpoint": "https://127.0.0.1:1"}')
    assert cloud.state() is None
    state.write(cloud.folder)
    assert cloud.state() == state


def test_files_of_the_cloud_are_for_its_owner_alone(cloud: LocalCloud) -> None:
    folder = cloud.folder
    folder.path.mkdir()
    for path in (folder.server_certificate, folder.state, folder.log, folder.lock):
        path.write_text("old")
        path.chmod(0o644)
    cloud.start()
    for path in (folder.server_certificate, folder.certificate_authority, folder.state, folder.log, folder.lock):
        assert path.stat().st_mode & 0o777 == 0o600, path


LINKS = ("server.pem", "ca.pem", "cloud.log", "lock", "starting.lock", "home", "tmp")


@pytest.mark.parametrize("name", LINKS)
def test_link_in_the_folder_is_not_followed(cloud: LocalCloud, tmp_path: Path, name: str) -> None:
    cloud.folder.path.mkdir()
    target = tmp_path / "somebody's"
    target.mkdir() if name in {"home", "tmp"} else target.write_text("theirs")
    (cloud.folder.path / name).symlink_to(target)
    with pytest.raises(LocalCloudError, match=f"{name} is a link, and links are not followed: remove it"):
        cloud.start()
    assert list(target.iterdir()) == [] if target.is_dir() else target.read_text() == "theirs"


def test_link_in_place_of_the_folder_is_not_followed(cloud: LocalCloud, tmp_path: Path) -> None:
    cloud.folder.path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(LocalCloudError, match="cloud is a link, and links are not followed: remove it"):
        cloud.start()
    assert not (tmp_path / "elsewhere").exists()


def test_link_in_place_of_the_state_is_neither_read_nor_written_through(running: LocalCloud, tmp_path: Path) -> None:
    state, cloud = running.running(), running
    elsewhere = tmp_path / "elsewhere"
    cloud.folder.state.rename(elsewhere)
    before = elsewhere.read_text()
    cloud.folder.state.symlink_to(elsewhere)
    assert cloud.state() is None
    with pytest.raises(LocalCloudError, match=r"state\.json is a link"):
        replace(state, pid=1).write(cloud.folder)
    assert elsewhere.read_text() == before
    cloud.folder.state.unlink()
    state.write(cloud.folder)


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
    with _looks_at(cloud, threads=1):
        assert cloud.start()


@contextmanager
def _looks_at(cloud: LocalCloud, threads: int) -> Iterator[list[State | None]]:
    """Look at a cloud again and again meanwhile, and return what was seen."""
    seen: list[State | None] = []
    is_over = Event()

    def look() -> None:
        while not is_over.is_set():
            seen.append(LocalCloud(cloud.folder.path).state())

    with ThreadPoolExecutor(threads) as pool:
        looks = [pool.submit(look) for _ in range(threads)]
        try:
            while len(seen) < threads:
                time.sleep(0.001)
            yield seen
        finally:
            is_over.set()
        for done in looks:
            done.result()


def test_restart_keeps_ports_access_key_and_certificates_for_open_shells(cloud: LocalCloud) -> None:
    before, authority = cloud.start(), cloud.folder.certificate_authority.read_bytes()
    # A connection that is open when the server ends keeps the port busy for a while.
    with socket.create_connection(("127.0.0.1", int(before.endpoint.rpartition(":")[2]))):
        cloud.stop()
    after = cloud.start()
    assert after == replace(before, pid=after.pid, started=after.started)
    assert cloud.folder.certificate_authority.read_bytes() == authority


def test_port_of_the_last_start_that_is_taken_is_replaced_alone(cloud: LocalCloud) -> None:
    before = cloud.start()
    cloud.stop()
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", int(before.imagebuilder_endpoint.rpartition(":")[2])))
        taken.listen()
        after = cloud.start()
        assert after.imagebuilder_endpoint != before.imagebuilder_endpoint
        assert (after.endpoint, after.page) == (before.endpoint, before.page)
        cloud.stop()


def test_copy_of_a_folder_has_a_key_and_certificates_of_its_own(cloud: LocalCloud, tmp_path: Path) -> None:
    before = cloud.start()
    cloud.stop()
    copy = LocalCloud(tmp_path / "copy")
    shutil.copytree(cloud.folder.path, copy.folder.path)
    after = copy.start()
    copy.stop()
    assert after.secret_access_key != before.secret_access_key
    assert copy.folder.server_certificate.read_bytes() != cloud.folder.server_certificate.read_bytes()
