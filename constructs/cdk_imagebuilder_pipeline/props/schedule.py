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
    """Build every time."""

    EXPRESSION_MATCH_AND_DEPENDENCY_UPDATES_AVAILABLE = "EXPRESSION_MATCH_AND_DEPENDENCY_UPDATES_AVAILABLE"
    """Build only when a component or the base image has a newer version."""


@dataclass(frozen=True, kw_only=True)
class ImagePipelineSchedule:
    """The schedule of a pipeline."""

    expression: events.Schedule | scheduler.ScheduleExpression | cdk.IResolvable | str
    """`cron(...)` or `rate(...)` of `events.Schedule` or of `scheduler.ScheduleExpression`, whose time zone is then the
    schedule's, or a text of 1 to 1,024 characters (service model):

    - `cron(<minute> <hour> <day of month> <month> <day of week> <year>)`, as `cron(0 8 ? * MON *)`: 0-59, 0-23, 1-31,
      1-12 or JAN-DEC, 1-7 or SUN-SAT, 1970-2199; `*` for each, `a-b`, `a,b`, `a/b` for every b from a; `L` for the last
      day, `3W` for the weekday nearest the 3rd, `2#1` for the first Monday. One of the two days should be `?`: a
      warning, `cdk-imagebuilder-pipeline:schedule-days`, says so when none or both are.
    - `rate(<whole number> <minutes, hours or days>)`, as `rate(7 days)`, of at least 1.

    What the user guide neither allows nor forbids is a warning too, `cdk-imagebuilder-pipeline:schedule-undocumented`.
    """

    timezone: cdk.TimeZone | cdk.IResolvable | str | None = None
    """The time zone of the expression: a `TimeZone` or an IANA name such as `Europe/London`, of 3 to 100 characters
    (service model). A name that this machine's database lacks causes the warning
    `cdk-imagebuilder-pipeline:timezone-unknown`. Default: that of a `ScheduleExpression`, otherwise the service's,
    UTC."""

    start_condition: ScheduleStartCondition | cdk.IResolvable | None = None
    """The condition for a run when the schedule is due. Default: the service's,
    EXPRESSION_MATCH_AND_DEPENDENCY_UPDATES_AVAILABLE."""

    # A token of a number is a float.
    auto_disable_failure_count: int | float | cdk.IResolvable | None = None
    """The number of consecutive failed scheduled runs after which the service disables the pipeline: 1 to 10 (service
    model). Default: the service's, 5 (API reference of AutoDisablePolicy)."""


_DEFAULT_TIMEZONE: Final = "Etc/UTC"
"""The time zone of a `ScheduleExpression` that was given none."""


def timezone_of(schedule: ImagePipelineSchedule) -> object:
    """Return the time zone of a schedule, or of its expression."""
    return schedule.timezone if schedule.timezone is not None else getattr(schedule.expression, "time_zone", None)


def fault_of_timezone(schedule: object) -> str | None:
    """Return the problem when a schedule and its expression have different time zones."""
    if not isinstance(schedule, ImagePipelineSchedule) or schedule.timezone is None:
        return None
    own = getattr(schedule.timezone, "timezone_name", schedule.timezone)
    other = getattr(getattr(schedule.expression, "time_zone", None), "timezone_name", own)
    if other in {own, _DEFAULT_TIMEZONE} or is_unresolved(own):
        return None
    return f"is another one than the expression's: got {own!r} and {other!r}, give one of them"
