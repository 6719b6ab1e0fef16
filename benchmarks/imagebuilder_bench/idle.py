"""The check that a machine is idle: other work changes what is measured."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from imagebuilder_local.steps import StepError, say

ALLOWED: Final = 0.1
"""The CPU that other processes may use, in cores."""

SECONDS: Final = 3
"""The length of a sample."""

_SAMPLES: Final = 20
_TICKS_PER_SECOND: Final = os.sysconf("SC_CLK_TCK")


def used_cores() -> float:
    """Return the cores that are in use. This process sleeps meanwhile, so others use them."""
    before, started = _busy_ticks(), time.monotonic()
    time.sleep(SECONDS)
    return (_busy_ticks() - before) / _TICKS_PER_SECOND / (time.monotonic() - started)


def wait_until_idle(*, quick: bool, sample: Callable[[], float] = used_cores) -> float:
    """Return the cores that other processes use, once that is little.

    Take samples for up to a minute, then raise StepError. A quick run takes one, and only prints a warning.
    """
    used, samples = sample(), 1
    while used >= ALLOWED and not quick and samples < _SAMPLES:
        used, samples = sample(), samples + 1
    if used < ALLOWED:
        return used
    got = f"other processes used {used:.2f} cores for {SECONDS} s, allowed is less than {ALLOWED:.2f}"
    if not quick:
        fix = "end them (`top` shows them) and measure again, or try QUICK=1, which leaves the page as it is"
        raise StepError(f"the machine was not idle within {_SAMPLES * SECONDS} s: {got}; {fix}")
    say(f"warning: the machine is not idle: {got}; expect noise")
    return used


def _busy_ticks() -> int:
    return busy_ticks(Path("/proc/stat").read_text(encoding="ascii"))


def busy_ticks(stat: str) -> int:
    """Return the ticks of all CPUs that were not idle, from the text of `/proc/stat`."""
    _, user, nice, system, _idle, _iowait, irq, softirq, steal, *_guests = stat.splitlines()[0].split()
    return sum(int(ticks) for ticks in (user, nice, system, irq, softirq, steal))
