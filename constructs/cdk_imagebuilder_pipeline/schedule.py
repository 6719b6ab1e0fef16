"""When a pipeline runs by itself."""

from dataclasses import dataclass
from enum import StrEnum

import aws_cdk as cdk
from aws_cdk import aws_events as events


class ScheduleStartCondition(StrEnum):
    """What has to be true when the schedule comes due."""

    EXPRESSION_MATCH_ONLY = "EXPRESSION_MATCH_ONLY"
    """Build every time."""

    EXPRESSION_MATCH_AND_DEPENDENCY_UPDATES_AVAILABLE = "EXPRESSION_MATCH_AND_DEPENDENCY_UPDATES_AVAILABLE"
    """Build only when a component or the base image has a newer version."""


@dataclass(frozen=True, kw_only=True)
class ImagePipelineSchedule:
    """When a pipeline runs by itself."""

    expression: events.Schedule | str
    """A cron expression of six fields, `cron(0 8 ? * mon *)`, or a rate, `rate(7 days)`: 1 to 1,024 characters
    (service model)."""

    timezone: cdk.TimeZone | str | None = None
    """The IANA time zone in which the expression is read. Default: the service's, UTC."""

    start_condition: ScheduleStartCondition | None = None
    """What has to be true when the schedule comes due. Default: the service's,
    EXPRESSION_MATCH_AND_DEPENDENCY_UPDATES_AVAILABLE."""

    auto_disable_failure_count: int | None = None
    """After how many failed runs in a row the service disables the pipeline: 1 to 10 (service model). Default:
    never."""
