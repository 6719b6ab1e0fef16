"""The schedule of a pipeline."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_scheduler as scheduler

from cdk_imagebuilder_pipeline.values.tokens import is_unresolved


class ScheduleStartCondition(StrEnum):
    """The condition for a run when the schedule is due."""

    EXPRESSION_MATCH_ONLY = "EXPRESSION_MATCH_ONLY"
    """Build on every scheduled run."""

    EXPRESSION_MATCH_AND_DEPENDENCY_UPDATES_AVAILABLE = "EXPRESSION_MATCH_AND_DEPENDENCY_UPDATES_AVAILABLE"
    """Build only if a component or the base image has a newer version."""


@dataclass(frozen=True, kw_only=True)
class ImagePipelineSchedule:
    """The schedule of a pipeline."""

    expression: events.Schedule | scheduler.ScheduleExpression | cdk.IResolvable | str
    """A `cron(...)` or `rate(...)` expression: an `events.Schedule`, a `scheduler.ScheduleExpression`, whose time zone
    also applies to the schedule, or a string of 1 to 1,024 characters (service model):

    - `cron(<minute> <hour> <day of month> <month> <day of week> <year>)`, such as `cron(0 8 ? * MON *)`. Values: 0-59,
      0-23, 1-31, 1-12 or JAN-DEC, 1-7 or SUN-SAT, 1970-2199. Special characters: `*` for all values, `a-b`, `a,b`,
      `a/b` for every b starting at a, `L` for the last day, `3W` for the weekday nearest the 3rd, `2#1` for the first
      Monday. Exactly one of the two day fields should be `?`; otherwise the warning
      `cdk-imagebuilder-pipeline:schedule-days` is added.
    - `rate(<whole number> <minutes, hours or days>)`, such as `rate(7 days)`, with a number of at least 1.

    Forms that the user guide neither allows nor forbids cause the warning
    `cdk-imagebuilder-pipeline:schedule-undocumented`.
    """

    timezone: cdk.TimeZone | cdk.IResolvable | str | None = None
    """The time zone of the expression: a `TimeZone` or an IANA name such as `Europe/London`, of 3 to 100 characters
    (service model). A name that this machine's database lacks causes the warning
    `cdk-imagebuilder-pipeline:timezone-unknown`. Default: that of a `ScheduleExpression`, otherwise the service's,
    UTC."""

    start_condition: ScheduleStartCondition | cdk.IResolvable | None = None
    """The condition for a run when the schedule is due. Default: the service's,
    EXPRESSION_MATCH_AND_DEPENDENCY_UPDATES_AVAILABLE."""

    # A number token is a float.
    auto_disable_failure_count: int | float | cdk.IResolvable | None = None
    """The number of consecutive failed scheduled runs after which the service disables the pipeline: 1 to 10 (service
    model). Default: the service's, 5 (API reference of AutoDisablePolicy)."""


_DEFAULT_TIMEZONE: Final = "Etc/UTC"
"""The time zone of a `ScheduleExpression` by default."""


def timezone_of(schedule: ImagePipelineSchedule) -> object:
    """Return the time zone of a schedule or, if not set, of its expression."""
    return schedule.timezone if schedule.timezone is not None else getattr(schedule.expression, "time_zone", None)


def fault_of_timezone(schedule: object) -> str | None:
    """Return the problem when a schedule and its expression have different time zones."""
    if not isinstance(schedule, ImagePipelineSchedule) or schedule.timezone is None:
        return None
    own = getattr(schedule.timezone, "timezone_name", schedule.timezone)
    other = getattr(getattr(schedule.expression, "time_zone", None), "timezone_name", own)
    if other in {own, _DEFAULT_TIMEZONE} or is_unresolved(own):
        return None
    return f"differs from the time zone of the expression: got {own!r} and {other!r}, give only one of them"
