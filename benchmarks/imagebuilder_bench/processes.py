"""Functions in processes of their own."""

import json
import os
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any, Final, Literal, Self

from imagebuilder_bench.functions import Function
from imagebuilder_bench.paths import WORK
from imagebuilder_bench.services import Services

_WARM_EVENTS: Final = 5
_MOST_SECONDS: Final = 900


class FunctionError(Exception):
    """A function did not do what is measured."""


@dataclass(frozen=True)
class Result:
    """One event: seconds in the handler, peak memory in bytes, and CPU seconds of the import and of the event."""

    seconds: float
    peak: int
    import_cpu: float
    event_cpu: float


@dataclass(frozen=True)
class ColdRun:
    """A fresh process: seconds until its first request, its first event, and the CPU seconds of a warm event."""

    to_first_call: float
    first: Result
    warm_cpu: float


class Process:
    """A process that loads a function and handles events; see `children/invoke.py` for the modes."""

    def __init__(
        self, function: Function, environment: Mapping[str, str], mode: Literal["serve", "storm"] = "serve"
    ) -> None:
        self._log = WORK / f"{function.handler}-{mode}.log"
        read_end, write_end = os.pipe()
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [*function.program, str(write_end), mode, str(function.folder), function.handler],
                env={**environment, **function.environment},
                cwd=function.folder,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                pass_fds=(write_end,),
                encoding="utf-8",
            )
        os.close(write_end)
        assert self._process.stdin is not None  # noqa: S101 (a pipe was asked for)
        self._events = self._process.stdin
        self._results = os.fdopen(read_end, encoding="utf-8")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._events.close()
        self._process.wait(_MOST_SECONDS)
        self._results.close()

    def write(self, event: Mapping[str, Any]) -> None:
        """Hand over an event."""
        print(json.dumps(event), file=self._events, flush=True)

    def send(self, event: Mapping[str, Any]) -> Result:
        """Hand over an event and wait for its result."""
        self.write(event)
        return Result(**json.loads(self._read()))

    def release(self) -> float:
        """Let all events of a storm start, and return the time (monotonic) at which they did."""
        self._events.close()
        return float(self._read())

    def _read(self) -> str:
        line = self._results.readline()
        if not line:
            raise FunctionError(f"{self._log} ends with:\n{self._log.read_text(encoding='utf-8')[-2000:]}")
        return line


def cold_run(function: Function, aws: Services) -> ColdRun:
    """Start a process, let it create some pipelines one after the other, and end it."""
    before = len(aws.image_builder.timed)
    started = time.monotonic()
    with Process(function, aws.environment) as process:
        first, *warm = [process.send(function.convert(aws.create_event())) for _ in range(1 + _WARM_EVENTS)]
    calls = aws.image_builder.timed[before:]
    if len(calls) != 1 + _WARM_EVENTS or not all(call.succeeded for call in calls):
        raise FunctionError(f"{function.handler} did not make one call for each event: {calls}")
    return ColdRun(calls[0].at - started, first, median(result.event_cpu for result in warm))
