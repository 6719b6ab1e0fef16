"""The function's entry point: one crhelper decorator a request type, and nothing else."""

from functools import cache
from typing import Any

from imagebuilder_pipeline_handler import lifecycle
from imagebuilder_pipeline_handler.client import ImageBuilderClient, make_client
from imagebuilder_pipeline_handler.custom_resource import CustomResource
from imagebuilder_pipeline_handler.lifecycle import Outcome

handler = CustomResource()


@cache
def _client() -> ImageBuilderClient:
    # Made at the first event and not at import: a fault in here is then answered like any other.
    return make_client()


@handler.create
def create(event: dict[str, Any], _context: object) -> str:
    """Make the pipeline; the physical id is its ARN."""
    return _answer(lifecycle.create(_client(), event))


@handler.update
def update(event: dict[str, Any], _context: object) -> str:
    """Change the pipeline in place, or make another one when the name changed."""
    return _answer(lifecycle.update(_client(), event))


@handler.delete
def delete(event: dict[str, Any], _context: object) -> None:
    """Delete the pipeline. Nothing is returned, because the answer to a Delete keeps the event's physical id."""
    lifecycle.delete(_client(), event)


def _answer(outcome: Outcome) -> str:
    handler.Data.update(outcome.attributes())
    return outcome.arn
