"""Which requests are tried again, and for how long: botocore's own loop, told what it does not know of this service."""

import json
import math
import random
import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from botocore.exceptions import (
    ConnectTimeoutError,
    EndpointConnectionError,
    ProxyConnectionError,
    SSLError,
)

from imagebuilder_pipeline_handler.reasons import CONNECTION_ERRORS
from imagebuilder_pipeline_handler.work import CURRENT, OverError


class Pauses(NamedTuple):
    """Seconds that a pause lasts at most: the first, and any. Each is `growth` times as long as the one before."""

    first: float
    growth: float
    longest: float


_PAUSES: Final = {
    # Hundreds of pipelines at once take half as many calls, and no longer, if who is turned away waits so long.
    "throttled": Pauses(8.0, 3.0, 20.0),
    "other": Pauses(1.0, 2.0, 10.0),
}

_PATIENCE: Final[dict[str, float]] = {
    "throttled": math.inf,
    "busy": math.inf,
    # A role, or what this deployment has just added to a policy, may take two minutes until IAM has it everywhere.
    "denied": 120.0,
    "role": 120.0,
    # Looking is allowed by a statement that no pipeline adds to: who may not look, may not for good.
    "look denied": 20.0,
    "garbled": 10.0,
    "tls": 10.0,
}
"""For how many seconds each kind of trouble may last; all end with the event's time. Any other kind is final."""

_ANSWERS: Final = {
    "CreateImagePipeline": {"imagePipelineArn"},
    "GetImagePipeline": {"imagePipeline"},
    "UpdateImagePipeline": {"imagePipelineArn", "requestId"},
    "DeleteImagePipeline": {"imagePipelineArn", "requestId"},
}
"""What an answer has one of."""

_NEVER_SENT: Final = (ConnectTimeoutError, EndpointConnectionError, ProxyConnectionError, SSLError)
_SERVER_ERROR: Final = 500
_NO_SUCCESS: Final = 300
_FORBIDDEN: Final = 403
_KINDS: Final = {_FORBIDDEN: "denied", 429: "throttled", _SERVER_ERROR: "busy"}
_KINDS_OF_CODES: Final = {
    "ResourceInUseException": "busy",
    "ThrottlingException": "throttled",
    "RequestLimitExceeded": "throttled",
}

# Which code says that a role is not there yet is unverified, so the word in the sentence decides.
_OF_A_ROLE: Final = frozenset(
    {"ClientException", "InvalidParameterException", "InvalidParameterValueException", "InvalidRequestException"}
)


class Fault(NamedTuple):
    """What went wrong with one attempt. The status is 0 when there was no answer."""

    code: str
    status: int
    message: str
    error: BaseException | None = None

    def is_of_a_proxy(self) -> bool:
        """Tell whether something on the way answered: the service names a code in its errors, and content else."""
        return self.error is None and (self.status < _NO_SUCCESS or self.code == str(self.status))


def extend(client: Any) -> None:
    """Let the client try again what may succeed, and make no request for an event that is answered."""
    client.meta.events.register_first("needs-retry.imagebuilder", _pause)
    client.meta.events.register("before-call.imagebuilder", _require_time)
    client.meta.events.register("before-parse.imagebuilder", _require_json)


def has_content(operation: str, parsed: Mapping[str, Any]) -> bool:
    """Tell whether an answer is the service's own, and so the request was acted on."""
    return operation not in _ANSWERS or bool(_ANSWERS[operation] & parsed.keys())


def _require_time(**_: object) -> None:
    work = CURRENT.get()
    if work is not None and work.is_over:
        raise OverError("the event has been answered already")


def _require_json(response_dict: dict[str, Any], **_: object) -> None:
    """Empty a body that botocore's parser breaks on: what is then missing is treated as a proxy's page is."""
    try:
        parsed = json.loads(response_dict["body"])
    except (ValueError, TypeError, RecursionError):
        parsed = None
    if not isinstance(parsed, dict):
        response_dict["body"] = b""


def _pause(
    attempts: int, operation: Any, response: tuple[Any, Mapping[str, Any]] | None, caught_exception: Any, **_: object
) -> float | None:
    """Return for how many seconds to wait before the next attempt, None when there is none. Full jitter."""
    work = CURRENT.get()
    if work is None:
        return None
    work.attempts[operation.name] += 1
    fault = _fault(operation.name, response, caught_exception)
    if fault is None:
        work.since("")
        return None
    work.last_fault = fault.code
    kind = _kind(operation.name, fault)
    work.was_turned_away = kind in {"busy", "throttled"} and fault.status > 0
    if fault.is_of_a_proxy() or fault.status >= _SERVER_ERROR or _may_have_been_sent(fault.error):
        work.unsure.add(operation.name)
    if kind is None:
        return None
    pauses = _PAUSES.get(kind, _PAUSES["other"])
    pause = random.uniform(0, min(pauses.longest, pauses.first * pauses.growth ** min(attempts - 1, 10)))  # noqa: S311 (spreads load, guards nothing)
    return pause if work.since(kind) + pause <= _PATIENCE[kind] and work.allows(pause) else None


def _fault(operation: str, response: tuple[Any, Mapping[str, Any]] | None, error: Any) -> Fault | None:
    if response is None:
        return Fault(type(error).__name__, 0, "", error)
    status, parsed = response[0].status_code, response[1]
    if status < _NO_SUCCESS:
        # A proxy's page with status 200 reads as a success without content.
        return None if has_content(operation, parsed) else Fault("an answer without content", status, "")
    details = parsed.get("Error", {})
    return Fault(str(details.get("Code", status)), status, str(details.get("Message", "")))


def _kind(operation: str, fault: Fault) -> str | None:
    if fault.error is not None:
        return _kind_of_connection(fault.error)
    if (operation, fault.code) == ("DeleteImagePipeline", "ResourceDependencyException"):
        return "busy"
    if fault.code in _KINDS_OF_CODES:
        return _KINDS_OF_CODES[fault.code]
    if (operation, fault.status) == ("GetImagePipeline", _FORBIDDEN):
        return "look denied"
    if fault.code in _OF_A_ROLE and re.search(r"role\b", fault.message, re.IGNORECASE):
        return "role"
    kind = _KINDS.get(min(fault.status, _SERVER_ERROR))
    return "garbled" if kind is None and fault.is_of_a_proxy() else kind


def _kind_of_connection(error: BaseException) -> str | None:
    if isinstance(error, SSLError):
        return "tls"
    return "busy" if isinstance(error, CONNECTION_ERRORS) else None


def _may_have_been_sent(error: BaseException | None) -> bool:
    return error is not None and not isinstance(error, _NEVER_SENT)
