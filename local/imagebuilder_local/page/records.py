"""What is remembered of an event of CloudFormation and of a call of Image Builder."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Call:
    """A request for Image Builder. While it is under way it has no end; dropped without an answer it has no status."""

    number: int
    operation: str
    request: dict[str, Any]
    started: float
    client: str
    invocation: str
    attempt: int
    ended: float | None = None
    status: int | None = None
    code: str | None = None
    message: str | None = None


@dataclass
class Answer:
    """What the function put to the ResponseURL."""

    at: float
    status: str
    physical_id: str
    reason: str
    attributes: dict[str, Any]


@dataclass
class Event:
    """An event of a custom resource, from its sending to its end. `token` is the secret part of its ResponseURL."""

    number: int
    request_type: str
    resource_type: str
    stack_id: str
    stack_name: str
    logical_id: str
    physical_id: str | None
    properties: dict[str, Any]
    old_properties: dict[str, Any] | None
    started: float
    calls: deque[Call]
    calls_made: int = 0
    request_id: str = ""
    trace: str = ""
    token: str = field(default="", repr=False)
    function_error: str | None = None
    answer: Answer | None = None
    ended: float | None = None
    failure: str | None = None
