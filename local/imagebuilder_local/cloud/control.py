"""Starts, finds and stops a local cloud."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from imagebuilder_local.cloud.environment import client_environment
from imagebuilder_local.cloud.state import Folder, State, holding, is_locked

_SECONDS_TO_START: Final = 60.0
_SECONDS_TO_STOP: Final = 10.0
_POLL: Final = 0.05
_LOG_LINES: Final = 15


class LocalCloudError(Exception):
    """The local cloud cannot be started, reached or stopped; the message says why and what to do."""


class LocalCloud:
    """The one local cloud that a folder can have, running or not."""

    def __init__(self, path: Path) -> None:
        self.folder = Folder(path)
        self._process: subprocess.Popen[bytes] | None = None  # Only in the process that started it.

    def state(self) -> State | None:
        """Return where it can be reached, None when it does not run."""
        return State.read(self.folder) if is_locked(self.folder) else None

    def environment(self) -> dict[str, str]:
        """Return this process's environment turned towards the cloud. LocalCloudError when it does not run."""
        state = self.state()
        if state is None:
            raise LocalCloudError(f"the local cloud is not running{self._last_words()}")
        return client_environment(state, self.folder)

    def start(self, port: int = 0) -> State:
        """Start it and wait until it serves; return the state of the running one if it already does.

        `port` is the one that CloudFormation, Lambda, S3 and so on are served on, 0 for any that is free.
        """
        self.folder.path.mkdir(parents=True, exist_ok=True)
        try:
            with holding(self.folder.starting_lock, patience=_SECONDS_TO_START):
                return self.state() or self._start(port)
        except BlockingIOError as error:
            raise LocalCloudError(f"the local cloud in {self.folder.path} is being started elsewhere") from error

    def _start(self, port: int) -> State:
        self._reap()
        self.folder.state.unlink(missing_ok=True)
        with self.folder.log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "imagebuilder_local.cloud.process", str(self.folder.path), str(port)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Not of our group: a Ctrl-C meant for a deploy must not take the cloud along.
                start_new_session=True,
            )
        return self._wait_until_it_serves(self._process)

    def stop(self) -> bool:
        """Stop it and nothing else; return whether there was something to stop."""
        state = self.state()
        if state is None:
            self._reap()
            return False
        os.kill(state.pid, signal.SIGTERM)
        if not self._ends_within(_SECONDS_TO_STOP):
            os.kill(state.pid, signal.SIGKILL)
            if not self._ends_within(_SECONDS_TO_STOP):
                raise LocalCloudError(f"the local cloud, process {state.pid}, does not end")
        self.folder.state.unlink(missing_ok=True)
        self._reap()
        return True

    def _reap(self) -> None:
        """Take note of the end of a process that we started and that has ended."""
        if self._process is not None:
            self._process.wait()

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
        return "\n  ".join([f"; the end of {self.folder.log}:", *lines[-_LOG_LINES:]]) if lines else ""
