"""Schedule expressions in words."""

import re
from collections.abc import Sequence
from typing import Final

from imagebuilder_model.schedule import FIELDS, CronField

_MINUTE, _HOUR, _DAY, _MONTH, _WEEKDAY, _YEAR = FIELDS
_OPEN: Final = frozenset({"*", "?"})
_WEEKDAYS: Final = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_ORDINALS: Final = {"1": "first", "2": "second", "3": "third", "4": "fourth", "5": "fifth"}


def words(expression: str) -> str | None:
    """Return a usual expression in words, for example `every Monday at 09:00`, None for any other."""
    found = re.fullmatch(r"(cron|rate)\((.*)\)", expression)
    if found is None:
        return None
    parts = found[2].upper().split()
    try:
        return _rate(*parts) if found[1] == "rate" else _cron(parts)
    except (LookupError, TypeError, ValueError):  # not the right number of parts, or a part that has no words here
        return None


def _rate(count: str, unit: str) -> str:
    number, one = int(count), unit.lower().removesuffix("s")
    return f"every {one}" if number == 1 else f"every {number} {one}s"


def _cron(fields: Sequence[str]) -> str:
    minute, hour, day, month, weekday, year = fields
    if year != "*":
        raise ValueError(year)
    days = _days(day, weekday, month)
    often = _often(minute, hour)
    if often is not None:
        return often if days == "every day" else f"{often}, {days}"
    return f"{days} at {_and([_time(one, minute) for one in hour.split(',')])}"


def _often(minute: str, hour: str) -> str | None:
    """Return the words of a schedule that runs several times a day, None if it has fixed times."""
    if step := re.fullmatch(r"[0*]/(\d+)", minute):
        return f"every {_divisor(step[1], 60)} minutes" if hour == "*" else _no_words(hour)
    if hour == "*":
        return f"every hour at minute {_number(minute, 59)}"
    if step := re.fullmatch(r"[0*]/(\d+)", hour):
        return f"every {_divisor(step[1], 24)} hours from {_time('0', minute)}"
    return None


def _days(day: str, weekday: str, month: str) -> str:
    months = "every month" if month == "*" else _and([_MONTHS[_index(_MONTH, one)] for one in month.split(",")])
    limited = "" if month == "*" else f" in {months}"
    match day in _OPEN, weekday in _OPEN:
        case True, True:
            return f"every day{limited}"
        case True, False:
            return _weekdays(weekday, months, limited)
        case False, True:
            last = "the last day" if day == "L" else f"day {_and([_number(one, 31) for one in day.split(',')])}"
            return f"on {last} of {months}"
        case _:
            return _no_words(weekday)


def _weekdays(weekday: str, months: str, limited: str) -> str:
    value, numbered, week = weekday.partition("#")
    if numbered:
        return f"on the {_ORDINALS[week]} {_weekday(value)} of {months}"
    if weekday != "L" and weekday.endswith("L"):
        return f"on the last {_weekday(weekday[:-1])} of {months}"
    first, dash, last = weekday.partition("-")
    if dash:
        return f"{_weekday(first)} to {_weekday(last)}{limited}"
    return f"every {_and([_weekday(one) for one in weekday.split(',')])}{limited}"


def _weekday(text: str) -> str:
    return _WEEKDAYS[_index(_WEEKDAY, text)]


def _index(field: CronField, text: str) -> int:
    number = field.number(text)
    if number is None:
        raise ValueError(text)
    return number - field.low


def _time(hour: str, minute: str) -> str:
    return f"{int(_number(hour, 23)):02}:{int(_number(minute, 59)):02}"


def _number(text: str, most: int) -> str:
    return text if int(text) <= most else _no_words(text)


def _divisor(text: str, whole: int) -> str:
    """Return a step that divides the hour or the day: another one pauses differently at its end."""
    number = int(text)
    return text if number > 1 and whole % number == 0 else _no_words(text)


def _and(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _no_words(text: str) -> str:
    raise ValueError(text)
