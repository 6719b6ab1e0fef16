"""One line of JSON an event: what was done, never what was asked for."""

import json
import logging
import traceback
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from imagebuilder_pipeline_handler.event import KINDS
from imagebuilder_pipeline_handler.reasons import HandlerError
from imagebuilder_pipeline_handler.work import Work

_log = logging.getLogger(__name__)


def log_event(
    event: Mapping[str, Any], work: Work, outcome: str, error: BaseException | None, undelivered: BaseException | None
) -> None:
    """Log an event that is over. Values of properties are in the reason and in names, so neither is logged."""
    line = {
        "request_type": event["RequestType"] if event["RequestType"] in KINDS else "unknown",
        "stack": event["StackId"],
        "logical_id": event["LogicalResourceId"],
        "request_id": event["RequestId"],
        "outcome": outcome,
        "delivered": undelivered is None,
        "operations": dict(work.attempts),
        "attempts": sum(work.attempts.values()),
        "seconds": round(work.seconds(), 3),
    }
    more = {"last_fault": work.last_fault, "note": work.note} | (_described(error) if error else {})
    line |= {name: value for name, value in more.items() if value}
    # The fields stand in the text for whoever reads that, and beside it for Lambda's JSON format.
    _log.log(logging.ERROR if error or undelivered else logging.INFO, json.dumps(line), extra=line)


def _described(error: BaseException) -> dict[str, Any]:
    """Name an error, and the places that it came through. Its message may hold values of properties."""
    code, request_id = type(error).__name__, ""
    match error:
        case HandlerError():
            code = error.code
        case ClientError():
            code = str(error.response.get("Error", {}).get("Code", code))
            request_id = str(error.response.get("ResponseMetadata", {}).get("RequestId", ""))
        case _:
            pass
    frames = traceback.extract_tb(error.__traceback__)
    where = [f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno} {frame.name}" for frame in frames]
    return {"error": code, "service_request_id": request_id, "where": where}
