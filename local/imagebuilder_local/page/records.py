"""Records of CloudFormation events and Image Builder calls."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Call:
    """A request to Image Builder. It has no end while in progress, and no status if it got no response."""

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
    """The response that the function sent to the ResponseURL."""

    at: float
    status: str
    physical_id: str
    reason: str
    attributes: dict[str, Any]


@dataclass
class Event:
    """A custom resource event, from its sending to its end. `token` is the secret part of its ResponseURL.

    `operation` is the id of the stack operation that sends it, empty if it is not known.
    `has_returned` is set when the function has ended without an error: its response may come later, from elsewhere.
    """

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
    operation: str = ""
    request_id: str = ""
    trace: str = ""
    token: str = field(default="", repr=False)
    has_returned: bool = False
    function_error: str | None = None
    answer: Answer | None = None
    ended: float | None = None
    failure: str | None = None
