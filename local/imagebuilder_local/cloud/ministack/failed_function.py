"""Fails the event of a custom resource whose function failed before it sent a response.

On AWS, Lambda runs such a function twice more, and the stack waits for up to an hour. ministack runs it once, so no
response would come. Import this after ministack's settings are in the environment; tests check the parameters of the
replaced function, and what becomes of the stack.
"""

import re
from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from ministack.services import lambda_svc
from ministack.services.cloudformation import custom_resource

_TOKEN: Final = re.compile(r"/cfn-response/[-0-9a-f]+")
_LONGEST: Final = 1000


def enforce() -> None:
    """Make ministack's CloudFormation fail the event, with the error of the function as the reason."""
    lambda_svc._execute_function_with_config_scope = _failing(lambda_svc._execute_function_with_config_scope)


def _failing(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def execute(func: dict[str, Any], event: Any) -> Any:
        result = original(func, event)
        url = event.get("ResponseURL") if isinstance(event, dict) else None
        if isinstance(url, str) and isinstance(result, dict) and result.get("error"):
            name = (func.get("config") or func).get("FunctionName", "")
            _fail(url.rpartition("/")[2], f"the function {name} failed without a response: {_error(result)}")
        return result

    return execute


def _error(result: dict[str, Any]) -> str:
    body = result.get("body")
    message = str(body.get("errorMessage", "")) if isinstance(body, dict) else str(body)
    # The address of the response is a secret, and an error may quote the event.
    return _TOKEN.sub("/cfn-response/****", message)[:_LONGEST]


def _fail(token: str, reason: str) -> None:
    with custom_resource._lock:
        pending = custom_resource._pending.get(token)
        if pending is not None and pending["result"] is None:
            pending["result"] = {"Status": "FAILED", "Reason": reason}
            pending["event"].set()
