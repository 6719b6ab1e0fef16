"""What Lambda invokes: it validates an event, leaves one that a later event has overtaken, and attempts the others."""

import logging
import os
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from imagebuilder_pipeline_handler.runtime.attempt import Attempt, Work
from imagebuilder_pipeline_handler.runtime.clock import CLOCK, Clock
from imagebuilder_pipeline_handler.runtime.event import Event, issued_at, validated
from imagebuilder_pipeline_handler.runtime.progress import Progress
from imagebuilder_pipeline_handler.runtime.response import Put, put

_CLOCK_SKEW: Final = timedelta(seconds=2)
"""The difference allowed between the clocks of the hosts that send a stack's events."""

_MOST_RESOURCES: Final = 1000
"""The number of resources whose last event the process remembers: a stack has 500 at most."""

_log = logging.getLogger(__name__)
if "AWS_LAMBDA_LOG_LEVEL" not in os.environ:
    # Where the function's configuration sets no level, Python's default would drop the line of an event that succeeded.
    logging.getLogger("imagebuilder_pipeline_handler").setLevel(logging.INFO)


class LambdaContext(Protocol):
    """The part of Lambda's context that is used."""

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds left before Lambda stops the function."""
        ...


class CustomResource:
    """A handler of CloudFormation's events."""

    def __init__(self, work: Work, *, clock: Clock = CLOCK, put: Put = put) -> None:
        self._work = work
        self._clock = clock
        self._put = put
        self._latest: dict[tuple[str, str], datetime] = {}

    def __call__(self, event: dict[str, Any], context: LambdaContext) -> None:
        """Do what the event asks for and send its response.

        InvalidEventError, before anything is done, when the event cannot get a response; UndeliveredError when
        CloudFormation did not get it. Lambda redelivers the event after either. One that a later event of the same
        resource has overtaken is left, because nobody waits for it.
        """
        known = validated(event, context, self._clock.now())
        if self._is_overtaken(known):
            _log.warning("left undone: a later event of the resource came before this delivery of an earlier one")
            return
        progress = Progress(lambda: context.get_remaining_time_in_millis() / 1000, self._clock)
        Attempt(self._work, known, progress, self._clock, self._put).run(context)

    def _is_overtaken(self, event: Event) -> bool:
        """Return whether this process has seen a later event of the resource, and remember this one if not."""
        resource = (event["StackId"], event["LogicalResourceId"])
        issued, latest = issued_at(event), self._latest.get(resource)
        if issued is None:
            return False
        if latest is not None and issued < latest - _CLOCK_SKEW:
            return True
        if len(self._latest) >= _MOST_RESOURCES:
            self._latest.pop(next(iter(self._latest)))
        self._latest[resource] = max(issued, latest or issued)
        return False
