"""Functions in processes of their own."""

import json
import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from imagebuilder_bench.functions import Function
from imagebuilder_bench.services import Services


class FunctionError(Exception):
    """A function did not do what is measured."""


@dataclass(frozen=True)
class Result:
    """What a process says of one event: the seconds in the handler, those slept, its peak memory, what it returned.

    `initial_cpu` are the seconds of a CPU until the function was imported, `cpu` those of the event; of Python only.
    """

    seconds: float
    slept: float
    peak: int
    returned: dict[str, Any] | None
    initial_cpu: float = 0.0
    cpu: float = 0.0


@dataclass(frozen=True)
class ColdRun:
    """A process that lived for one event. `to_first_call` is from its start to the arrival of its first request."""

    to_first_call: float
    result: Result


class Worker:
    """A process that takes events until it is closed."""

    def __init__(self, process: "subprocess.Popen[bytes]", results: IO[str], log: Path) -> None:
        self._process, self._results, self._log = process, results, log

    def send(self, event: Mapping[str, Any]) -> Result:
        """Hand over an event and wait for its end."""
        assert self._process.stdin is not None  # noqa: S101 (a pipe was asked for)
        self._process.stdin.write(json.dumps(event).encode() + b"\n")
        self._process.stdin.flush()
        line = self._results.readline()
        if not line:
            raise FunctionError(f"{self._log.stem} died:\n{self._log.read_text(encoding='utf-8')[-2000:]}")
        return Result(**json.loads(line))

    def close(self) -> None:
        """Let the process end."""
        assert self._process.stdin is not None  # noqa: S101 (a pipe was asked for)
        self._process.stdin.close()
        self._process.wait()
        self._results.close()


@contextmanager
def worker(function: Function, environment: Mapping[str, str], log: Path) -> Iterator[Worker]:
    """Start a function's process."""
    read_end, write_end = os.pipe()
    with log.open("wb") as errors:
        process = subprocess.Popen(
            function.command(write_end),
            env={**environment, **function.environment},
            cwd=function.folder,
            stdin=subprocess.PIPE,
            stdout=errors,
            stderr=errors,
            pass_fds=(write_end,),
        )
    os.close(write_end)
    started = Worker(process, os.fdopen(read_end, encoding="utf-8"), log)
    try:
        yield started
    finally:
        started.close()


def cold_run(function: Function, services: Services, log: Path) -> ColdRun:
    """Start a process, send it the Create of a new pipeline, and let it end."""
    event = function.takes(services.create_event())
    before = len(services.image_builder.timed)
    started = time.monotonic()
    with worker(function, services.environment, log) as process:
        result = process.send(event)
    calls = services.image_builder.timed[before:]
    if not calls:
        raise FunctionError(f"{log.stem} made no call:\n{log.read_text(encoding='utf-8')[-2000:]}")
    return ColdRun(calls[0].at - started, result)
