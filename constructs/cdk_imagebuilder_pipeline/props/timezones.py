"""What a text that is no IANA time zone may mean: a name that is spelt alike, or places with such an abbreviation."""

import difflib
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

_SEASONS: Final = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC))
_LONGEST_ABBREVIATION: Final = 5
_ALIKE: Final = 0.8
"""Similarity, by difflib, from which a name counts as misspelt. Europe/Munich must not become Europe/Zurich."""

_LARGE: Final = (
    "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles", "Europe/London", "Europe/Dublin",
    "Europe/Lisbon", "Europe/Berlin", "Europe/Athens", "Europe/Moscow", "Africa/Lagos", "Africa/Johannesburg",
    "Africa/Nairobi", "Asia/Jerusalem", "Asia/Kolkata", "Asia/Shanghai", "Asia/Tokyo", "Australia/Sydney",
    "Australia/Adelaide", "Australia/Perth", "Pacific/Auckland",
)  # fmt: skip
"""Named before others as examples. Which abbreviation each has says the database."""

_OTHERS: Final = ("Africa/", "America/", "Asia/", "Australia/", "Europe/", "Pacific/")
"""Areas of the names that are not of former times, such as US/Pacific."""


def meant_timezone(text: str, known: Collection[str]) -> str | None:
    """Return what to write instead of a text that is none of the known names, as the end of a sentence."""
    if text.isalpha() and len(text) <= _LONGEST_ABBREVIATION:
        places = _places(text.upper(), known)
        if places:
            *most, last = places
            return f"{text} is an abbreviation, as in {' or '.join(filter(None, (', '.join(most), last)))}"
    name = _alike(text, known)
    return f"did you mean {name}?" if name else None


def _places(abbreviation: str, known: Collection[str]) -> list[str]:
    """Return one place for each offset that the abbreviation stands for: CST is of Chicago, Shanghai and Havana."""
    others = sorted(name for name in known if name.startswith(_OTHERS))
    by_offset: dict[timedelta | None, str] = {}
    for name in [*filter(known.__contains__, _LARGE), *others]:
        for season in _SEASONS:
            local = season.astimezone(ZoneInfo(name))
            if local.tzname() == abbreviation:
                by_offset.setdefault(local.utcoffset(), name)
    return list(by_offset.values())


def _alike(text: str, known: Collection[str]) -> str | None:
    # The signs in names such as Etc/GMT+1 are turned round: it is an hour behind.
    known = [name for name in known if not name.startswith("Etc/")]
    area, _, city = text.rpartition("/")
    same = [name for name in known if _folded(name) == _folded(text)]
    # A city alone, or in the wrong area: Berlin, Europ/Berlin. Pacific is of US/ and of Canada/, so it says nothing.
    same = same or [name for name in known if "/" in name and _folded(name.rpartition("/")[2]) == _folded(city)]
    if same:
        return same[0] if len(same) == 1 else None
    cities = {_folded(name.rpartition("/")[2]): name for name in known if area and name.startswith(f"{area}/")}
    near = difflib.get_close_matches(_folded(city), cities, n=1, cutoff=_ALIKE)
    return cities[near[0]] if near else None


def _folded(text: str) -> str:
    return text.lower().replace("_", "").replace(" ", "")
