"""One line of JSON for each event: what was done, never what was asked for."""

import json
import logging
import traceback
from typing import Any, Final

from imagebuilder_pipeline_handler.runtime.event import REQUEST_TYPES, Event
from imagebuilder_pipeline_handler.runtime.failure import HandlerError
from imagebuilder_pipeline_handler.runtime.progress import Progress

_QUIET: Final = {
    "crhelper": logging.CRITICAL,
    "boto3": logging.WARNING,
    "botocore": logging.WARNING,
    "botocore.httpsession": logging.WARNING,
    "urllib3": logging.ERROR,
}
"""Below these levels libraries log the event, the response and every request: pre-signed URL and property values."""

_log = logging.getLogger(__name__)


def quiet_libraries() -> None:
    """Keep secrets out of the log, whatever level somebody sets for all loggers."""
    for name, level in _QUIET.items():
        logging.getLogger(name).setLevel(level)


def log_event(
    event: Event,
    progress: Progress,
    outcome: str,
    error: BaseException | None,
    undelivered: BaseException | None,
) -> None:
    """Log an event that is over. Reasons and names may contain values of properties, so neither is logged."""
    calls = progress.calls
    line = {
        "request_type": event["RequestType"] if event["RequestType"] in REQUEST_TYPES else "unknown",
        "stack": event["StackId"],
        "logical_id": event["LogicalResourceId"],
        "request_id": event["RequestId"],
        "outcome": outcome,
        "delivered": undelivered is None,
        "operations": dict(calls.attempts),
        "attempts": sum(calls.attempts.values()),
        "seconds": round(progress.seconds(), 3),
    }
    more = {"last_fault": calls.last_fault, "note": progress.note} | (_described(error) if error else {})
    line |= {name: value for name, value in more.items() if value}
    # The fields stand in the message for readers, and beside it for Lambda's JSON format.
    _log.log(logging.ERROR if error or undelivered else logging.INFO, json.dumps(line), extra=line)


def _described(error: BaseException) -> dict[str, Any]:
    """Return the error's code and the places that it came through. Its message may contain values of properties."""
    code, request_id = type(error).__name__, ""
    if isinstance(error, HandlerError):
        code, request_id = error.reason.code, error.request_id
    frames = traceback.extract_tb(error.__traceback__)
    where = [f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno} {frame.name}" for frame in frames]
    return {"error": code, "service_request_id": request_id, "where": where}
