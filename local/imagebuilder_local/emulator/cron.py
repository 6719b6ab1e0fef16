"""Cron expressions of the service: the times that their six fields allow."""

from bisect import bisect_left
from calendar import monthrange
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta, tzinfo
from functools import lru_cache
from itertools import product
from typing import Final

from imagebuilder_model.schedule import FIELDS, CronField

_YEARS: Final = 40
"""How far to look ahead: 29 February on a given day of the week is up to 40 years away."""

_MINUTE, _HOUR, _DAY, _MONTH, _WEEKDAY, _YEAR = FIELDS
_SATURDAY: Final = 7


def next_time(fields: Sequence[str], after: datetime, zone: tzinfo) -> datetime | None:
    """Return the first time after `after` that the six fields allow in a time zone, None if there is none.

    ValueError for fields that are not understood. If both the day of the month and the day of the week are limited, a
    day must meet both, which is not verified on AWS.
    """
    minutes, hours, days, months, weekdays, years = (text.upper() for text in fields)
    times = list(product(_values(_HOUR, hours), _values(_MINUTE, minutes)))
    first, now = after.astimezone(zone).date(), after.timestamp()
    allowed = _values(_YEAR, years)
    ahead = allowed[bisect_left(allowed, first.year) : bisect_left(allowed, first.year + _YEARS)]
    for year, month in product(ahead, _values(_MONTH, months)):
        if (year, month) < (first.year, first.month):
            continue
        for day in _matching(year, month, days, weekdays):
            for hour, minute in times:
                time = datetime(year, month, day, hour, minute, tzinfo=zone)
                if time.timestamp() > now:
                    return time
    return None


@lru_cache(maxsize=1024)
def _values(field: CronField, text: str) -> tuple[int, ...]:
    """Return the numbers that a field allows, in order."""
    return tuple(sorted({number for item in text.split(",") for number in _item(field, item)}))


def _item(field: CronField, item: str) -> Iterator[int]:
    base, slash, step = item.partition("/")
    low, dash, high = base.partition("-")
    if low in {"*", "?", ""}:
        first, last = field.low, field.high
    else:
        first = _number(field, low)
        last = _number(field, high) if dash else field.high if slash else first
    count = field.high - field.low + 1
    # A range such as FRI-MON goes past the end of the week.
    for number in range(first, first + (last - first) % count + 1, int(step or 1)):
        yield field.low + (number - field.low) % count


def _number(field: CronField, text: str) -> int:
    number = field.number(text)
    if number is None:
        raise ValueError(f"{text} is not a {field.name}")
    return number


@lru_cache(maxsize=1024)
def _matching(year: int, month: int, days: str, weekdays: str) -> tuple[int, ...]:
    """Return the days of a month that both fields of days allow."""
    in_month = range(1, monthrange(year, month)[1] + 1)
    by_number = {day for item in days.split(",") for day in _by_number(year, month, item)}
    by_weekday = {day for item in weekdays.split(",") for day in _by_weekday(year, month, item)}
    return tuple(day for day in in_month if day in by_number & by_weekday)


def _by_number(year: int, month: int, item: str) -> list[int]:
    last = monthrange(year, month)[1]
    match item:
        case "L":
            return [last]
        case _ if item.endswith("W"):
            wanted = last if item == "LW" else _number(_DAY, item[:-1])
            return [_workday(year, month, wanted)] if wanted <= last else []
        case _:
            return list(_item(_DAY, item))


def _by_weekday(year: int, month: int, item: str) -> list[int]:
    value, numbered, week = item.partition("#")
    if item == "L":
        return _weekdays(year, month, _SATURDAY)
    if numbered:
        return _weekdays(year, month, _number(_WEEKDAY, value))[int(week) - 1 : int(week)]
    if item.endswith("L"):
        return _weekdays(year, month, _number(_WEEKDAY, item[:-1]))[-1:]
    return [day for weekday in _item(_WEEKDAY, item) for day in _weekdays(year, month, weekday)]


def _weekdays(year: int, month: int, weekday: int) -> list[int]:
    """Return the days of a month that are a day of the week, which counts from 1, Sunday."""
    last = monthrange(year, month)[1]
    return [day for day in range(1, last + 1) if date(year, month, day).isoweekday() % 7 + 1 == weekday]


def _workday(year: int, month: int, day: int) -> int:
    """Return the day from Monday to Friday that is nearest to a day, in the same month."""
    wanted = date(year, month, day)
    near = (wanted + timedelta(days=offset) for offset in (0, -1, 1, -2, 2))
    return next(one.day for one in near if one.month == month and one.isoweekday() <= len("MTWTF"))
