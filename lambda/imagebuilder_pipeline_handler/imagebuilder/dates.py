"""Dates of a live pipeline or image beside those of an event."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from imagebuilder_pipeline_handler.runtime.event import CLOCK_SKEW, Event, issued_at

_SECOND: Final = timedelta(seconds=1)
"""The precision of a signature's date."""


def was_there_before(event: Event, live: Mapping[str, Any]) -> bool:
    """Return whether a live pipeline is older than the event, which cannot have made it. False if that is unknown."""
    issued, made = issued_at(event), time_of(live, "dateCreated")
    return issued is not None and made is not None and made < issued - CLOCK_SKEW


def was_made_after(event: Event, live: Mapping[str, Any]) -> bool:
    """Return whether a live pipeline or image is newer than the event, which cannot mean it. False if unknown."""
    issued, made = issued_at(event), time_of(live, "dateCreated")
    return issued is not None and made is not None and made > issued + CLOCK_SKEW


def was_changed_since(event: Event, live: Mapping[str, Any]) -> bool:
    """Return whether a live pipeline was updated after the event was sent: by a delivery of it, or by others."""
    issued, changed = issued_at(event), time_of(live, "dateUpdated")
    return issued is not None and changed is not None and changed >= issued + _SECOND


def is_older(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Return whether one live pipeline was made before another. False if that is unknown."""
    made, then = time_of(one, "dateCreated"), time_of(other, "dateCreated")
    return made is not None and then is not None and made < then


def time_of(live: Mapping[str, Any], member: str) -> datetime | None:
    """Return a date of a live pipeline; None when it has none that can be read."""
    try:
        date = datetime.fromisoformat(str(live[member]))
    except (KeyError, ValueError):
        return None
    return date if date.tzinfo is not None else date.replace(tzinfo=UTC)
