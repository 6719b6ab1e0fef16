"""The time at which a schedule runs next."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
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
