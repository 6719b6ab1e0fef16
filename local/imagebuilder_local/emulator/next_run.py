"""The time at which a schedule runs next."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
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
        return _next_time(tuple(parts), schedule.get("timezone", "UTC"), int(now // 60))
    except (ArithmeticError, LookupError, OSError, ValueError):  # ZoneInfoNotFoundError is a LookupError
        return None


@lru_cache(maxsize=1024)
def _next_time(fields: tuple[str, ...], zone: str, minute: int) -> float | None:
    # Runs start at whole minutes, so the next one is the same for all pipelines with the schedule during a minute.
    time = next_time(fields, datetime.fromtimestamp(minute * 60, UTC), ZoneInfo(zone))
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
