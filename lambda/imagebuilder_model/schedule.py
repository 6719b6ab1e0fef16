"""Validates schedule expressions: detects those that the service rejects and those that its documentation leaves open.

The service model defines an expression only as a string; the service parses it. It rejects five fields with "Invalid
schedule expression. Details: Invalid CRON expression" (hashicorp/terraform-provider-aws#17396,
buildkite/image-builder#7). The user guide's page on cron expressions defines the six required fields, their values and
special characters. The API reference of Schedule mentions rates, such as `rate(1 day)`. Their units are assumed to be
those of Amazon EventBridge, which is not verified on AWS for this service.
"""

import difflib
import re
from collections.abc import Iterable, Iterator
from typing import Final, Literal, NamedTuple

from imagebuilder_model.words import shown

_Kind = Literal["refused", "undocumented", "days", "fine"]


class Finding(NamedTuple):
    """A finding about an expression.

    - `refused`: the service rejects it.
    - `undocumented`: no documentation states whether the service accepts it.
    - `days`: day of month and day of week are both set or both open, which the documentation forbids but its examples
      do.
    """

    kind: _Kind
    message: str


class CronField(NamedTuple):
    """A field of a cron expression: its lowest and highest number, its signs, and the names of its numbers."""

    name: str
    low: int
    high: int
    signs: str
    names: tuple[str, ...] = ()

    def number(self, text: str) -> int | None:
        """Return the number for a value or its name; None if the field does not allow it."""
        if text in self.names:
            return self.low + self.names.index(text)
        number = int(text) if _NUMBER.fullmatch(text) else -1
        return number if self.low <= number <= self.high else None

    @property
    def allowed(self) -> str:
        """The values and signs in words, for a message."""
        names = f" ({self.names[0]} to {self.names[-1]})" if self.names else ""
        return f"{self.low} to {self.high}{names} with {' '.join(self.signs)}"


_NUMBER: Final = re.compile(r"[0-9]{1,9}")
_DAYS: Final = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
FIELDS: Final = (
    CronField("minute", 0, 59, ",-*/"),
    CronField("hour", 0, 23, ",-*/"),
    CronField("day of month", 1, 31, ",-*?/LW"),
    CronField("month", 1, 12, ",-*/", _MONTHS),
    CronField("day of week", 1, 7, ",-*?L#", _DAYS),
    CronField("year", 1970, 2199, ",-*/"),
)
_DAY_OF_MONTH: Final = 2
_DAY_OF_WEEK: Final = 4

_CRON: Final = f"cron({' '.join(f'<{field.name}>' for field in FIELDS)})"
_RATE: Final = "rate(<whole number> <minutes, hours or days>)"
_UNITS: Final = ("minute", "hour", "day")


def findings(expression: str) -> Iterator[Finding]:
    """Yield every finding about an expression; none if the documentation allows it."""
    form = re.fullmatch(r"(cron|rate)\((.*)\)", expression, re.DOTALL)
    if form is None:
        yield Finding("refused", f"is not a schedule: got {shown(expression)}, allowed are {_CRON} and {_RATE}")
        return
    kind, inside = form.groups()
    parts = inside.split()
    yield from _cron(expression, parts) if kind == "cron" else _rate(expression, parts)
    if inside != " ".join(parts):
        yield Finding(
            "undocumented",
            f"has whitespace other than single spaces between its parts: write {kind}({' '.join(parts)})",
        )


def _rate(expression: str, parts: list[str]) -> Iterator[Finding]:
    number, unit = parts if len(parts) == len(("number", "unit")) else ("", "")
    count = int(number) if _NUMBER.fullmatch(number) else 0
    singular = unit.removesuffix("s")
    if not count or singular not in _UNITS:
        hint = f": write rate({count * 7} days)" if count and singular == "week" else ""
        yield Finding("refused", f"is not a rate: got {shown(expression)}, allowed is {_RATE} of at least 1{hint}")
    elif (count == 1) != (unit == singular):
        right = f"rate({number} {singular}{'' if count == 1 else 's'})"
        yield Finding("undocumented", f"has a unit that does not match its number: write {right}")


def _cron(expression: str, parts: list[str]) -> Iterator[Finding]:
    if len(parts) != len(FIELDS):
        six = _with_year(parts)
        hint = f": write {six}" if six else ""
        allowed = f"allowed are {len(FIELDS)}, {_CRON}"
        yield Finding("refused", f"has {len(parts)} fields: got {shown(expression)}, {allowed}{hint}")
        return
    for field, text in zip(FIELDS, parts, strict=True):
        yield from _field(field, text)
    if _open_days(parts) != 1:
        open_day = _with_one_open_day(parts)
        hint = f", write {open_day}" if open_day else ""
        got = f"got {shown(expression)}"
        yield Finding("days", f"must have ? in exactly one of day of month and day of week: {got}{hint}")


def _field(field: CronField, text: str) -> Iterator[Finding]:
    items = text.upper().split(",")
    kind = "fine" if text == "?" and "?" in field.signs else _worst(_item(field, item) for item in items)
    if kind == "fine" and len(items) > 1 and any(sign in text.upper() for sign in "LW#" if sign in field.signs):
        kind = "undocumented"
    if kind == "refused":
        meant = difflib.get_close_matches(text.upper(), field.names, n=1)
        hint = f": did you mean {meant[0]}?" if meant else ""
        yield Finding("refused", f"has an invalid {field.name}: got {shown(text)}, allowed are {field.allowed}{hint}")
    elif kind == "undocumented":
        allowed = f"documented are {field.allowed}"
        yield Finding("undocumented", f"has an undocumented {field.name}: got {shown(text)}, {allowed}")


def _item(field: CronField, item: str) -> _Kind:
    """Classify one item of a field's list."""
    base, slash, step = item.partition("/")
    if not slash:
        return _base(field, base)
    return _worst((_step(field, step), _base(field, base) if base else "undocumented"))


def _step(field: CronField, step: str) -> _Kind:
    if not _NUMBER.fullmatch(step) or not int(step):
        return "refused"
    return "fine" if "/" in field.signs and int(step) <= field.high else "undocumented"


def _base(field: CronField, base: str) -> _Kind:
    low, dash, high = base.partition("-")
    first, last = field.number(low), field.number(high)
    if base == "*" or (first is not None and not dash):
        return "fine"
    if first is not None:
        if last is None:
            return "refused"
        return "fine" if first <= last else "undocumented"
    return _day(field, base)


def _day(field: CronField, base: str) -> _Kind:
    """Classify a value that only the day fields support."""
    value, _, week = base.partition("#")
    counted = field.number(base[:-1]) is not None
    match base[-1:]:
        case "L" if base == "L" and "L" in field.signs:
            return "fine"
        case "W" if "W" in field.signs and (counted or base == "LW"):
            return "fine" if counted else "undocumented"
        case "L" if "#" in field.signs and counted:
            return "undocumented"
        case "1" | "2" | "3" | "4" | "5" if "#" in field.signs and week == base[-1] and field.number(value) is not None:
            return "fine"
        case _ if "W" in field.signs and re.fullmatch("L-[0-9]{1,2}", base):
            return "undocumented"
        case _:
            return "refused"


def _worst(kinds: Iterable[_Kind]) -> _Kind:
    return min(kinds, key=("refused", "undocumented", "fine").index)


def _open_days(parts: list[str]) -> int:
    return (parts[_DAY_OF_MONTH], parts[_DAY_OF_WEEK]).count("?")


def _with_one_open_day(parts: list[str]) -> str | None:
    """Return the expression with `?` for the day field that has no restriction; None if both are restricted."""
    days, months, weekdays = parts[_DAY_OF_MONTH : _DAY_OF_WEEK + 1]
    if weekdays in {"*", "?"}:
        days, weekdays = days.replace("?", "*"), "?"
    elif days == "*":
        days = "?"
    else:
        return None
    return f"cron({' '.join([*parts[:_DAY_OF_MONTH], days, months, weekdays, *parts[_DAY_OF_WEEK + 1 :]])})"


def _with_year(parts: list[str]) -> str | None:
    """Convert the five fields of Unix cron to six; return None if they are not Unix cron or are ambiguous."""
    if len(parts) != len(FIELDS) - 1:
        return None
    if "?" not in parts:
        # Unix cron numbers weekdays from 0 (Sunday); the service numbers them from 1.
        *others, weekdays = parts
        parts = [*others, re.sub(r"(?<![#/0-9])[0-7](?![0-9])", lambda day: _DAYS[int(day[0]) % 7], weekdays)]
    six = [*parts, "*"]
    expression = f"cron({' '.join(six)})" if _open_days(six) == 1 else _with_one_open_day(six)
    return expression if expression is not None and not any(findings(expression)) else None
