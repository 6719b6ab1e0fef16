"""API calls that each event makes."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from support.cloudformation import Resource

from imagebuilder_bench.bench import Bench
from imagebuilder_bench.figure import Figure, Goal, Sample, Table
from imagebuilder_bench.functions import OURS
from imagebuilder_bench.processes import Process
from imagebuilder_bench.services import Services, services
from imagebuilder_bench.svg import bars

_FINDING: Final = """\
A Delete reads the pipeline's tags first. That is safety: IAM protects the pipelines of other stacks, but not one that
another resource of this stack has adopted."""


def measure(bench: Bench) -> Figure:
    """Create, update and delete a pipeline."""
    made: dict[str, list[str]] = {}
    with services() as aws, Process(bench.functions[OURS], aws.environment) as process:
        for title, event in _life(aws):
            before = len(aws.image_builder.calls())
            process.send(event)
            made[title] = [call.operation for call in aws.image_builder.calls()[before:]]
    rows = tuple((title, str(len(calls)), str(_writes(calls)), ", ".join(calls)) for title, calls in made.items())
    return Figure(
        id="api-calls",
        title="API calls per event",
        how="The calls that the emulator records for each event of one pipeline. One run is enough: they do not vary.",
        tables=(Table(("event", "calls", "writes", "operations"), rows),),
        finding=_FINDING,
        goals=(
            _goal("create", "Create: 1 call", len(made["Create"]), 1),
            _goal("update", "Update: 2 calls", len(made["Update, description changed"]), 2),
            _goal(
                "tags", "Update with tags set: 1 call more", len(made["Update, description changed and a tag set"]), 3
            ),
            _goal("nothing", "Update that changes nothing: no write", _writes(made["Update, nothing changed"]), 0),
        ),
        picture=picture({title: len(calls) for title, calls in made.items()}),
    )


def picture(calls: Mapping[str, int]) -> str:
    """Return the plot for the number of calls of each event."""
    # The longest name does not fit beside its bar.
    short = {title.replace(" changed and ", " and "): Sample((float(count),)) for title, count in calls.items()}
    return bars("API calls of each event (less is better)", short, "")


def _life(aws: Services) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield events; the response to each must have arrived before the next is asked for."""
    resource = aws.resource()
    properties = aws.properties(Description="one", Tags={"team": "a"})
    changes: dict[str, dict[str, Any]] = {
        "Update, nothing changed": {},
        "Update, description changed": {"Description": "two"},
        "Update, description changed and a tag set": {"Description": "three", "Tags": {"team": "b"}},
        "Update, a tag set": {"Tags": {"team": "c"}},
        "Update, one tag set and one removed": {"Tags": {"owner": "c"}},
        "Update, renamed": {"Name": "renamed"},
    }
    yield "Create", resource.event("Create", properties)
    _remember(aws, resource, properties)
    for title, change in changes.items():
        properties = properties | change
        yield title, resource.event("Update", properties)
        _remember(aws, resource, properties)
    yield "Delete", resource.event("Delete", properties)


def _remember(aws: Services, resource: Resource, properties: dict[str, Any]) -> None:
    response = aws.responses.taken[-1]
    if response["Status"] != "SUCCESS":
        raise RuntimeError(f"an event failed: {response['Reason']}")
    resource.physical_id, resource.properties = response["PhysicalResourceId"], properties


def _writes(calls: list[str]) -> int:
    return sum(not call.startswith(("Get", "List")) for call in calls)


def _goal(name: str, text: str, got: int, limit: int) -> Goal:
    return Goal(text, got, limit, "The event makes a call that it does not need.", unit="", id=name)
