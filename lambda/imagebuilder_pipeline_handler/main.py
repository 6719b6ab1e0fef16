"""The function's entry point: one crhelper decorator a request type, and nothing else."""

from __future__ import annotations

import os
from contextlib import suppress
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from imagebuilder_pipeline_handler.answer import prepare
from imagebuilder_pipeline_handler.custom_resource import CustomResource
from imagebuilder_pipeline_handler.work import Task

# What does the work is imported where it is used: a fault in there is then answered like any other.
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


def _initialize() -> None:
    import_module("imagebuilder_pipeline_handler.lifecycle")
    prepare()
    _client()


# Lambda runs this phase at a whole vCPU, and events at the share that goes with the memory. A fault here comes again at
# the first event, and is answered there.
if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    with suppress(BaseException):
        _initialize()
