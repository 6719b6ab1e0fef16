"""Retries of requests: botocore's own loop, told what it does not know about this service."""

import json
import math
import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from botocore.exceptions import (
    ConnectTimeoutError,
    EndpointConnectionError,
    ProxyConnectionError,
    SSLError,
)

from imagebuilder_pipeline_handler.imagebuilder.errors import CONNECTION_ERRORS
from imagebuilder_pipeline_handler.imagebuilder.pauses import pause
from imagebuilder_pipeline_handler.runtime.progress import CURRENT, OverError

PATIENCE: Final[dict[str, float]] = {
    "throttled": math.inf,
    "busy": math.inf,
    # IAM may need two minutes to show a new role, or a statement that this deployment added, everywhere.
    "denied": 120.0,
    "role": 120.0,
    # Looking is allowed by a statement that no pipeline adds to, so a denial does not pass.
    "look denied": 20.0,
    "garbled": 10.0,
    "tls": 10.0,
}
"""Seconds for which each kind of trouble may last; all end with the event's time. Any other kind is final."""

_CONTENT: Final = {
    "CreateImagePipeline": {"imagePipelineArn"},
    "GetImagePipeline": {"imagePipeline"},
    "UpdateImagePipeline": {"imagePipelineArn", "requestId"},
    "DeleteImagePipeline": {"imagePipelineArn", "requestId"},
    "GetImage": {"image"},
    "ListImagePipelineImages": {"imageSummaryList", "requestId"},
    "StartImagePipelineExecution": {"imageBuildVersionArn"},
    "CancelImageCreation": {"imageBuildVersionArn", "requestId"},
    "DeleteImage": {"imageBuildVersionArn", "requestId"},
    "StartResourceStateUpdate": {"lifecycleExecutionId"},
    "GetLifecycleExecution": {"lifecycleExecution"},
}
"""Members of which a response of the operation has at least one."""

_NEVER_SENT: Final = (ConnectTimeoutError, EndpointConnectionError, ProxyConnectionError, SSLError)
_SERVER_ERROR: Final = 500
_NO_SUCCESS: Final = 300
_FORBIDDEN: Final = 403
_TROUBLE_OF_STATUS: Final = {_FORBIDDEN: "denied", 429: "throttled", _SERVER_ERROR: "busy"}
_TROUBLE_OF_CODE: Final = {
    "ResourceInUseException": "busy",
    "ThrottlingException": "throttled",
    "RequestLimitExceeded": "throttled",
}

# Which code says that a role does not exist yet is not verified on AWS, so the word in the message decides.
_OF_A_ROLE: Final = frozenset(
    {"ClientException", "InvalidParameterException", "InvalidParameterValueException", "InvalidRequestException"}
)


class Fault(NamedTuple):
    """The fault of one attempt. The status is 0 when there was no response."""

    code: str
    status: int
    message: str
    error: BaseException | None = None

    def is_of_a_proxy(self) -> bool:
        """Return whether a proxy responded: the service names a code in its errors, and content otherwise."""
        return self.error is None and (self.status < _NO_SUCCESS or self.code == str(self.status))


def extend(client: Any) -> None:
    """Let the client retry what may succeed, and make no request for an event that has its response."""
    client.meta.events.register_first("needs-retry.imagebuilder", _wait)
    client.meta.events.register("before-call.imagebuilder", _require_time)
    client.meta.events.register("before-parse.imagebuilder", _require_json)


def has_content(operation: str, parsed: Mapping[str, Any]) -> bool:
    """Return whether a response is the service's own, so that the request was acted on."""
    return operation not in _CONTENT or bool(_CONTENT[operation] & parsed.keys())


def _require_time(**_: object) -> None:
    progress = CURRENT.get()
    if progress is not None and progress.is_over:
        raise OverError("the event has its response already")


def _require_json(response_dict: dict[str, Any], **_: object) -> None:
    """Empty a body that breaks botocore's parser: the missing content is then treated as a proxy's page is."""
    try:
        parsed = json.loads(response_dict["body"])
    except (ValueError, TypeError, RecursionError):
        parsed = None
    if not isinstance(parsed, dict):
        response_dict["body"] = b""


def _wait(
    attempts: int, operation: Any, response: tuple[Any, Mapping[str, Any]] | None, caught_exception: Any, **_: object
) -> float | None:
    """Pause, and return 0 for another attempt at once; None when there is no other attempt."""
    progress = CURRENT.get()
    if progress is None:
        return None
    calls = progress.calls
    calls.attempts[operation.name] += 1
    calls.most_tries = max(calls.most_tries, attempts)
    fault = _fault(operation.name, response, caught_exception)
    if fault is None:
        calls.seconds_of("", 0.0)
        return None
    calls.last_fault = fault.code
    trouble = _trouble(operation.name, fault)
    calls.was_turned_away = trouble in {"busy", "throttled"} and fault.status > 0
    if fault.is_of_a_proxy() or fault.status >= _SERVER_ERROR or _may_have_been_sent(fault.error):
        calls.unsure.add(operation.name)
    if trouble is None:
        return None
    now = progress.clock.monotonic()
    lasted = calls.seconds_of(trouble, now)
    throttled = calls.seconds_throttled(operation.name, now) if trouble == "throttled" else None
    room = progress.room()
    seconds = pause(attempts, throttled, room, progress.clock)
    if lasted + seconds > PATIENCE[trouble] or seconds > room:
        return None
    progress.clock.sleep(seconds)
    return 0.0


def _fault(operation: str, response: tuple[Any, Mapping[str, Any]] | None, error: Any) -> Fault | None:
    if response is None:
        return Fault(type(error).__name__, 0, "", error)
    status, parsed = response[0].status_code, response[1]
    if status < _NO_SUCCESS:
        # A proxy's page with status 200 reads as a success without content.
        return None if has_content(operation, parsed) else Fault("an answer without content", status, "")
    details = parsed.get("Error", {})
    return Fault(str(details.get("Code", status)), status, str(details.get("Message", "")))


def _trouble(operation: str, fault: Fault) -> str | None:
    """Return the kind of trouble, a key of PATIENCE; None for what no retry changes."""
    if fault.error is not None:
        return _trouble_of_connection(fault.error)
    if (operation, fault.code) == ("DeleteImagePipeline", "ResourceDependencyException"):
        return "busy"
    if fault.code in _TROUBLE_OF_CODE:
        return _TROUBLE_OF_CODE[fault.code]
    if (operation, fault.status) == ("GetImagePipeline", _FORBIDDEN):
        return "look denied"
    if fault.code in _OF_A_ROLE and re.search(r"role\b", fault.message, re.IGNORECASE):
        return "role"
    trouble = _TROUBLE_OF_STATUS.get(min(fault.status, _SERVER_ERROR))
    return "garbled" if trouble is None and fault.is_of_a_proxy() else trouble


def _trouble_of_connection(error: BaseException) -> str | None:
    if isinstance(error, SSLError):
        return "tls"
    return "busy" if isinstance(error, CONNECTION_ERRORS) else None


def _may_have_been_sent(error: BaseException | None) -> bool:
    return error is not None and not isinstance(error, _NEVER_SENT)
