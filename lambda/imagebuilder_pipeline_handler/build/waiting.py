"""Hands an event over to the state machine that looks at the image and sends the response."""

import json
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from typing import Any, Final

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from imagebuilder_pipeline_handler.build.properties import Wait
from imagebuilder_pipeline_handler.build.reasons import NOT_WATCHED
from imagebuilder_pipeline_handler.build.result import result_of, started
from imagebuilder_pipeline_handler.imagebuilder.errors import error_code, is_denied
from imagebuilder_pipeline_handler.imagebuilder.retry import PATIENCE
from imagebuilder_pipeline_handler.imagebuilder.task import Task
from imagebuilder_pipeline_handler.runtime.clock import Timeouts
from imagebuilder_pipeline_handler.runtime.event import issued_at
from imagebuilder_pipeline_handler.runtime.failure import HandlerError
from imagebuilder_pipeline_handler.runtime.progress import Later, Outcome

_PAUSE: Final = 5.0
"""Seconds between two attempts to start the state machine."""

_OF_RESPONSE: Final = (
    "RequestType",
    "StackId",
    "RequestId",
    "LogicalResourceId",
    "PhysicalResourceId",
    "ResponseURL",
)
"""Members of an event that its response needs. Properties stay out of the state machine."""


def outcome_of(task: Task, image: Mapping[str, Any], wait: Wait) -> Outcome:
    """Return the success of an image that was built, or wait for it if the template does. HandlerError if it failed."""
    arn = task.progress.physical_id = image["arn"]
    success = result_of(image)
    if success is not None:
        return success
    return wait_for(task, arn, wait) if wait.seconds else started(arn)


def wait_for(task: Task, arn: str, wait: Wait) -> Later:
    """Let the state machine look at an image until its build ends or the wait is over, and send the response then.

    The name of the execution is the event's, so that a second delivery starts no second one. HandlerError
    `NotWatched` when it cannot be started.
    """
    # A delivery that comes late does not make the wait longer than CloudFormation's own.
    since = issued_at(task.event) or task.progress.clock.now()
    watch = {
        "event": {name: task.event[name] for name in _OF_RESPONSE if name in task.event},
        "image": arn,
        "until": (since + timedelta(seconds=wait.seconds)).isoformat(),
        "timeout": wait.timeout,
        "isLast": wait.is_last,
        "faults": 0,
    }
    try:
        _start(task, {"stateMachineArn": wait.watcher, "name": task.token("Wait"), "input": json.dumps(watch)})
    except (ClientError, BotoCoreError) as error:
        if error_code(error) != "ExecutionAlreadyExists":
            raise HandlerError(NOT_WATCHED, f"{wait.watcher}: {error_code(error) or type(error).__name__}") from error
    return Later()


def _start(task: Task, request: Mapping[str, str]) -> None:
    """Start the execution. The permission may be as new as the state machine, so a denial is not final at once."""
    progress = task.progress
    ends = progress.clock.monotonic() + PATIENCE["denied"]
    while True:
        try:
            _client(progress.clock.timeouts).start_execution(**request)
        except ClientError as error:
            is_final = progress.clock.monotonic() + _PAUSE > ends or not progress.allows(_PAUSE)
            if not is_denied(error) or is_final:
                raise
            progress.clock.sleep(_PAUSE)
        else:
            return


@cache
def _client(timeouts: Timeouts) -> Any:
    """Return a client of Step Functions. Few events need it, and its model is the SDK's of the Lambda runtime."""
    config = Config(
        connect_timeout=timeouts.connect,
        read_timeout=timeouts.read,
        retries={"mode": "standard", "total_max_attempts": 6},
    )
    return botocore.session.Session().create_client("stepfunctions", config=config)
