"""The function's entry point: one crhelper decorator a request type, and nothing else."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from imagebuilder_pipeline_handler.custom_resource import CustomResource
from imagebuilder_pipeline_handler.work import Task

# What does the work is imported at the first event and not at start: a fault in there is then answered like any other.
# ruff: noqa: PLC0415

if TYPE_CHECKING:
    from imagebuilder_pipeline_handler.client import ImageBuilderClient
    from imagebuilder_pipeline_handler.identity import Outcome
    from imagebuilder_pipeline_handler.work import Work

handler = CustomResource()


@handler.create
def create(event: dict[str, Any], work: Work) -> str:
    """Make the pipeline; the physical id is its ARN."""
    from imagebuilder_pipeline_handler import lifecycle

    return _told(lifecycle.create(Task(_client(), event, work)), work)


@handler.update
def update(event: dict[str, Any], work: Work) -> str:
    """Change the pipeline in place, or make another one when the name changed."""
    from imagebuilder_pipeline_handler import lifecycle

    return _told(lifecycle.update(Task(_client(), event, work)), work)


@handler.delete
def delete(event: dict[str, Any], work: Work) -> None:
    """Delete the pipeline. Nothing is returned, because the answer to a Delete keeps the event's physical id."""
    from imagebuilder_pipeline_handler import lifecycle

    lifecycle.delete(Task(_client(), event, work))


@cache
def _client() -> ImageBuilderClient:
    from imagebuilder_pipeline_handler.client import make_client

    return make_client()


def _told(outcome: Outcome, work: Work) -> str:
    work.achieve(outcome)
    return outcome.arn
