"""Records the events of ministack's CloudFormation in a timeline, and assigns calls to events.

Import it after ministack's settings are in the environment. The wrapped parts of ministack are not a public interface:
its version is pinned, and a test checks that each function exists with the parameters used here.
"""

import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from inspect import signature
from typing import Any

from ministack.services import lambda_svc
from ministack.services.cloudformation import custom_resource

from imagebuilder_local.page.records import Event
from imagebuilder_local.page.timeline import Timeline

_current: ContextVar[Event | None] = ContextVar("_current", default=None)
"""The event that this thread has sent and waits for, or whose function it runs."""


def watch(timeline: Timeline) -> None:
    """Wrap the functions that send an event, run the function, set its trace, and receive its response."""
    custom_resource.invoke_custom_resource = _sending(timeline, custom_resource.invoke_custom_resource)
    custom_resource.deliver_response = _answering(timeline, custom_resource.deliver_response)
    lambda_svc._execute_function_with_config_scope = _running(timeline, lambda_svc._execute_function_with_config_scope)
    lambda_svc._xray_trace_id_for_invocation = _tracing(timeline, lambda_svc._xray_trace_id_for_invocation)


def _sending(timeline: Timeline, original: Callable[..., tuple[str, Any]]) -> Callable[..., tuple[str, Any]]:
    parameters = signature(original)

    @wraps(original)
    def invoke_custom_resource(*arguments: Any, **keywords: Any) -> tuple[str, Any]:
        event = timeline.begin(**parameters.bind(*arguments, **keywords).arguments)
        before = _current.set(event)
        try:
            result = original(*arguments, **keywords)
        except BaseException as error:
            timeline.end(event, str(error))
            raise
        finally:
            _current.reset(before)
        timeline.end(event)
        return result

    return invoke_custom_resource


def _running(timeline: Timeline, original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def execute(func: dict[str, Any], event: Any) -> Any:
        sent = _current.get()
        if not isinstance(event, dict):
            return original(func, event)
        if sent is None or "ResponseURL" not in event:
            with _on_behalf_of(_waiting(timeline, event)):
                return original(func, event)
        timeline.sent(sent, event)
        result = original(func, event)
        if isinstance(result, dict) and result.get("error"):
            body = result.get("body") or {}
            timeline.function_failed(sent, f"{body.get('errorType', 'Error')}: {body.get('errorMessage', '')}")
        else:
            timeline.function_returned(sent)
        return result

    return execute


def _waiting(timeline: Timeline, payload: Mapping[str, Any]) -> Event | None:
    """Return the event in the payload of a function, such as the watcher of builds, if it still has no response."""
    inner = payload.get("event")
    url = inner.get("ResponseURL") if isinstance(inner, dict) else None
    return timeline.waiting_for(url) if isinstance(url, str) else None


@contextmanager
def _on_behalf_of(event: Event | None) -> Iterator[None]:
    """Let the calls of the function that this thread runs belong to an event, if there is one."""
    if event is None:
        yield
        return
    before = _current.set(event)
    try:
        yield
    finally:
        _current.reset(before)


def _tracing(timeline: Timeline, original: Callable[..., str | None]) -> Callable[..., str | None]:
    @wraps(original)
    def trace_id(*arguments: Any, **keywords: Any) -> str | None:
        trace = original(*arguments, **keywords)
        event = _current.get()
        if event is None:
            return trace
        # On AWS each invocation has a trace, sampled or not, which SDKs send with each call: an exact key.
        trace = trace or _unsampled_trace()
        timeline.traced(event, trace)
        return trace

    return trace_id


def _answering(timeline: Timeline, original: Callable[[str, Any], bool]) -> Callable[[str, Any], bool]:
    @wraps(original)
    def deliver_response(token: str, response: Any) -> bool:
        # Record it first, because the stack continues in another thread after delivery.
        if isinstance(response, dict):
            timeline.answered(token, response)
        return original(token, response)

    return deliver_response


def _unsampled_trace() -> str:
    return f"Root=1-{int(time.time()):08x}-{secrets.token_hex(12)};Parent={secrets.token_hex(8)};Sampled=0"
