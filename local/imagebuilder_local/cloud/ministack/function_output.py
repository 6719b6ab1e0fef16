"""Collects the log lines of an invocation, without a pause if there are none.

ministack waits for up to 50 ms after each invocation for lines that its thread may not have read yet, which is most of
the time of an event whose function logs nothing. A function writes its lines before it returns, so here the invocation
ends when the pipe is empty. The replaced parts of ministack are not a public interface: its version is pinned, and a
test checks that they are used as expected.
"""

import array
import fcntl
import os
import select
import termios
import time
from collections.abc import Callable
from functools import wraps
from threading import Lock
from typing import Any, Final

from ministack.core.lambda_runtime import Worker

_MOST_SECONDS: Final = 0.25
"""How long a process that the function started, and that goes on writing, can delay the end of an invocation."""
_PAUSE: Final = 0.0005
_BYTES: Final = 2**16
_LOCK: Final = "_lock_of_stderr"


def enforce() -> None:
    """Replace how ministack reads the lines of Python and Node.js functions."""
    replaced: Any = Worker
    replaced._read_stderr = _read
    replaced._drain_stderr_bounded = _drained(Worker._drain_stderr_bounded)


def _read(worker: Any) -> None:
    """Read lines until the process ends. The lock is held from reading until they are queued."""
    stderr, lines, lock = worker._proc.stderr, worker._stderr_queue, Lock()
    setattr(worker, _LOCK, lock)
    descriptor, rest = stderr.fileno(), b""
    while True:
        select.select([descriptor], [], [])
        with lock:
            found = os.read(descriptor, _BYTES)
            *whole, rest = (rest + found).split(b"\n")
            for line in whole if found else filter(None, [rest]):
                lines.put(line.decode("utf-8", "replace"))
        if not found:
            return


def _drained(original: Callable[..., str]) -> Callable[..., str]:
    @wraps(original)
    def drain(worker: Any, *arguments: Any, **keywords: Any) -> str:
        lock = getattr(worker, _LOCK, None)
        if lock is None:  # a runtime whose lines ministack reads itself
            return original(worker, *arguments, **keywords)
        if worker._proc is None:  # The function failed, and its process was stopped.
            worker._stderr_thread.join(_MOST_SECONDS)
            return str(worker._drain_stderr())
        deadline = time.monotonic() + _MOST_SECONDS
        while not _is_read(worker._proc.stderr, lock) and time.monotonic() < deadline:
            time.sleep(_PAUSE)
        return str(worker._drain_stderr())

    return drain


def _is_read(stderr: Any, lock: Lock) -> bool:
    waiting = array.array("i", [0])
    with lock:
        fcntl.ioctl(stderr, termios.FIONREAD, waiting)
    return waiting[0] == 0
