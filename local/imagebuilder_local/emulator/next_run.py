"""The time at which a schedule runs next."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final
from zoneinfo import ZoneInfo

from imagebuilder_local.emulator.cron import next_time

_SECONDS: Final = {"minute": 60, "hour": 3600, "day": 86400}


def next_run(schedule: Mapping[str, Any], since: float, now: float) -> float | None:
    """Return the time of the next run after `now`, None for an expression or time zone that is not understood.

    Times are in seconds since the epoch. A rate counts from `since`: what it counts from is not verified on AWS.
    """
    found = re.fullmatch(r"(cron|rate)\((.*)\)", schedule.get("scheduleExpression", ""))
    if found is None:
        return None
    parts = found[2].split()
    try:
        if found[1] == "rate":
            count, unit = parts
            period = int(count) * _SECONDS[unit.removesuffix("s")]
            return since + ((now - since) // period + 1) * period
        time = next_time(parts, datetime.fromtimestamp(now, UTC), ZoneInfo(schedule.get("timezone", "UTC")))
    except (ArithmeticError, LookupError, OSError, ValueError):  # ZoneInfoNotFoundError is a LookupError
        return None
    return None if time is None else time.timestamp()


def next_runs(pipeline: Mapping[str, Any], now: float, most: int) -> list[float]:
    """Return up to `most` times at which a pipeline's schedule runs it next, in seconds since the epoch.

    `pipeline` is as GetImagePipeline returns it. A disabled pipeline has none.
    """
    if pipeline["status"] == "DISABLED" or "schedule" not in pipeline:
        return []
    return list(islice(_runs(pipeline, now), most))


def _runs(pipeline: Mapping[str, Any], now: float) -> Iterator[float]:
    # What a rate counts from is not verified on AWS.
    since = datetime.fromisoformat(pipeline["dateUpdated"]).timestamp()
    while (found := next_run(pipeline["schedule"], since, now)) is not None:
        yield (now := found)
