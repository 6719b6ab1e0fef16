"""The pipelines for the page: settings, schedule and builds, and the images without a pipeline."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from imagebuilder_local.emulator import Builds, changed_settings, next_runs
from imagebuilder_local.page.builds import Naming, executions
from imagebuilder_local.page.schedule_words import words

_RUNS: Final = 3


def pipeline(settings: Mapping[str, Any], builds: Builds, now: float, naming: Naming) -> dict[str, Any]:
    """Return a pipeline with its builds. `changed` has the settings that are not the service's default."""
    return {
        "settings": settings,
        "changed": changed_settings(settings),
        "runs": _runs(settings, now),
    } | executions(builds, naming)


def _runs(settings: Mapping[str, Any], now: float) -> dict[str, Any] | None:
    """Return the schedule in words (None for an unusual one), and when it runs next; None without a schedule."""
    if "schedule" not in settings:
        return None
    schedule = settings["schedule"]
    expression = schedule.get("scheduleExpression", "")
    return {
        "words": words(expression),
        "expression": expression,
        "timezone": schedule["timezone"],
        "next": [datetime.fromtimestamp(at, UTC).isoformat() for at in next_runs(settings, now, _RUNS)],
    }
