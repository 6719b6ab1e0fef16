"""Start, status and stop of a local cloud."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from imagebuilder_local.cloud.environment import client_environment
from imagebuilder_local.cloud.errors import LocalCloudError
from imagebuilder_local.cloud.files import full_disk, make_folder, open_private
from imagebuilder_local.cloud.identity import send
from imagebuilder_local.cloud.state import Folder, State, holding, is_locked

_SECONDS_TO_START: Final = 60.0
_SECONDS_TO_STOP: Final = 10.0
_POLL: Final = 0.05
_LOG_LINES: Final = 8


class LocalCloud:
    """The local cloud of a folder, running or not. A folder has at most one."""

    def __init__(self, path: Path) -> None:
        self.folder = Folder(path)
        self._process: subprocess.Popen[bytes] | None = None  # Set only in the process that started the cloud.

    def state(self) -> State | None:
        """Return endpoints and credentials, None if the cloud is not running."""
        state = State.read(self.folder) if is_locked(self.folder) else None
        # The file of a killed cloud has the pid of an ended process, which another process may have now.
        return state if state is not None and state.is_running() else None

    def running(self) -> State:
        """Return endpoints and credentials. LocalCloudError, with the end of the log, if the cloud is not running."""
        state = self.state()
        if state is None:
            raise LocalCloudError(f"the local cloud is not running{self._last_words()}")
        return state

    def environment(self) -> dict[str, str]:
        """Return the environment of this process, configured for the cloud. LocalCloudError if it is not running."""
        return client_environment(self.running(), self.folder)

    def start(self, port: int = 0) -> State:
        """Start the cloud and wait until it serves. Return the state, also of a cloud that is already running.

        `port` serves CloudFormation, Lambda, S3 and so on; 0 selects a free port.
        """
        make_folder(self.folder.path)
        try:
            with holding(self.folder.starting_lock, patience=_SECONDS_TO_START):
                return self.state() or self._start(port)
        except BlockingIOError as error:
            raise LocalCloudError(
                f"another process is starting the local cloud in {self.folder.path}: wait, then try again"
            ) from error

    def _start(self, port: int) -> State:
        self._reap()
        self.folder.state.unlink(missing_ok=True)
        with os.fdopen(open_private(self.folder.log, os.O_WRONLY | os.O_TRUNC), "wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "imagebuilder_local.cloud.process", str(self.folder.path), str(port)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # A separate process group: a Ctrl-C during a deploy must not stop the cloud.
                start_new_session=True,
            )
        return self._wait_until_it_serves(self._process)

    def stop(self) -> bool:
        """Stop this cloud and no other process. Return whether it was running."""
        state = self._settled_state()
        if state is None:
            self._reap()
            return False
        for number in (signal.SIGTERM, signal.SIGKILL):
            send(state.pid, state.started, number)
            if self._ends_within(_SECONDS_TO_STOP):
                self._reap()
                return True
        raise LocalCloudError(f"the local cloud (process {state.pid}) does not stop")

    def _settled_state(self) -> State | None:
        """Return the state, None if the cloud is not running. Wait for a cloud that is starting or ending."""
        deadline = time.monotonic() + _SECONDS_TO_STOP
        while (state := self.state()) is None and is_locked(self.folder):
            if time.monotonic() >= deadline:
                raise LocalCloudError(
                    f"a process without a state file holds {self.folder.path}: "
                    "wait until it has started, or stop it yourself"
                )
            time.sleep(_POLL)
        return state

    def _reap(self) -> None:
        """Collect the exit status of the process that this object started."""
        if self._process is not None:
            try:
                self._process.wait(_SECONDS_TO_STOP)
            except subprocess.TimeoutExpired as error:
                raise LocalCloudError(f"the local cloud (process {self._process.pid}) does not stop") from error

    def _wait_until_it_serves(self, process: subprocess.Popen[bytes]) -> State:
        deadline = time.monotonic() + _SECONDS_TO_START
        while time.monotonic() < deadline:
            state = State.read(self.folder)
            if state is not None:
                return state
            if process.poll() is not None:
                raise LocalCloudError(f"the local cloud did not start{self._last_words()}")
            time.sleep(_POLL)
        process.kill()
        process.wait()
        raise LocalCloudError(f"the local cloud did not start within {_SECONDS_TO_START:.0f} s{self._last_words()}")

    def _ends_within(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if not is_locked(self.folder):
                return True
            time.sleep(_POLL)
        return False

    def _last_words(self) -> str:
        try:
            lines = self.folder.log.read_text(encoding="utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            return ""
        full = full_disk(self.folder.path)
        return full + ("\n  ".join([f"; the end of {self.folder.log}:", *lines[-_LOG_LINES:]]) if lines else "")
