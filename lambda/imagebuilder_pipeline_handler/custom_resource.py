"""crhelper, made to answer once, in time and to the right stack."""

import logging
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Final, Protocol

from crhelper import CfnResource

from imagebuilder_pipeline_handler.answer import UndeliveredError, body_of, deliver
from imagebuilder_pipeline_handler.event import KINDS, checked, marker
from imagebuilder_pipeline_handler.log import log_event
from imagebuilder_pipeline_handler.reasons import HandlerError, reason_for
from imagebuilder_pipeline_handler.work import CURRENT, Work

_QUIET: Final = {
    "crhelper": logging.CRITICAL,
    "boto3": logging.WARNING,
    "botocore": logging.WARNING,
    "urllib3": logging.WARNING,
}
"""At lower levels these log the event, the answer and every request: pre-signed URL and property values."""

Worker = Callable[[dict[str, Any], Any], str | None]


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
        for name, level in _QUIET.items():
            logging.getLogger(name).setLevel(level)

    def __call__(self, event: dict[str, Any], context: LambdaContext) -> None:
        """Do what the event asks and answer it.

        InvalidEventError, before anything is touched, when the event does not say whom to answer; UndeliveredError when
        CloudFormation did not take the answer. After either Lambda delivers the event again.
        """
        self._current = checked(event, context)
        self.work = Work(lambda: context.get_remaining_time_in_millis() / 1000)
        self._sending = threading.Lock()
        self._outcome = ""
        self._error: BaseException | None = None
        self._undelivered: UndeliveredError | None = None
        self.NoEcho = False
        super().__call__(self._current, context)
        log_event(self._current, self.work, self._outcome, self._error, self._undelivered)
        if self._undelivered is not None:
            raise self._undelivered

    def generate_physical_id(self, event: dict[str, Any]) -> str:
        """Return an id that is plainly no pipeline's, for a Create that made nothing: its Delete then calls nothing."""
        return marker(event)

    def _log_setup(self, event: dict[str, Any], context: LambdaContext) -> None:
        """Leave the root logger to Lambda, which has set it as the function's configuration says."""

    def _poll_enabled(self) -> None:
        """Never poll: crhelper would put the pre-signed URL into a rule's target."""

    def _get_func(self) -> Worker | None:
        kind = self._current["RequestType"]
        registered: Worker | None = getattr(self, f"_{kind.lower()}_func") if kind in KINDS else _refuse
        return registered

    def _wrap_function(self, func: Worker | None) -> None:
        current = CURRENT.set(self.work)
        try:
            self.PhysicalResourceId = (func(self._current, None) if func else None) or ""
        except BaseException as error:  # noqa: BLE001 (also SystemExit: no way out of the work may leave a stack waiting)
            if self.work.ended_at is None:
                self._fail(error)
        if not self.work.end():
            self._take_back()
        CURRENT.reset(current)

    def _fail(self, error: BaseException) -> None:
        self._error = error
        self.Status, self.Reason = "FAILED", reason_for(error, self.work.story())

    def _take_back(self) -> None:
        """Undo what was done too late: CloudFormation has been told that it failed."""
        with self._sending:
            delivered = self._undelivered is None
        # What was not delivered is delivered again by Lambda, and then finds what was made.
        if delivered:
            try:
                self.work.take_back()
            except Exception as error:  # noqa: BLE001 (the event is answered: only the log is left to tell)
                self.work.note = f"what was done too late could not be undone: {type(error).__name__}"

    def _set_timeout(self) -> None:
        wait = max(0.0, self.work.seconds_left() - self.work.answer_before)
        self._timer = threading.Timer(wait, partial(self._timeout, self.work))
        self._timer.daemon = True
        self._timer.start()

    def _timeout(self, work: Work | None = None) -> None:
        # Lambda may have frozen this thread when its event was over, and let it go on in the middle of the next.
        with self._sending:
            if (work or self.work).end():
                self._fail(HandlerError("OutOfTime", "no more is done for this event"))
                self._answer(self.Status, self.Reason)

    def _send(self, status: str | None = None, reason: str = "", send_response: object = None) -> None:  # noqa: ARG002 (crhelper's signature)
        self.work.end()
        with self._sending:
            self._answer(status or self.Status, reason or self.Reason)

    def _answer(self, status: str, reason: str) -> None:
        """Answer, unless that was done. The lock is held, so that nobody else does it meanwhile."""
        if self._outcome:
            return
        try:
            body = body_of(self._content(status, reason))
        except (TypeError, ValueError, RecursionError) as error:
            self._error, status = error, "FAILED"
            reason = reason_for(HandlerError("AttributesNotJson", type(error).__name__))
            body = body_of(self._content(status, reason))
        self._outcome = status
        try:
            deliver(self._current["ResponseURL"], body, self.work.seconds_left)
        except UndeliveredError as error:
            self._undelivered = error

    def _content(self, status: str, reason: str) -> dict[str, Any]:
        event = self._current
        return {
            "Status": status,
            "Reason": reason,
            "PhysicalResourceId": self._physical_id(status),
            "StackId": event["StackId"],
            "RequestId": event["RequestId"],
            "LogicalResourceId": event["LogicalResourceId"],
            "NoEcho": self.NoEcho,
            "Data": self.Data if status == "SUCCESS" else {},
        }

    def _physical_id(self, status: str) -> str:
        """Return the id that is true of this answer.

        A changed id on an Update is a replacement, and the Delete of the old one follows: no failure may cause that.
        """
        event = self._current
        known = event.get("PhysicalResourceId")
        match event["RequestType"], status:
            case (("Create" | "Update"), "SUCCESS"):
                return str(self.PhysicalResourceId or known or marker(event))
            case "Create", _:
                return self.work.physical_id or marker(event)
            case _:
                return known or marker(event)


def _refuse(event: dict[str, Any], _context: object) -> None:
    raise HandlerError("InvalidEvent", f"RequestType is none of Create, Update and Delete: {event['RequestType']!r}")


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
