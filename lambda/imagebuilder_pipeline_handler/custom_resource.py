"""crhelper, made to answer once, in time and to the right stack."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, Protocol, TypeVar

from imagebuilder_pipeline_handler._crhelper import CfnResource, no_clients
from imagebuilder_pipeline_handler.answer import UndeliveredError, body_of, deliver
from imagebuilder_pipeline_handler.errand import Errand
from imagebuilder_pipeline_handler.event import KINDS, checked, issued_at, marker, secrets_of
from imagebuilder_pipeline_handler.log import log_event
from imagebuilder_pipeline_handler.reasons import HandlerError, reason_for
from imagebuilder_pipeline_handler.work import CURRENT, Work

_QUIET: Final = {
    "crhelper": logging.CRITICAL,
    "boto3": logging.WARNING,
    "botocore": logging.WARNING,
    "urllib3": logging.ERROR,
}
"""At lower levels these log the event, the answer and every request: pre-signed URL and property values."""

_SECONDS_FOR_THE_END: Final = 2.0
"""Left of the function's time when nothing more is waited for: a function that does not end is invoked once more."""

_CLOCKS: Final = timedelta(seconds=2)
"""How far the clocks of the hosts may be apart that send a stack's events."""

_MOST_RESOURCES: Final = 1000
"""For so many resources the process remembers the last event: a stack has 500 at most."""

_log = logging.getLogger(__name__)

T = TypeVar("T")
Worker = Callable[[dict[str, Any], Work], str | None]


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
        with no_clients():
            super().__init__(log_level="INFO", boto_level="WARNING", sleep_on_delete=0)
        self._latest: dict[tuple[str, str], datetime] = {}
        for name, level in _QUIET.items():
            logging.getLogger(name).setLevel(level)

    def __call__(self, event: dict[str, Any], context: LambdaContext) -> None:
        """Do what the event asks and answer it.

        InvalidEventError, before anything is touched, when the event does not say whom to answer; UndeliveredError when
        CloudFormation did not take the answer. After either Lambda delivers the event again. One that a later event of
        the same resource has overtaken is left: nobody waits for it.
        """
        self._current = checked(event, context)
        if self._is_overtaken():
            _log.warning("left undone: a later event of the resource came before this delivery of an earlier one")
            return
        self._work = Work(lambda: context.get_remaining_time_in_millis() / 1000)
        self._late: Errand[str | None] | None = None
        self._outcome = ""
        self._error: BaseException | None = None
        self._is_delivered = False
        self._undelivered: UndeliveredError | None = None
        self.NoEcho = False
        super().__call__(self._current, context)
        if not self._is_delivered and self._undelivered is None:
            # crhelper swallows what goes wrong while it answers.
            self._undelivered = UndeliveredError("CloudFormation was not answered")
        self._take_back()
        log_event(self._current, self._work, self._outcome, self._error, self._undelivered)
        if self._undelivered is not None:
            raise self._undelivered

    def _is_overtaken(self) -> bool:
        """Tell whether this process has seen a later event of the resource, and remember this one if not."""
        resource = (self._current["StackId"], self._current["LogicalResourceId"])
        issued, latest = issued_at(self._current), self._latest.get(resource)
        if issued is None:
            return False
        if latest is not None and issued < latest - _CLOCKS:
            return True
        if len(self._latest) >= _MOST_RESOURCES:
            self._latest.pop(next(iter(self._latest)))
        self._latest[resource] = max(issued, latest or issued)
        return False

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

    def _set_timeout(self) -> None:
        """Set no timer: the work has a thread of its own, and is waited for no longer than there is time."""

    def _wrap_function(self, func: Worker | None) -> None:
        work, event = self._work, self._current
        try:
            errand = Errand(partial(_do, work, lambda: func(event, work) if func else None))
        except (RuntimeError, MemoryError) as error:
            # Nothing has begun: what is not answered is delivered again, to a process with more room.
            self._error = error
            self._undelivered = UndeliveredError(f"the work could not begin: {type(error).__name__}")
            return
        is_over = errand.ends_within(work.seconds_left() - work.answer_before)
        work.end()
        if not is_over and work.outcome is not None:
            work.note = work.note or "tidying up did not end in time"
            work.abandon()
            self.PhysicalResourceId, self.Data = work.outcome.arn, work.attributes
        elif not is_over:
            self._late = errand
            self._fail(HandlerError("OutOfTime", "no more is done for this event"))
        elif errand.error is not None:
            self._fail(errand.error)
        else:
            self.PhysicalResourceId, self.Data = errand.result or "", work.attributes

    def _fail(self, error: BaseException) -> None:
        self._error = error
        self.Status, self.Reason = "FAILED", reason_for(error, self._work.story(), secrets_of(self._current))

    def _take_back(self) -> None:
        """Undo what was done too late, if there is time: CloudFormation has been told that it failed.

        What was not delivered is delivered again by Lambda, and then finds what was made.
        """
        work = self._work
        if self._late is not None:
            if self._undelivered is None and self._late.ends_within(work.seconds_left() - _SECONDS_FOR_THE_END):
                undoing = Errand(partial(_do, work, work.take_back))
                if undoing.ends_within(work.seconds_left() - _SECONDS_FOR_THE_END) and undoing.error is not None:
                    work.note = f"what was done too late could not be undone: {type(undoing.error).__name__}"
            # Lambda freezes a thread that is left, and lets it go on in the middle of another event.
            work.abandon()

    def _send(self, status: str | None = None, reason: str = "", send_response: object = None) -> None:  # noqa: ARG002 (crhelper's signature)
        self._answer(status or self.Status, reason or self.Reason)

    def _answer(self, status: str, reason: str) -> None:
        """Answer, unless that was done or the event is to be delivered again."""
        if self._outcome or self._undelivered is not None:
            return
        try:
            body = body_of(self._content(status, reason))
        except (TypeError, ValueError, RecursionError) as error:
            self._error, status = error, "FAILED"
            reason = reason_for(HandlerError("AttributesNotJson", type(error).__name__))
            body = body_of(self._content(status, reason))
        self._outcome = status
        try:
            deliver(self._current["ResponseURL"], body, self._work.seconds_left)
            self._is_delivered = True
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
                return self._work.physical_id or marker(event)
            case _:
                return known or marker(event)


def _do(work: Work, job: Callable[[], T]) -> T:
    """Do it in the name of an event, so that the client's requests are counted and ended with it."""
    CURRENT.set(work)
    return job()


def _refuse(event: dict[str, Any], _work: Work) -> None:
    raise HandlerError("InvalidEvent", f"RequestType is none of Create, Update and Delete: {event['RequestType']!r}")
