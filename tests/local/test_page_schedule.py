"""Schedules as the page shows them: in words, with the next runs in their time zone."""

from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pytest

from imagebuilder_local.emulator import ImageBuilder
from imagebuilder_local.page import Timeline, view
from imagebuilder_local.page.schedule_words import words


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("rate(1 day)", "every day"),
        ("rate(7 days)", "every 7 days"),
        ("cron(0 9 * * ? *)", "every day at 09:00"),
        ("cron(0 9 ? * * *)", "every day at 09:00"),
        ("cron(30 4 ? * MON *)", "every Monday at 04:30"),
        ("cron(0 0 ? * 2,THU *)", "every Monday and Thursday at 00:00"),
        ("cron(0 0 ? * mon-fri *)", "Monday to Friday at 00:00"),
        ("cron(0 9 1 * ? *)", "on day 1 of every month at 09:00"),
        ("cron(0 9 1,15 * ? *)", "on day 1 and 15 of every month at 09:00"),
        ("cron(0 9 L * ? *)", "on the last day of every month at 09:00"),
        ("cron(0 9 ? * TUE#2 *)", "on the second Tuesday of every month at 09:00"),
        ("cron(0 9 ? * 6L *)", "on the last Friday of every month at 09:00"),
        ("cron(0 9 1 JAN,JUL ? *)", "on day 1 of January and July at 09:00"),
        ("cron(0 9,21 * 6 ? *)", "every day in June at 09:00 and 21:00"),
        ("cron(0 * * * ? *)", "every hour at minute 0"),
        ("cron(0/15 * * * ? *)", "every 15 minutes"),
        ("cron(0 */6 * * ? *)", "every 6 hours from 00:00"),
        ("cron(0 * ? * SAT *)", "every hour at minute 0, every Saturday"),
    ],
)
def test_usual_expression_has_words(expression: str, expected: str) -> None:
    assert words(expression) == expected


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "at(2026-01-01T00:00:00)",
        "rate(day)",
        "rate(x days)",
        "cron(0 9 * * ?)",
        "cron(0 9 * * ? 2027)",
        "cron(0 9 13 * FRI *)",
        "cron(0 9 15W * ? *)",
        "cron(0 9-17 * * ? *)",
        "cron(0/7 * * * ? *)",
        "cron(0 5/6 * * ? *)",
        "cron(0/15 9 * * ? *)",
        "cron(0 24 * * ? *)",
        "cron(0 9 ? * L *)",
        "cron(0 9 ? * MON#9 *)",
        "cron(0 9 1 13 ? *)",
    ],
)
def test_other_expression_has_none(expression: str) -> None:
    assert words(expression) is None


def runs(client: Any, service: ImageBuilder, minimal: dict[str, Any], **more: Any) -> Any:
    client.create_image_pipeline(**minimal, **more)
    return view(Timeline(), service)["pipelines"][0]["runs"]


def test_next_three_runs_are_those_of_the_time_zone_also_when_its_clocks_change(
    client: Any, service: ImageBuilder, minimal: dict[str, Any], clock: SimpleNamespace
) -> None:
    clock.now = datetime.fromisoformat("2026-10-23T12:00:00+00:00").timestamp()
    schedule = {"scheduleExpression": "cron(0 9 * * ? *)", "timezone": "Europe/Berlin"}
    shown = runs(client, service, minimal, schedule=schedule)
    assert shown == {
        "words": "every day at 09:00",
        "expression": "cron(0 9 * * ? *)",
        "timezone": "Europe/Berlin",
        "next": ["2026-10-24T07:00:00+00:00", "2026-10-25T08:00:00+00:00", "2026-10-26T08:00:00+00:00"],
    }


@pytest.mark.parametrize("more", [{}, {"schedule": {"scheduleExpression": "rate(1 day)"}, "status": "DISABLED"}])
def test_pipeline_that_does_not_run_by_itself_has_no_next_run(
    client: Any, service: ImageBuilder, minimal: dict[str, Any], more: dict[str, Any]
) -> None:
    shown = runs(client, service, minimal, **more)
    assert shown["next"] == [] if more else shown is None


def test_last_runs_of_a_schedule_that_ends_are_fewer_than_three(
    client: Any, service: ImageBuilder, minimal: dict[str, Any], clock: SimpleNamespace
) -> None:
    clock.now = datetime.fromisoformat("2026-12-30T12:00:00+00:00").timestamp()
    shown = runs(client, service, minimal, schedule={"scheduleExpression": "cron(0 9 * * ? 2026)"})
    assert (shown["words"], shown["next"]) == (None, ["2026-12-31T09:00:00+00:00"])


def test_only_settings_that_are_not_the_default_are_shown_as_changed(
    client: Any, service: ImageBuilder, minimal: dict[str, Any]
) -> None:
    client.create_image_pipeline(
        **minimal,
        imageTestsConfiguration={"timeoutMinutes": 90},
        schedule={"scheduleExpression": "rate(1 day)", "timezone": "UTC"},
        enhancedImageMetadataEnabled=True,
    )
    changed = view(Timeline(), service)["pipelines"][0]["changed"]
    assert changed == {
        "name": minimal["name"],
        "imageRecipeArn": minimal["imageRecipeArn"],
        "infrastructureConfigurationArn": minimal["infrastructureConfigurationArn"],
        "imageTestsConfiguration": {"timeoutMinutes": 90},
        "schedule": {"scheduleExpression": "rate(1 day)"},
    }
