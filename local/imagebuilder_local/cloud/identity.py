"""Which process is meant. A pid alone does not say: when its process has ended, it can become somebody else's."""

import os
import signal
import subprocess
from pathlib import Path
from typing import Final

_PROCESSES: Final = Path("/proc")


def started(pid: int) -> str | None:
    """Return when a process was started, as the system writes it; None when there is none of this pid."""
    if (_PROCESSES / "self").exists():
        try:
            stat = (_PROCESSES / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            return None
        return stat.rpartition(")")[2].split()[19]  # behind the name, which may hold anything: field 22 of proc(5)
    command = ["/bin/ps", "-o", "lstart=", "-p", str(pid)]
    done = subprocess.run(command, env={"LC_ALL": "C"}, capture_output=True, text=True, check=False)
    return done.stdout.strip() or None


def send(pid: int, when: str, number: signal.Signals) -> bool:
    """Send a signal to the process of this pid that was started then. False when it has ended."""
    try:
        # The handle stays this process's, whoever gets its pid.
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
