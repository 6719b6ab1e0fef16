"""Identification of a process by pid and start time: the system reuses the pid of an ended process."""

import os
import signal
import subprocess
from pathlib import Path
from typing import Final

_PROCESSES: Final = Path("/proc")


def started(pid: int) -> str | None:
    """Return the start time of a process in the system's format; None if the pid does not exist."""
    if (_PROCESSES / "self").exists():
        try:
            stat = (_PROCESSES / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            return None
        return stat.rpartition(")")[2].split()[19]  # field 22 of proc(5); the name before it is arbitrary
    command = ["/bin/ps", "-o", "lstart=", "-p", str(pid)]
    done = subprocess.run(command, env={"LC_ALL": "C"}, capture_output=True, text=True, check=False)
    return done.stdout.strip() or None


def send(pid: int, when: str, number: signal.Signals) -> bool:
    """Send a signal to the process with this pid and start time. Return False if it has ended."""
    try:
        # The handle refers to this process even if its pid is reused.
        handle = os.pidfd_open(pid) if hasattr(os, "pidfd_open") else None
    except ProcessLookupError:
        return False
    try:
        if started(pid) != when:
            return False
        if handle is None:
            os.kill(pid, number)
        else:
            signal.pidfd_send_signal(handle, number)
    except ProcessLookupError:
        return False
    finally:
        if handle is not None:
            os.close(handle)
    return True
