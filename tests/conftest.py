"""Settings that must be there before any test is imported, and the order in which files of tests start."""

import os
from collections import defaultdict
from pathlib import Path

import pytest

# ministack makes its folder when it is imported: without this, in the system's temporary folder.
os.environ["STATE_DIR"] = str(Path(__file__).parents[1] / ".local" / "tmp" / "ministack-state")

# Two thirds of the CPU time of a synth in a new process: `test_checks.py` alone makes this check of the CDK.
os.environ.setdefault("CDK_VALIDATION", "false")

_MEMORY = 2 * 2**30
"""Bytes for a process that runs tests, with its processes of Node."""


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Return two processes a core, as many tests wait for other processes; fewer where there is little memory."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return max(1, min(2 * (os.cpu_count() or 1), pages // _MEMORY))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start those files first that have tests with a timeout of their own: started last, they keep one core waiting.

    The order in which pytest-randomly leaves files of the same timeout, and the tests of a file, stays.
    """
    longest: defaultdict[Path, float] = defaultdict(float)
    for item in items:
        for mark in item.iter_markers("timeout"):
            longest[item.path] = max(longest[item.path], *mark.args)
    items.sort(key=lambda item: -longest[item.path])
