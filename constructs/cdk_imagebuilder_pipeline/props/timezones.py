"""Suggests IANA time zones for an unknown name: a similar name, or zones that use it as an abbreviation."""

import difflib
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

_SEASONS: Final = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC))
_LONGEST_ABBREVIATION: Final = 5
_ALIKE: Final = 0.8
"""Minimum difflib similarity for a misspelled name. Europe/Munich must not become Europe/Zurich."""

_LARGE: Final = (
    "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles", "Europe/London", "Europe/Dublin",
    "Europe/Lisbon", "Europe/Berlin", "Europe/Athens", "Europe/Moscow", "Africa/Lagos", "Africa/Johannesburg",
    "Africa/Nairobi", "Asia/Jerusalem", "Asia/Kolkata", "Asia/Shanghai", "Asia/Tokyo", "Australia/Sydney",
    "Australia/Adelaide", "Australia/Perth", "Pacific/Auckland",
)  # fmt: skip
"""Zones preferred as examples. The time zone database provides their abbreviations."""

_OTHERS: Final = ("Africa/", "America/", "Asia/", "Australia/", "Europe/", "Pacific/")
"""Areas of current names; names such as US/Pacific are deprecated."""


def meant_timezone(text: str, known: Collection[str]) -> str | None:
    """Return a suggestion for an unknown time zone name, as the end of a message; None if there is none."""
    if text.isalpha() and len(text) <= _LONGEST_ABBREVIATION:
        places = _places(text.upper(), known)
        if places:
            *most, last = places
            return f"{text} is an abbreviation used in {' or '.join(filter(None, (', '.join(most), last)))}"
    name = _alike(text, known)
    return f"did you mean {name}?" if name else None


def _places(abbreviation: str, known: Collection[str]) -> list[str]:
    """Return one zone per UTC offset of the abbreviation: CST is used in Chicago, Shanghai and Havana."""
    others = sorted(name for name in known if name.startswith(_OTHERS))
    by_offset: dict[timedelta | None, str] = {}
    for name in [*filter(known.__contains__, _LARGE), *others]:
        for season in _SEASONS:
            local = season.astimezone(ZoneInfo(name))
            if local.tzname() == abbreviation:
                by_offset.setdefault(local.utcoffset(), name)
    return list(by_offset.values())


def _alike(text: str, known: Collection[str]) -> str | None:
    # Names such as Etc/GMT+1 have an inverted sign: this zone is one hour behind GMT.
    known = [name for name in known if not name.startswith("Etc/")]
    area, _, city = text.rpartition("/")
    same = [name for name in known if _folded(name) == _folded(text)]
    # Match a city without an area or with a wrong one: Berlin, Europ/Berlin. Pacific is ambiguous (US/ and Canada/).
    same = same or [name for name in known if "/" in name and _folded(name.rpartition("/")[2]) == _folded(city)]
    if same:
        return same[0] if len(same) == 1 else None
    cities = {_folded(name.rpartition("/")[2]): name for name in known if area and name.startswith(f"{area}/")}
    near = difflib.get_close_matches(_folded(city), cities, n=1, cutoff=_ALIKE)
    return cities[near[0]] if near else None


def _folded(text: str) -> str:
    return text.lower().replace("_", "").replace(" ", "")
