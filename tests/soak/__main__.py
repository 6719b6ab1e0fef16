"""`make soak`: 10,000 steps of the machines, a million inputs, the whole storm, a starved function; figures and the seed."""

from __future__ import annotations

import json
import logging
import os
import random
import subprocess
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from support.function import MARGIN

from soak.fuzz import fuzz
from soak.run import run_machine, run_machine_of_builds, run_machine_of_processes
from soak.starved import KINDS, starve
from soak.storm import simulated_storm, storm

if TYPE_CHECKING:
    from collections.abc import Callable

_OF_PROCESSES: Final = 0.05
"""The share of the steps for which processes do some of the work, over sockets."""

_OF_BUILDS: Final = 0.3
"""The share of the steps in which a stack builds images and waits for them."""


def main() -> int:
    """Run everything, or the one part that is named; return how many parts failed."""
    seed = int(os.environ.get("SEED") or random.SystemRandom().randrange(2**32))
    steps = int(os.environ.get("STEPS") or 10_000)
    inputs = int(os.environ.get("INPUTS") or 1_000_000)
    creates = int(os.environ.get("CREATES") or 490)
    rate = float(os.environ.get("RATE") or 5)
    of_processes, of_builds = int(steps * _OF_PROCESSES), int(steps * _OF_BUILDS)
    parts: dict[str, Callable[[], Any]] = {
        "machine": lambda: _figures(run_machine(steps - of_processes - of_builds, seed)),
        "machine-of-processes": lambda: _figures(run_machine_of_processes(of_processes, seed)),
        "builds": lambda: _figures(run_machine_of_builds(of_builds, seed)),
        "fuzz": lambda: _figures(fuzz(inputs, seed)),
        "storm": lambda: _storm(creates, rate, seed),
        "simulated-storm": lambda: _simulated_storm(creates, rate, seed),
        "starved": _starved,
    }
    for name in ("imagebuilder_pipeline_handler", "imagebuilder_local", "crhelper"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    if len(sys.argv) > 1:
        print(f"{parts[sys.argv[1]]()}", flush=True)
        return 0
    print(f"SEED={seed} STEPS={steps} INPUTS={inputs} CREATES={creates} RATE={rate}", flush=True)
    started = time.monotonic()
    environment = os.environ | {"SEED": str(seed)}
    # The fuzz has a CPU of its own; what is about time comes alone, when that is over.
    fuzzing = _start("fuzz", environment)
    machines = ("machine", "machine-of-processes", "builds")
    failed = [name for name in machines if not _report(name, _start(name, environment))]
    failed += [] if _report("fuzz", fuzzing) else ["fuzz"]
    failed += [name for name in ("simulated-storm", "storm", "starved") if not _report(name, _start(name, environment))]
    print(f"\n{time.monotonic() - started:.0f} s, failed: {', '.join(failed) or 'nothing'}")
    if failed:
        print(f"Again: make soak SEED={seed} STEPS={steps}")
    return len(failed)


def _start(name: str, environment: dict[str, str]) -> tuple[float, subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "soak", name],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return time.monotonic(), process


def _report(name: str, started: tuple[float, subprocess.Popen[str]]) -> bool:
    began, process = started
    output, _ = process.communicate()
    print(
        f"\n{name}: {'ok' if process.returncode == 0 else 'FAILED'}, {time.monotonic() - began:.0f} s\n{output}",
        end="",
        flush=True,
    )
    return process.returncode == 0


def _figures(figures: Counter[str]) -> str:
    faults = sum(count for name, count in figures.items() if name.startswith("fault: "))
    lines = [
        f"  {count:>9,} {name}" for name, count in sorted((figures + Counter({"faults injected": faults})).items())
    ]
    return "\n".join(lines)


def _storm(creates: int, rate: float, seed: int) -> str:
    result = storm(creates, rate, seed)
    assert not result.failures, json.dumps(result.failures[:10], indent=1)
    return f"  {result}"


def _simulated_storm(creates: int, rate: float, seed: int) -> str:
    result = simulated_storm(creates, rate, seed)
    assert not result.failures, json.dumps(result.failures[:10], indent=1)
    return f"  {result}"


def _starved() -> str:
    told: list[str] = []
    for kind in KINDS:
        starved = starve(kind, timeout=20, share=0.07)
        assert starved.margin >= MARGIN, starved
        assert len(starved.answers) == 1, starved
        told.append(f"  {kind}: answered {starved.margin:.1f} s before the deadline")
    return "\n".join(told)


if __name__ == "__main__":
    sys.exit(main())
