"""One delivery of an event: its work, its one response, and the undoing of work that ended too late.

crhelper is the frame: it calls `_wrap_function` with the work, and then `_send`, whatever happens in between.
"""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from imagebuilder_pipeline_handler.runtime._crhelper import CfnResource, without_side_effects
from imagebuilder_pipeline_handler.runtime.clock import Clock, Job
from imagebuilder_pipeline_handler.runtime.event import REQUEST_TYPES, Event, marker
from imagebuilder_pipeline_handler.runtime.failure import INVALID_EVENT, OUT_OF_TIME, HandlerError, failure_of
from imagebuilder_pipeline_handler.runtime.log import log_event
from imagebuilder_pipeline_handler.runtime.progress import CURRENT, Outcome, Progress, Success
from imagebuilder_pipeline_handler.runtime.response import Put, UndeliveredError, body_of, deliver, response_to

Work = Callable[[Event, Progress], Outcome]
"""The work on one event."""

LATER: Final = "LATER"
"""The outcome of an event whose response something else sends, beside SUCCESS and FAILED."""

_SECONDS_FOR_THE_END: Final = 2.0
"""Seconds reserved to return: Lambda redelivers an event that times out."""

T = TypeVar("T")


class Attempt(CfnResource):
    """One delivery of an event.

    Each method with a leading underscore that crhelper has too overrides it; a test checks that they all still exist.
    """

    def __init__(self, work: Work, event: dict[str, Any], progress: Progress, clock: Clock, put: Put) -> None:
        with without_side_effects():
            super().__init__(sleep_on_delete=0)
        self.event: Final = event
        self.progress: Final = progress
        self.outcome = ""
        """The status that was sent, or LATER; empty before."""
        self.error: BaseException | None = None
        self.undelivered: UndeliveredError | None = None
        self._work = work
        self._clock = clock
        self._put = put
        self._late: Job[Outcome] | None = None
        self._is_delivered = False

    def run(self, context: object) -> None:
        """Do what the event asks for and send its response. UndeliveredError when CloudFormation did not get it."""
        self(self.event, context)
        if not self._is_delivered and self.undelivered is None:
            # crhelper swallows what goes wrong while it sends the response.
            self.undelivered = UndeliveredError("CloudFormation did not get the response")
        self._undo_late_work()
        log_event(self.event, self.progress, self.outcome, self.error, self.undelivered)
        if self.undelivered is not None:
            raise self.undelivered

    def generate_physical_id(self, event: Event) -> str:
        """Return a marker, for a Create that made nothing: its Delete then calls nothing."""
        return marker(event)

    def _log_setup(self, event: object, context: object) -> None:
        """Leave the loggers as they are: Lambda configures the root logger."""

    def _poll_enabled(self) -> bool:
        """Never poll: crhelper would put the pre-signed URL into the target of a rule."""
        return False

    def _set_timeout(self) -> None:
        """Set no timer: the work has its own thread, and is waited for only while there is time."""

    def _get_func(self) -> Work:
        return self._work if self.event["RequestType"] in REQUEST_TYPES else _refuse

    def _wrap_function(self, func: Work) -> None:
        progress = self.progress
        try:
            job = self._start(lambda: func(self.event, progress))
        except (RuntimeError, MemoryError) as error:
            # Nothing has begun. Without a response the event is redelivered, to a process with more room.
            self.error = error
            self.undelivered = UndeliveredError(f"the work could not begin: {type(error).__name__}")
            return
        is_over = job.ends_within(progress.seconds_left() - progress.respond_before)
        progress.end()
        if not is_over and progress.success is not None:
            progress.note = progress.note or "tidying up did not end in time"
            progress.abandon()
            self._succeed(progress.success)
        elif not is_over:
            self._late = job
            self._fail(HandlerError(OUT_OF_TIME, "no more is done for this event"))
        elif job.error is not None:
            self._fail(job.error)
        elif isinstance(job.result, Success):
            self._succeed(job.result)
        else:
            self.outcome, self._is_delivered = LATER, True

    def _start(self, work: Callable[[], T]) -> Job[T]:
        def run() -> T:
            CURRENT.set(self.progress)
            return work()

        return self._clock.start(run)

    def _succeed(self, success: Success) -> None:
        self.PhysicalResourceId, self.Data = success.physical_id, dict(success.attributes)

    def _fail(self, error: BaseException) -> None:
        self.error = error
        self.Status, self.Reason = "FAILED", failure_of(error).text(self.progress.attempts())

    def _undo_late_work(self) -> None:
        """Undo what was done too late, if there is time: CloudFormation knows that it failed.

        Without a delivered response Lambda redelivers the event, which then finds what was made.
        """
        if self._late is not None:
            if self.undelivered is None and self._late.ends_within(self._time_to_undo()):
                undoing = self._start(self.progress.undo_late_work)
                if undoing.ends_within(self._time_to_undo()) and undoing.error is not None:
                    fault = type(undoing.error).__name__
                    self.progress.note = f"what was done too late could not be undone: {fault}"
            # Lambda freezes a thread that is left, and lets it go on in the middle of another event.
            self.progress.abandon()

    def _time_to_undo(self) -> float:
        return self.progress.seconds_left() - _SECONDS_FOR_THE_END

    def _send(self, status: str | None = None, reason: str = "", send_response: object = None) -> None:  # noqa: ARG002 (crhelper's signature)
        """Send the response, unless there is one already, or the event is to be redelivered."""
        if self.outcome or self.undelivered is not None:
            return
        self.outcome = status or self.Status
        body = body_of(self._content(self.outcome, reason or self.Reason))
        try:
            deliver(self.event["ResponseURL"], body, self.progress.seconds_left, self._put, self._clock)
            self._is_delivered = True
        except UndeliveredError as error:
            self.undelivered = error

    def _content(self, status: str, reason: str) -> dict[str, Any]:
        data = self.Data if status == "SUCCESS" else {}
        return response_to(self.event, status, self._physical_id(status), reason=reason, data=data)

    def _physical_id(self, status: str) -> str:
        """Return the physical id for the response.

        Another id on an Update is a replacement, and the Delete of the old one follows: no failure may cause that.
        """
        event = self.event
        known = event.get("PhysicalResourceId")
        match event["RequestType"], status:
            case (("Create" | "Update"), "SUCCESS"):
                return str(self.PhysicalResourceId or known or marker(event))
            case "Create", _:
                return self.progress.physical_id or marker(event)
            case _:
                return known or marker(event)


def _refuse(event: Event, _progress: Progress) -> Outcome:
    request_type = event["RequestType"]
    raise HandlerError(INVALID_EVENT, f"RequestType is not Create, Update or Delete: got {request_type!r}")
