"""How many calls of the API each event makes."""

from collections.abc import Iterator
from typing import Any, Final

from support.cloudformation import Resource

from imagebuilder_bench.bench import Bench
from imagebuilder_bench.figure import Figure, Goal, Table
from imagebuilder_bench.functions import OURS
from imagebuilder_bench.paths import WORK
from imagebuilder_bench.processes import worker
from imagebuilder_bench.services import Services, services

_READS: Final = ("Get", "List")
_WHY_MISSED: Final = (
    "A Delete looks at the pipeline's tags before it deletes: IAM keeps the function off other stacks' pipelines, but "
    "not off one that another resource of this stack has taken over."
)

_HOW: Final = """\
What the emulator's record holds after each event of one pipeline's life. Calls are counted, not timed, so one run is
enough."""


def measure(bench: Bench) -> Figure:
    """Lead a pipeline through its life."""
    with services(WORK) as aws, worker(bench.functions[OURS], aws.environment, bench.log(OURS)) as process:
        made: dict[str, list[str]] = {}
        for title, event in _life(aws):
            before = len(aws.image_builder.calls())
            process.send(event)
            made[title] = [call.operation for call in aws.image_builder.calls()[before:]]
    rows = tuple((title, str(len(calls)), str(_writes(calls)), ", ".join(calls)) for title, calls in made.items())
    return Figure(
        id="api-calls",
        title="API calls per event",
        how=_HOW,
        tables=(Table(("event", "calls", "writes", "which"), rows),),
        goals=(
            _goal("Create: 1 call", len(made["Create"]), 1),
            _goal("Delete: 1 call", len(made["Delete"]), 1),
            _goal("Update: 2 calls", len(made["Update, description changed"]), 2),
            _goal("Update with tags set: 1 call more", len(made["Update, description changed and a tag set"]), 3),
            _goal("Update that changes nothing: no write", _writes(made["Update, nothing changed"]), 0),
        ),
        values={title: float(len(calls)) for title, calls in made.items()},
    )


def _life(aws: Services) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield events; when the next one is asked for, the one before has been answered."""
    resource = aws.resource()
    properties = aws.properties(Description="one", Tags={"team": "a"})
    steps: list[tuple[str, dict[str, Any]]] = [
        ("Update, nothing changed", {}),
        ("Update, description changed", {"Description": "two"}),
        ("Update, description changed and a tag set", {"Description": "three", "Tags": {"team": "b"}}),
        ("Update, a tag set", {"Tags": {"team": "c"}}),
        ("Update, one tag set and one removed", {"Tags": {"owner": "c"}}),
        ("Update, renamed", {"Name": "renamed"}),
    ]
    yield "Create", resource.event("Create", properties)
    _remember(aws, resource, properties)
    for title, change in steps:
        properties = properties | change
        yield title, resource.event("Update", properties)
        _remember(aws, resource, properties)
    yield "Delete", resource.event("Delete", properties)


def _remember(aws: Services, resource: Resource, properties: dict[str, Any]) -> None:
    answer = aws.responses.taken[-1]
    if answer["Status"] != "SUCCESS":
        raise RuntimeError(f"an event failed: {answer['Reason']}")
    resource.physical_id, resource.properties = answer["PhysicalResourceId"], properties


def _writes(calls: list[str]) -> int:
    return sum(not call.startswith(_READS) for call in calls)


def _goal(text: str, got: int, limit: int) -> Goal:
    return Goal(text, got, limit, _WHY_MISSED, unit="")
