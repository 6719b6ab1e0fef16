"""A storm: many processes, one emulator that lets so many requests a second through."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from imagebuilder_bench.functions import SITE_PACKAGES, Function
from imagebuilder_bench.paths import CHILDREN, VENV, WORK
from imagebuilder_bench.processes import FunctionError
from imagebuilder_bench.services import TRUSTED_ALONE, Services, services

_LONGEST: Final = 900


@dataclass(frozen=True)
class Crowd:
    """How many clients there are, and how many requests a second are let through."""

    clients: int
    rate: float


@dataclass(frozen=True)
class Storm:
    """What came of it. `starts` are the seconds, from being let go, to the first request of each process."""

    clients: int
    rate: float
    made: int
    calls: int
    seconds: float
    starts: tuple[float, ...]

    @property
    def slowdown(self) -> float:
        """The time to the last pipeline, over the time that the rate alone asks for."""
        return self.seconds / (self.clients / self.rate)

    @property
    def calls_each(self) -> float:
        """Calls a pipeline."""
        return self.calls / self.clients


def storm(function: Function, what: str, clients: int, rate: float, log: Path) -> Storm:
    """Let so many processes go at once. `what` is a handler of the function, or `botocore:` and a retry mode."""
    with services(WORK) as aws:
        let_go = _run(function, what, aws, log, Crowd(clients, rate))
        calls = [call for call in aws.image_builder.timed if call.operation == "CreateImagePipeline"]
        # By token: a request whose answer was lost is granted twice, and makes one pipeline.
        made: dict[str, float] = {}
        first: dict[str, float] = {}
        for call in calls:
            first.setdefault(call.token, call.at - let_go)
            if call.succeeded:
                made.setdefault(call.token, call.at - let_go)
        every = len(aws.image_builder.timed)
    if not made:
        raise FunctionError(f"no pipeline was made:\n{log.read_text(encoding='utf-8')[-2000:]}")
    return Storm(clients, rate, len(made), every, max(made.values()), tuple(sorted(first.values())))


def _run(function: Function, what: str, aws: Services, log: Path, crowd: Crowd) -> float:
    """Run the processes to their end and return when they were let go."""
    read_end, write_end = os.pipe()
    python = [str(VENV / "bin" / "python"), "-I", "-S", "-B", str(CHILDREN / "storm.py")]
    with log.open("wb") as errors, os.fdopen(read_end, encoding="ascii") as results:
        process = subprocess.Popen(
            [*python, str(write_end), str(SITE_PACKAGES), str(function.folder), what],
            # One machine stands for hundreds: what each would do by itself must not keep it busy.
            env={**aws.environment, **function.environment, "AWS_CA_BUNDLE": str(WORK / TRUSTED_ALONE)},
            stdin=subprocess.PIPE,
            stdout=errors,
            stderr=errors,
            pass_fds=(write_end,),
        )
        os.close(write_end)
        with process, process.stdin or errors as events:
            events.write(_line(aws))
            events.flush()
            results.readline()
            aws.begin_anew(crowd.rate)
            events.writelines(_line(aws) for _ in range(crowd.clients))
            events.close()
            let_go = results.readline()
            process.wait(_LONGEST)
    if process.returncode != 0 or not let_go:
        raise FunctionError(f"the storm failed:\n{log.read_text(encoding='utf-8')[-2000:]}")
    return float(let_go)


def _line(aws: Services) -> bytes:
    return json.dumps(aws.create_event()).encode() + b"\n"
