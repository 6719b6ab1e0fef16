"""All pages of a long list from the emulator, beside as many reads of one pipeline."""

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import boto3

from imagebuilder_bench.bench import Bench, in_turn
from imagebuilder_bench.figure import Figure, Goal, Sample, Table, at_most
from imagebuilder_bench.paths import CHILDREN, ROOT, WORK
from imagebuilder_bench.svg import bars

_PIPELINES, _PAGE, _ROUNDS = 10_000, 25, 5
_WHY: Final = f"A page has {_PAGE} pipelines to copy and to encode."
_LIST: Final = "ListImagePipelines"
_GET: Final = "GetImagePipeline"

_HOW: Final = f"""\
The emulator serves {_PIPELINES:,} pipelines with schedules over TLS in a process of its own. A boto3 client reads all
pages of ListImagePipelines, {_PAGE} pipelines each, which the service allows at most. Beside it, the same client reads
one pipeline as often. The emulator's CPU seconds are those of its process, the others those until the last response."""


@dataclass(frozen=True)
class Taken:
    """CPU seconds of the emulator, and seconds until the last response."""

    cpu: float
    seconds: float


@dataclass(frozen=True)
class _Emulator:
    client: Any
    arn: str
    cpu: Callable[[], float]

    def run(self, name: str) -> Taken:
        cpu, started = self.cpu(), time.monotonic()
        if name == _LIST:
            pages = self.client.get_paginator("list_image_pipelines").paginate(PaginationConfig={"PageSize": _PAGE})
            if (found := sum(len(page["imagePipelineList"]) for page in pages)) != _PIPELINES:
                raise RuntimeError(f"the list must have {_PIPELINES} pipelines, got {found}")
        else:
            for _ in range(_PIPELINES // _PAGE):
                self.client.get_image_pipeline(imagePipelineArn=self.arn)
        return Taken(self.cpu() - cpu, time.monotonic() - started)


def measure(bench: Bench) -> Figure:
    """Read the list and the pipeline in turn."""
    taken: dict[str, list[Taken]] = {_LIST: [], _GET: []}
    with _served() as emulator:
        for name, counts in in_turn([*taken], 1 if bench.quick else _ROUNDS):
            one = emulator.run(name)
            if counts:
                taken[name].append(one)
    cpu = {name: Sample(tuple(one.cpu for one in all_)) for name, all_ in taken.items()}
    seconds = {name: Sample(tuple(one.seconds for one in all_)) for name, all_ in taken.items()}
    rows = tuple(
        (
            f"{_PIPELINES // _PAGE} × {name}",
            f"{cpu[name].median:.2f}",
            "{:.2f} – {:.2f}".format(*cpu[name].quartiles),
            f"{seconds[name].median:.2f}",
            "" if name == _LIST else f"{cpu[_LIST].over(cpu[name]):.2f}",
        )
        for name in taken
    )
    header = ("", "CPU of the emulator, s", "quartiles", "until the last response, s", "list ÷ this, CPU")
    return Figure(
        id="emulator-list",
        title=f"Emulator, list of {_PIPELINES:,}",
        how=_HOW,
        tables=(Table(header, rows),),
        goals=(
            Goal(f"{_PIPELINES:,} in at most 0.5 s of CPU", cpu[_LIST].median, 0.5, _WHY, "s", id="seconds"),
            at_most(cpu, _LIST, _GET, id="gets", limit=3.0, why_missed=_WHY, of="as many "),
        ),
        picture=bars(f"CPU of the emulator, {_PIPELINES // _PAGE} requests (less is better)", cpu, "s", 1, 2),
    )


@contextmanager
def _served() -> Iterator[_Emulator]:
    command = [str(ROOT / ".venv" / "bin" / "python"), str(CHILDREN / "emulator.py"), str(_PIPELINES), str(WORK)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8") as process:
        assert process.stdin is not None  # noqa: S101 (a pipe was asked for)
        assert process.stdout is not None  # noqa: S101
        asked, answers = process.stdin, process.stdout

        def cpu() -> float:
            print(file=asked, flush=True)
            return float(answers.readline())

        where = json.loads(answers.readline())
        client: Any = boto3.client(
            "imagebuilder",
            region_name="us-east-1",
            endpoint_url=where["url"],
            verify=where["trusted"],
            aws_access_key_id="example",
            aws_secret_access_key="example",  # noqa: S106 (the emulator checks none)
        )
        try:
            yield _Emulator(client, where["arn"], cpu)
        finally:
            client.close()
            asked.close()
