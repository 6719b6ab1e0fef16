"""Lets DescribeStacks wait for the end of a stack operation that is about to end.

Clients look again only after seconds, the CDK CLI after five, and most operations here take less than one. The wrapped
parts of ministack are not a public interface: its version is pinned, and a test checks that they are used as expected.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine
from functools import wraps
from inspect import isawaitable
from typing import Any, Final

from ministack.services import cloudformation
from ministack.services.cloudformation import handlers

_MOST_SECONDS: Final = 5.0
"""As long as the pause of the CDK CLI, and far below the read timeout of an SDK."""
_PAUSE: Final = 0.02


def enforce(most_seconds: float = _MOST_SECONDS) -> None:
    """Delay the response for a stack in progress until its operation ends, for at most some seconds."""
    original = handlers._describe_stacks

    async def describe(params: dict[str, list[str]]) -> Any:
        deadline = time.monotonic() + most_seconds
        while _is_in_progress(params.get("StackName", [""])[0]) and time.monotonic() < deadline:
            await asyncio.sleep(_PAUSE)
        return original(params)

    handlers._ACTION_HANDLERS["DescribeStacks"] = describe
    cloudformation.handle_request = _awaiting(cloudformation.handle_request)


def _awaiting(original: Callable[..., Coroutine[Any, Any, Any]]) -> Callable[..., Coroutine[Any, Any, Any]]:
    """Also wait for the response of an operation that is a coroutine: ministack's are functions."""

    @wraps(original)
    async def handle_request(*arguments: Any, **keywords: Any) -> Any:
        result = await original(*arguments, **keywords)
        return await result if isawaitable(result) else result

    return handle_request


def _is_in_progress(name: str) -> bool:
    statuses = [
        stack["StackStatus"]
        for stack in cloudformation._stacks.values()
        if name and name in (stack["StackName"], stack["StackId"])
    ]
    return any(status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS" for status in statuses)
