"""The watcher's entry point: a state machine invokes it for each look at an image that an event waits for."""

import json
import logging
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from imagebuilder_model.ownership import STACK_ID_TAG
from imagebuilder_pipeline_handler.build.reasons import BUILD_GONE
from imagebuilder_pipeline_handler.build.result import not_in_time, result_of, started
from imagebuilder_pipeline_handler.imagebuilder.advice import explained
from imagebuilder_pipeline_handler.imagebuilder.client import ImageBuilderClient, make_client
from imagebuilder_pipeline_handler.imagebuilder.images import cancel, live_image
from imagebuilder_pipeline_handler.runtime import http
from imagebuilder_pipeline_handler.runtime.clock import CLOCK, Clock
from imagebuilder_pipeline_handler.runtime.custom_resource import LambdaContext
from imagebuilder_pipeline_handler.runtime.failure import HandlerError
from imagebuilder_pipeline_handler.runtime.progress import Success
from imagebuilder_pipeline_handler.runtime.response import Put, body_of, deliver, put, response_to

_MOST_FAULTS: Final = 10
"""Looks in a row that may fail: five minutes, in which IAM shows a new role everywhere."""

Watch = Mapping[str, Any]
"""What the state machine passes from look to look: `event`, `image`, `until`, `timeout`, `isLast`, `faults`."""

_log = logging.getLogger(__name__)


class Watcher:
    """Looks at an image, and sends the response of the event when there is something to say."""

    def __init__(
        self, client: Callable[[], ImageBuilderClient] | None = None, *, clock: Clock = CLOCK, put: Put = put
    ) -> None:
        self._clock = clock
        self._put = put
        self._make_client = client or (lambda: make_client(clock.timeouts))
        self._client: ImageBuilderClient | None = None

    def __call__(self, watch: Watch, context: LambdaContext) -> dict[str, Any]:
        """Return the watch for the next look, with `isOver` when the event has its response.

        UndeliveredError when CloudFormation did not get the response: the state machine then tries again.
        """
        outcome, faults = self._look(watch)
        if outcome is not None:
            self._respond(watch, outcome, context)
        return {**watch, "faults": faults, "isOver": outcome is not None}

    def client(self) -> ImageBuilderClient:
        """Return the client, made once."""
        if self._client is None:
            self._client = self._make_client()
        return self._client

    def _look(self, watch: Watch) -> tuple[Success | HandlerError | None, int]:
        """Return the outcome of the event, None while there is none, and the number of looks that failed in a row."""
        is_over = self._clock.now() >= datetime.fromisoformat(watch["until"])
        try:
            image = live_image(self.client(), watch["image"])
            if image is None:
                return HandlerError(BUILD_GONE, watch["image"]), 0
            success = result_of(image)
            if success is not None or not is_over:
                return success, 0
            if not watch["isLast"]:
                return started(watch["image"]), 0
            if image["tags"].get(STACK_ID_TAG) == watch["event"]["StackId"]:
                with suppress(ClientError, BotoCoreError, HandlerError):
                    # CloudFormation's Delete or rollback cancels it otherwise.
                    cancel(self.client(), watch["image"], watch["event"]["RequestId"])
            return not_in_time(image, watch["timeout"]), 0
        except HandlerError as error:
            return error, 0
        except (ClientError, BotoCoreError) as error:
            faults = watch["faults"] + 1
            return explained(error, ()) if is_over or faults >= _MOST_FAULTS else None, faults

    def _respond(self, watch: Watch, outcome: Success | HandlerError, context: LambdaContext) -> None:
        event, image = watch["event"], watch["image"]
        is_create = event["RequestType"] == "Create"
        known = image if is_create or isinstance(outcome, Success) else event["PhysicalResourceId"]
        if isinstance(outcome, Success):
            response = response_to(event, "SUCCESS", known, data=outcome.attributes)
        else:
            response = response_to(event, "FAILED", known, reason=outcome.text())

        def seconds_left() -> float:
            return context.get_remaining_time_in_millis() / 1000

        deliver(event["ResponseURL"], body_of(response), seconds_left, self._put, self._clock)
        code = outcome.reason.code if isinstance(outcome, HandlerError) else "SUCCESS"
        line = {"image": image, "outcome": code, "stack": event["StackId"], "logical_id": event["LogicalResourceId"]}
        _log.info(json.dumps(line), extra=line)


look = Watcher()
"""What the state machine invokes."""

if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    with suppress(BaseException):
        http.prepare()
        look.client()
