"""The next run of a pipeline with a schedule."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from imagebuilder_local.emulator import ImageBuilder
from imagebuilder_local.emulator.next_run import next_run

ARN = "arn:aws:imagebuilder:us-east-1:000000000000:image-pipeline/my-pipe"


def after(expression: str, now: str, timezone: str = "UTC", since: str | None = None) -> str | None:
    """Return the next run after a time, as `2026-01-31 09:30` in UTC."""
    times = [datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() for text in (since or now, now)]
    at = next_run({"scheduleExpression": expression, "timezone": timezone}, *times)
    return None if at is None else f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M}"


def test_run_is_the_same_during_a_minute_and_another_when_it_begins() -> None:
    schedule = {"scheduleExpression": "cron(* * * * ? *)"}
    minute = 1_700_000_040.0
    assert [next_run(schedule, 0.0, minute + more) for more in (-0.001, 0.0, 0.5, 59.999, 60.0)] == [
        minute,
        minute + 60,
        minute + 60,
        minute + 60,
        minute + 120,
    ]


@pytest.mark.parametrize(
    ("expression", "now", "expected"),
    [
        ("cron(0 10 * * ? *)", "2026-03-10 09:59", "2026-03-10 10:00"),
        ("cron(0 10 * * ? *)", "2026-03-10 10:00", "2026-03-11 10:00"),
        ("cron(15,45 8-9 ? * MON-FRI *)", "2026-03-13 09:45", "2026-03-16 08:15"),
        ("cron(0/20 * * * ? *)", "2026-12-31 23:41", "2027-01-01 00:00"),
        ("cron(*/20 * * * ? *)", "2026-12-31 23:39", "2026-12-31 23:40"),
        ("cron(0 0 1 JAN,jul ? *)", "2026-01-01 00:00", "2026-07-01 00:00"),
        ("cron(0 0 29 2 ? *)", "2026-01-01 00:00", "2028-02-29 00:00"),
        ("cron(0 0 L * ? *)", "2026-02-01 00:00", "2026-02-28 00:00"),
        ("cron(0 0 15W * ? *)", "2026-03-01 00:00", "2026-03-16 00:00"),
        ("cron(0 0 1W * ? *)", "2026-02-10 00:00", "2026-03-02 00:00"),
        ("cron(0 0 LW * ? *)", "2026-05-01 00:00", "2026-05-29 00:00"),
        ("cron(0 0 ? * 2#1 *)", "2026-03-03 00:00", "2026-04-06 00:00"),
        ("cron(0 0 ? * 6L *)", "2026-03-01 00:00", "2026-03-27 00:00"),
        ("cron(0 0 ? * L *)", "2026-03-01 00:00", "2026-03-07 00:00"),
        ("cron(0 0 * * SUN *)", "2026-03-02 00:00", "2026-03-08 00:00"),
        ("cron(0 0 1 1 ? 2030)", "2026-03-01 00:00", "2030-01-01 00:00"),
        ("cron(0 0 1 1 ? 2020)", "2026-03-01 00:00", None),
        ("cron(0 0 31 2 ? *)", "2026-03-01 00:00", None),
        ("cron(0 0 ? * FRI-MON *)", "2026-03-02 00:00", "2026-03-06 00:00"),
    ],
)
def test_cron_runs_at_the_next_time_that_its_fields_allow(expression: str, now: str, expected: str | None) -> None:
    assert after(expression, now) == expected


@pytest.mark.parametrize(
    ("timezone", "expected"),
    [("UTC", "2026-03-28 10:00"), ("Europe/Berlin", "2026-03-28 09:00"), ("Asia/Tokyo", "2026-03-29 01:00")],
)
def test_cron_is_in_its_time_zone(timezone: str, expected: str) -> None:
    assert after("cron(0 10 * * ? *)", "2026-03-28 08:59", timezone) == expected


def test_cron_follows_the_clock_change() -> None:
    # Clocks in Berlin go forward on 29 March 2026.
    assert after("cron(0 10 * * ? *)", "2026-03-28 12:00", "Europe/Berlin") == "2026-03-29 08:00"


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("rate(12 hours)", "2026-03-02 13:00"),
        ("rate(1 day)", "2026-03-03 01:00"),
        ("rate(90 minutes)", "2026-03-02 04:00"),
    ],
)
def test_rate_counts_from_the_pipelines_last_change(expression: str, expected: str) -> None:
    assert after(expression, "2026-03-02 02:45", since="2026-03-01 01:00") == expected


@pytest.mark.parametrize("expression", ["cron(0 0 L-3 * ? *)", "cron(0 0 * * *)", "soon"])
def test_expression_that_is_not_understood_has_no_next_run(expression: str) -> None:
    assert after(expression, "2026-03-01 00:00") is None


def test_zone_that_is_not_known_has_no_next_run() -> None:
    assert after("cron(0 10 * * ? *)", "2026-03-01 00:00", "Nowhere/Else") is None


def test_pipeline_tells_its_next_run_unless_it_is_disabled_or_has_no_schedule(
    client: Any, service: ImageBuilder, minimal: dict[str, Any], clock: SimpleNamespace
) -> None:
    schedule = {"schedule": {"scheduleExpression": "cron(0 10 * * ? *)", "timezone": "Europe/Berlin"}}
    client.create_image_pipeline(**minimal | schedule)
    pipeline = client.get_image_pipeline(imagePipelineArn=ARN)["imagePipeline"]
    assert pipeline["dateNextRun"] == "2023-11-15T09:00:00.000Z"
    assert client.list_image_pipelines()["imagePipelineList"][0]["dateNextRun"] == pipeline["dateNextRun"]
    clock.now += 24 * 3600
    pipeline = client.get_image_pipeline(imagePipelineArn=ARN)["imagePipeline"]
    assert pipeline["dateNextRun"] == "2023-11-16T09:00:00.000Z"
    references = {name: value for name, value in minimal.items() if name != "name"}
    for change in (schedule | {"status": "DISABLED"}, {}):
        client.update_image_pipeline(imagePipelineArn=ARN, **references | change)
        assert "dateNextRun" not in client.get_image_pipeline(imagePipelineArn=ARN)["imagePipeline"]
