"""Schedule expressions: what is fine, what is refused, what is left in doubt."""

import pytest

from imagebuilder_model import check
from imagebuilder_model.schedule import findings

CRON = "cron(<minute> <hour> <day of month> <month> <day of week> <year>)"
RATE = "rate(<whole number> <minutes, hours or days>)"
NO_SCHEDULE = f"allowed are {CRON} and {RATE}"
NO_RATE = f"allowed is {RATE} of at least 1"
SIX = f"allowed are 6, {CRON}"


def said(expression: str) -> list[tuple[str, str]]:
    return [(finding.kind, finding.message) for finding in findings(expression)]


@pytest.mark.parametrize(
    "expression",
    [
        "cron(0 0 * * ? *)",
        "cron(0 0 ? * * *)",
        "cron(0 6 ? * SUN *)",
        "cron(0 7 ? * mon *)",
        "cron(0 10 ? * MON-FRI *)",
        "cron(0 0 ? * Sun,WED *)",
        "cron(0 0 ? * 1,7 *)",
        "cron(0 0 ? * 2-6 *)",
        "cron(0 0 ? * MON-6 *)",
        "cron(0 0 ? * 2#1 *)",
        "cron(0 0 ? * fri#5 *)",
        "cron(0 0 ? * L *)",
        "cron(0 0 L * ? *)",
        "cron(0 0 l * ? *)",
        "cron(0 0 3W * ? *)",
        "cron(0 0 31w * ? *)",
        "cron(0 0 1 * ? *)",
        "cron(0 0 1,15 * ? *)",
        "cron(0 0 1-7 * ? *)",
        "cron(0 0 */2 * ? *)",
        "cron(0 0 1/15 * ? *)",
        "cron(0 0 1 1/3 ? *)",
        "cron(0 0 1 JAN,apr,Jul,OCT ? *)",
        "cron(0 0 1 JAN-MAR/2 ? *)",
        "cron(0 0 1 12 ? *)",
        "cron(0 0 1 1 ? 2030)",
        "cron(0 0 1 1 ? 1970-2199)",
        "cron(0 0 1 1 ? 2030/2)",
        "cron(59 23 31 12 ? 2199)",
        "cron(00 06 ? * MON *)",
        "cron(0/15 * * * ? *)",
        "cron(*/15 * * * ? *)",
        "cron(5-50/59 * * * ? *)",
        "cron(0,30 8-17 ? * MON-FRI *)",
        "rate(1 minute)",
        "rate(5 minutes)",
        "rate(1 hour)",
        "rate(12 hours)",
        "rate(1 day)",
        "rate(7 days)",
        "rate(365 days)",
    ],
)
def test_documented_expression_is_fine(expression: str) -> None:
    assert said(expression) == []


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("garbage", f"is not a schedule: got 'garbage', {NO_SCHEDULE}"),
        ("0 0 * * ? *", f"is not a schedule: got '0 0 * * ? *', {NO_SCHEDULE}"),
        ("@daily", f"is not a schedule: got '@daily', {NO_SCHEDULE}"),
        ("at(2030-01-01T00:00:00)", f"is not a schedule: got 'at(2030-01-01T00:00:00)', {NO_SCHEDULE}"),
        ("CRON(0 0 * * ? *)", f"is not a schedule: got 'CRON(0 0 * * ? *)', {NO_SCHEDULE}"),
        ("cron(0 0 * * ? *", f"is not a schedule: got 'cron(0 0 * * ? *', {NO_SCHEDULE}"),
        (" rate(1 day)", f"is not a schedule: got ' rate(1 day)', {NO_SCHEDULE}"),
        ("x" * 99, f"is not a schedule: got '{'x' * 30}'…'{'x' * 30}' (99 characters), {NO_SCHEDULE}"),
        ("cron()", f"has 0 fields: got 'cron()', {SIX}"),
        ("cron(0 0 * *)", f"has 4 fields: got 'cron(0 0 * *)', {SIX}"),
        ("cron(0 0 * * ? * *)", f"has 7 fields: got 'cron(0 0 * * ? * *)', {SIX}"),
        ("cron(0 0 * * *)", f"has 5 fields: got 'cron(0 0 * * *)', {SIX}: write cron(0 0 * * ? *)"),
        ("cron(0 0 * * ?)", f"has 5 fields: got 'cron(0 0 * * ?)', {SIX}: write cron(0 0 * * ? *)"),
        ("cron(0 0 * * SUN)", f"has 5 fields: got 'cron(0 0 * * SUN)', {SIX}: write cron(0 0 ? * SUN *)"),
        ("cron(0 0 * * 0)", f"has 5 fields: got 'cron(0 0 * * 0)', {SIX}: write cron(0 0 ? * SUN *)"),
        ("cron(0 0 * * 1-5)", f"has 5 fields: got 'cron(0 0 * * 1-5)', {SIX}: write cron(0 0 ? * MON-FRI *)"),
        ("cron(0 0 ? * 1)", f"has 5 fields: got 'cron(0 0 ? * 1)', {SIX}: write cron(0 0 ? * 1 *)"),
        ("cron(0 0 1 * *)", f"has 5 fields: got 'cron(0 0 1 * *)', {SIX}: write cron(0 0 1 * ? *)"),
        ("cron(0 0 1 * 5)", f"has 5 fields: got 'cron(0 0 1 * 5)', {SIX}"),
        ("cron(99 0 * * *)", f"has 5 fields: got 'cron(99 0 * * *)', {SIX}"),
        ("cron(60 0 * * ? *)", "has an invalid minute: got '60', allowed are 0 to 59 with , - * /"),
        ("cron(? 0 * * ? *)", "has an invalid minute: got '?', allowed are 0 to 59 with , - * /"),
        ("cron(1,,2 0 * * ? *)", "has an invalid minute: got '1,,2', allowed are 0 to 59 with , - * /"),
        ("cron(0-60 0 * * ? *)", "has an invalid minute: got '0-60', allowed are 0 to 59 with , - * /"),
        ("cron(1- 0 * * ? *)", "has an invalid minute: got '1-', allowed are 0 to 59 with , - * /"),
        ("cron(-1 0 * * ? *)", "has an invalid minute: got '-1', allowed are 0 to 59 with , - * /"),
        ("cron(*/0 0 * * ? *)", "has an invalid minute: got '*/0', allowed are 0 to 59 with , - * /"),
        ("cron(*/x 0 * * ? *)", "has an invalid minute: got '*/x', allowed are 0 to 59 with , - * /"),
        ("cron(*/5/5 0 * * ? *)", "has an invalid minute: got '*/5/5', allowed are 0 to 59 with , - * /"),
        ("cron(L 0 * * ? *)", "has an invalid minute: got 'L', allowed are 0 to 59 with , - * /"),
        ("cron(٣ 0 * * ? *)", "has an invalid minute: got '٣', allowed are 0 to 59 with , - * /"),
        ("cron(0 24 * * ? *)", "has an invalid hour: got '24', allowed are 0 to 23 with , - * /"),
        ("cron(0 0 0 * ? *)", "has an invalid day of month: got '0', allowed are 1 to 31 with , - * ? / L W"),
        ("cron(0 0 32 * ? *)", "has an invalid day of month: got '32', allowed are 1 to 31 with , - * ? / L W"),
        ("cron(0 0 32W * ? *)", "has an invalid day of month: got '32W', allowed are 1 to 31 with , - * ? / L W"),
        ("cron(0 0 W * ? *)", "has an invalid day of month: got 'W', allowed are 1 to 31 with , - * ? / L W"),
        ("cron(0 0 2#1 * ? *)", "has an invalid day of month: got '2#1', allowed are 1 to 31 with , - * ? / L W"),
        ("cron(0 0 MON * ? *)", "has an invalid day of month: got 'MON', allowed are 1 to 31 with , - * ? / L W"),
        ("cron(0 0 1,? * ? *)", "has an invalid day of month: got '1,?', allowed are 1 to 31 with , - * ? / L W"),
        ("cron(0 0 1 0 ? *)", "has an invalid month: got '0', allowed are 1 to 12 (JAN to DEC) with , - * /"),
        ("cron(0 0 1 13 ? *)", "has an invalid month: got '13', allowed are 1 to 12 (JAN to DEC) with , - * /"),
        ("cron(0 0 1 juli ? *)", "has an invalid month: got 'juli', allowed are 1 to 12 (JAN to DEC) with , - * /: did you mean JUL?"),
        ("cron(0 0 ? * 0 *)", "has an invalid day of week: got '0', allowed are 1 to 7 (SUN to SAT) with , - * ? L #"),
        ("cron(0 0 ? * 8 *)", "has an invalid day of week: got '8', allowed are 1 to 7 (SUN to SAT) with , - * ? L #"),
        ("cron(0 0 ? * MONDAY *)", "has an invalid day of week: got 'MONDAY', allowed are 1 to 7 (SUN to SAT) with , - * ? L #: did you mean MON?"),
        ("cron(0 0 ? * 2#6 *)", "has an invalid day of week: got '2#6', allowed are 1 to 7 (SUN to SAT) with , - * ? L #"),
        ("cron(0 0 ? * 2#0 *)", "has an invalid day of week: got '2#0', allowed are 1 to 7 (SUN to SAT) with , - * ? L #"),
        ("cron(0 0 ? * #1 *)", "has an invalid day of week: got '#1', allowed are 1 to 7 (SUN to SAT) with , - * ? L #"),
        ("cron(0 0 ? * 2#15 *)", "has an invalid day of week: got '2#15', allowed are 1 to 7 (SUN to SAT) with , - * ? L #"),
        ("cron(0 0 ? * 3W *)", "has an invalid day of week: got '3W', allowed are 1 to 7 (SUN to SAT) with , - * ? L #"),
        ("cron(0 0 1 1 ? 1969)", "has an invalid year: got '1969', allowed are 1970 to 2199 with , - * /"),
        ("cron(0 0 1 1 ? 2200)", "has an invalid year: got '2200', allowed are 1970 to 2199 with , - * /"),
        ("rate()", f"is not a rate: got 'rate()', {NO_RATE}"),
        ("rate(0 days)", f"is not a rate: got 'rate(0 days)', {NO_RATE}"),
        ("rate(-1 day)", f"is not a rate: got 'rate(-1 day)', {NO_RATE}"),
        ("rate(1.5 hours)", f"is not a rate: got 'rate(1.5 hours)', {NO_RATE}"),
        ("rate(30 seconds)", f"is not a rate: got 'rate(30 seconds)', {NO_RATE}"),
        ("rate(7days)", f"is not a rate: got 'rate(7days)', {NO_RATE}"),
        ("rate(day)", f"is not a rate: got 'rate(day)', {NO_RATE}"),
        ("rate(1 dayss)", f"is not a rate: got 'rate(1 dayss)', {NO_RATE}"),
        ("rate(2 weeks)", f"is not a rate: got 'rate(2 weeks)', {NO_RATE}: write rate(14 days)"),
    ],
)  # fmt: skip
def test_wrong_expression_is_refused_with_got_allowed_and_the_way_out(expression: str, message: str) -> None:
    assert said(expression) == [("refused", message)]


@pytest.mark.parametrize(
    ("expression", "kind", "message"),
    [
        ("cron(0 0 * * SUN *)", "days", "must have ? in exactly one of day of month and day of week: got 'cron(0 0 * * SUN *)', write cron(0 0 ? * SUN *)"),
        ("cron(0 10 * * * *)", "days", "must have ? in exactly one of day of month and day of week: got 'cron(0 10 * * * *)', write cron(0 10 * * ? *)"),
        ("cron(0 0 1 * * *)", "days", "must have ? in exactly one of day of month and day of week: got 'cron(0 0 1 * * *)', write cron(0 0 1 * ? *)"),
        ("cron(0 0 ? * ? *)", "days", "must have ? in exactly one of day of month and day of week: got 'cron(0 0 ? * ? *)', write cron(0 0 * * ? *)"),
        ("cron(0 0 1 * MON *)", "days", "must have ? in exactly one of day of month and day of week: got 'cron(0 0 1 * MON *)'"),
        ("cron(0/60 * * * ? *)", "undocumented", "has an undocumented minute: got '0/60', documented are 0 to 59 with , - * /"),
        ("cron(/5 * * * ? *)", "undocumented", "has an undocumented minute: got '/5', documented are 0 to 59 with , - * /"),
        ("cron(0 22-4 * * ? *)", "undocumented", "has an undocumented hour: got '22-4', documented are 0 to 23 with , - * /"),
        ("cron(0 0 LW * ? *)", "undocumented", "has an undocumented day of month: got 'LW', documented are 1 to 31 with , - * ? / L W"),
        ("cron(0 0 L-3 * ? *)", "undocumented", "has an undocumented day of month: got 'L-3', documented are 1 to 31 with , - * ? / L W"),
        ("cron(0 0 15,L * ? *)", "undocumented", "has an undocumented day of month: got '15,L', documented are 1 to 31 with , - * ? / L W"),
        ("cron(0 0 ? * 6L *)", "undocumented", "has an undocumented day of week: got '6L', documented are 1 to 7 (SUN to SAT) with , - * ? L #"),
        ("cron(0 0 ? * FRI-MON *)", "undocumented", "has an undocumented day of week: got 'FRI-MON', documented are 1 to 7 (SUN to SAT) with , - * ? L #"),
        ("cron(0 0 ? * MON/2 *)", "undocumented", "has an undocumented day of week: got 'MON/2', documented are 1 to 7 (SUN to SAT) with , - * ? L #"),
        ("cron(0 0 ? * 3#1,6#3 *)", "undocumented", "has an undocumented day of week: got '3#1,6#3', documented are 1 to 7 (SUN to SAT) with , - * ? L #"),
        ("cron( 0 0  * * ? * )", "undocumented", "has whitespace other than single spaces between its parts: write cron(0 0 * * ? *)"),
        ("rate(1 days)", "undocumented", "has a unit that does not match its number: write rate(1 day)"),
        ("rate(5 minute)", "undocumented", "has a unit that does not match its number: write rate(5 minutes)"),
    ],
)  # fmt: skip
def test_contested_expression_is_a_doubt_and_not_a_refusal(expression: str, kind: str, message: str) -> None:
    assert said(expression) == [(kind, message)]


def test_every_wrong_field_is_named() -> None:
    kinds = [message.split(":")[0] for kind, message in said("cron(60 24 32 13 ? 1)") if kind == "refused"]
    assert kinds == [
        "has an invalid minute",
        "has an invalid hour",
        "has an invalid day of month",
        "has an invalid month",
        "has an invalid year",
    ]


@pytest.mark.parametrize("operation", ["CreateImagePipeline", "UpdateImagePipeline"])
@pytest.mark.parametrize(
    ("expression", "count"),
    [("cron(0 0 * * 0)", 1), ("cron(60 24 * * ? *)", 2), ("cron(0 0 * * SUN *)", 0), ("rate(1 days)", 0)],
)
def test_request_is_refused_for_what_is_wrong_and_not_for_what_is_in_doubt(
    operation: str, expression: str, count: int
) -> None:
    found = check(operation, {"schedule": {"scheduleExpression": expression}})
    assert sum(problem.path == ("schedule", "scheduleExpression") for problem in found) == count


@pytest.mark.parametrize(
    "schedule", ["rate(1 day)", {}, {"scheduleExpression": 5}, {"scheduleExpression": ""}, [], None]
)
def test_what_is_no_expression_is_left_to_the_model(schedule: object) -> None:
    assert not [
        str(problem) for problem in check("CreateImagePipeline", {"schedule": schedule}) if "cron" in str(problem)
    ]


def test_unresolved_schedule_and_expression_pass() -> None:
    token = "cron(${Token[TOKEN.1]})"
    for schedule in (token, {"scheduleExpression": token}):
        found = check("CreateImagePipeline", {"schedule": schedule}, is_unresolved=lambda value: value == token)
        assert not [problem for problem in found if problem.path[0] == "schedule"]
