"""A part of one CPU, as Lambda gives it to a function with little memory."""

import os
import shlex
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import subprocess

FULL_CPU_MIB: Final = 1769
"""The memory at which a function has one whole vCPU (AWS's documentation of Lambda)."""

PERIOD_US: Final = 20_000
"""Short enough that a share means the same for a part of a run as for the whole."""

_CGROUPS: Final = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class CpuShare:
    """A part of a CPU for processes: they are started through `wrapper` and then handed to `hold`."""

    how: str
    wrapper: tuple[str, ...] = ()
    governed: float | None = None

    def hold(self, process: "subprocess.Popen[bytes]") -> None:
        """Keep a process that has just been started to its part, if nothing else does."""
        if self.governed is not None:
            Thread(target=_govern, args=(process, self.governed), daemon=True).start()


@contextmanager
def cpu_share(mebibytes: int) -> Iterator[CpuShare]:
    """Find a way to give a process what Lambda gives a function of this size: a cgroup if one may be made here."""
    part = mebibytes / FULL_CPU_MIB
    with ExitStack() as stack:
        try:
            share = stack.enter_context(_cgroup(part))
        except OSError:
            how = (
                "a governor that stops (SIGSTOP) and continues (SIGCONT) the process so that it runs "
                f"{part:.1%} of each {PERIOD_US // 1000} ms, since no cgroup may be made here"
            )
            share = CpuShare(how, governed=part)
        yield share


@contextmanager
def _cgroup(part: float) -> Iterator[CpuShare]:
    """Make a cgroup. OSError when this user may not, or the kernel has no such controller."""
    quota = str(int(PERIOD_US * part))
    versions: dict[str, tuple[Path, dict[str, str]]] = {
        "v2": (_CGROUPS, {"cpu.max": f"{quota} {PERIOD_US}"}),
        "v1": (_CGROUPS / "cpu", {"cpu.cfs_period_us": str(PERIOD_US), "cpu.cfs_quota_us": quota}),
    }
    version = "v2" if (_CGROUPS / "cgroup.controllers").exists() else "v1"
    above, settings = versions[version]
    folder = above / f"imagebuilder-bench-{os.getpid()}"
    folder.mkdir()
    try:
        for name, value in settings.items():
            (folder / name).write_text(value, encoding="ascii")
        how = f"a cgroup ({version}) with {part:.1%} of one CPU in periods of {PERIOD_US // 1000} ms"
        enter = f'echo $$ > {shlex.quote(str(folder / "cgroup.procs"))} && exec "$@"'
        yield CpuShare(how, ("/bin/sh", "-c", enter, "share"))
    finally:
        folder.rmdir()


def _govern(process: "subprocess.Popen[bytes]", part: float) -> None:
    """Stop and continue a process until it ends."""
    period = PERIOD_US / 1_000_000
    while process.poll() is None:
        time.sleep(period * part)
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGSTOP)
            time.sleep(period * (1 - part))
            process.send_signal(signal.SIGCONT)
