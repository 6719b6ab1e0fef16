"""crhelper, made to answer once, in time and to the right stack."""

import logging
import os
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, Protocol

from crhelper import CfnResource

from imagebuilder_pipeline_handler.answer import UndeliveredError, body_of, deliver
from imagebuilder_pipeline_handler.reasons import reason_for, shortened

_SECONDS_TO_ANSWER: Final = 6.0
"""How long before the function's deadline a failure is answered although the work still runs."""

_log = logging.getLogger(__name__)


class LambdaContext(Protocol):
    """What is used of the context that Lambda passes to a function."""

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds left before Lambda stops the function."""
        ...


class CustomResource(CfnResource):
    """A CfnResource whose decorators are crhelper's and whose answers are ours.

    Each method with an underscore overrides crhelper's of that name; a test holds that they all still exist.
    """

    def __init__(self) -> None:
        with _sam_local():
            super().__init__(log_level="INFO", boto_level="WARNING", sleep_on_delete=0)
        # At DEBUG crhelper logs the event and the answer, with the pre-signed URL in them.
        logging.getLogger("crhelper").setLevel(logging.INFO)

    def __call__(self, event: dict[str, Any], context: LambdaContext) -> None:
        """Do what the event asks and answer it. UndeliveredError when CloudFormation did not take the answer."""
        self._answer_lock = threading.Lock()
        self._is_answered = False
        self._undelivered: UndeliveredError | None = None
        self._current_context = context
        self._current = event
        super().__call__(event, context)
        if self._undelivered is not None:
            raise self._undelivered

    def generate_physical_id(self, event: dict[str, Any]) -> str:
        """Return an id that is plainly no pipeline's, for a Create that made nothing: its Delete then calls nothing."""
        return f"not-created/{event['LogicalResourceId']}/{event['RequestId']}"

    def _log_setup(self, event: dict[str, Any], context: LambdaContext) -> None:
        """Leave the root logger to Lambda, which has set it as the function's configuration says."""

    def _wrap_function(self, func: Callable[[dict[str, Any], Any], str | None] | None) -> None:
        try:
            self.PhysicalResourceId = (func(self._current, None) if func else None) or ""
        except BaseException as error:  # noqa: BLE001 (also SystemExit: no way out of the work may leave a stack waiting)
            self.Status, self.Reason = "FAILED", reason_for(error)
            # Where it happened, and never the message: a message may hold values of properties.
            frames = "".join(traceback.format_tb(error.__traceback__))
            _log.error("%s: %s\n%s", self._title(), type(error).__name__, frames)

    def _set_timeout(self) -> None:
        self._timer = threading.Timer(max(0.0, self._seconds_left() - _SECONDS_TO_ANSWER), self._timeout)
        self._timer.daemon = True
        self._timer.start()

    def _timeout(self) -> None:
        self._send("FAILED", "the function ran out of time; what it asked Image Builder for may still happen")

    def _send(self, status: str | None = None, reason: str = "", send_response: object = None) -> None:  # noqa: ARG002 (crhelper's signature)
        with self._answer_lock:
            if self._is_answered:
                return
            self._is_answered = True
            event = self._current
            answer = {
                "Status": status or self.Status,
                "Reason": shortened(reason or self.Reason),
                "PhysicalResourceId": self._physical_id(event),
                "StackId": event["StackId"],
                "RequestId": event["RequestId"],
                "LogicalResourceId": event["LogicalResourceId"],
                "NoEcho": self.NoEcho,
                "Data": self.Data,
            }
            _log.info("%s: %s with physical id %s", self._title(), answer["Status"], answer["PhysicalResourceId"])
            try:
                deliver(event["ResponseURL"], body_of(answer), self._seconds_left)
            except UndeliveredError as error:
                _log.error("%s", error)
                self._undelivered = error

    def _seconds_left(self) -> float:
        return self._current_context.get_remaining_time_in_millis() / 1000

    def _title(self) -> str:
        return f"{self._current['RequestType']} of {self._current['LogicalResourceId']}"

    def _physical_id(self, event: dict[str, Any]) -> str:
        known = event.get("PhysicalResourceId", "")
        if event["RequestType"] == "Delete":
            return str(known)
        return self.PhysicalResourceId or str(known) or self.generate_physical_id(event)


@contextmanager
def _sam_local() -> Iterator[None]:
    """Keep CfnResource's constructor from making three clients, for a polling that is not used."""
    before = os.environ.get("AWS_SAM_LOCAL")
    os.environ["AWS_SAM_LOCAL"] = "true"
    try:
        yield
    finally:
        if before is None:
            del os.environ["AWS_SAM_LOCAL"]
        else:
            os.environ["AWS_SAM_LOCAL"] = before
