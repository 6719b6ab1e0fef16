"""The function as one of Lambda's environments has it: with its own state, a clock and a client."""

import os
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import pytest

from imagebuilder_pipeline_handler.imagebuilder.client import make_client
from imagebuilder_pipeline_handler.main import Work
from imagebuilder_pipeline_handler.runtime import response
from imagebuilder_pipeline_handler.runtime.clock import Clock, Timeouts
from imagebuilder_pipeline_handler.runtime.custom_resource import CustomResource
from support.clock import CLOCK


def new_work(client: Callable[[], Any] | None = None, clock: Clock = CLOCK) -> Work:
    """Return the function's work anew. It shares a client, for making one takes longer than a hundred events."""
    return Work(clock, client or partial(client_here, clock.timeouts))


def new_handler(
    client: Callable[[], Any] | None = None, *, clock: Clock = CLOCK, put: response.Put = response.put
) -> CustomResource:
    """Return the function anew, with its own state."""
    return CustomResource(new_work(client, clock), clock=clock, put=put)


def handler_doing(work: Callable[..., Any]) -> CustomResource:
    """Return the function with other work."""
    return CustomResource(work, clock=CLOCK)


@cache
def shared_client() -> Any:
    """Return the function's client, made with nothing of this user's own."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
            patch.setenv(name, "us-east-1")
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "test")
        for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
            patch.setenv(name, "/dev/null")
        patch.delenv("AWS_PROFILE", raising=False)
        return make_client(Timeouts())


def client_here(timeouts: Timeouts) -> Any:
    return _client_of(os.environ["AWS_ENDPOINT_URL_IMAGEBUILDER"], timeouts)


@cache
def _client_of(_endpoint: str, timeouts: Timeouts) -> Any:
    return make_client(timeouts)
