"""The function's entry point: one crhelper decorator a request type, and nothing else."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from imagebuilder_pipeline_handler.custom_resource import CustomResource

# What does the work is imported at the first event and not at start: a fault in there is then answered like any other.
# ruff: noqa: PLC0415

if TYPE_CHECKING:
    from imagebuilder_pipeline_handler.client import ImageBuilderClient
    from imagebuilder_pipeline_handler.identity import Outcome

handler = CustomResource()


@handler.create
def create(event: dict[str, Any], _context: object) -> str:
    """Make the pipeline; the physical id is its ARN."""
    from imagebuilder_pipeline_handler import lifecycle

    return _answer(lifecycle.create(_client(), event, handler.work))


@handler.update
def update(event: dict[str, Any], _context: object) -> str:
    """Change the pipeline in place, or make another one when the name changed."""
    from imagebuilder_pipeline_handler import lifecycle

    return _answer(lifecycle.update(_client(), event, handler.work))


@handler.delete
def delete(event: dict[str, Any], _context: object) -> None:
    """Delete the pipeline. Nothing is returned, because the answer to a Delete keeps the event's physical id."""
    from imagebuilder_pipeline_handler import lifecycle

    lifecycle.delete(_client(), event, handler.work)


@cache
def _client() -> ImageBuilderClient:
    from imagebuilder_pipeline_handler.client import make_client

    return make_client()


def _answer(outcome: Outcome) -> str:
    handler.Data.update(outcome.attributes())
    return outcome.arn
