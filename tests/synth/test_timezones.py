"""Texts that are no IANA time zone: a hint is right, or there is none."""

from zoneinfo import available_timezones

import pytest

from cdk_imagebuilder_pipeline.props.timezones import meant_timezone

KNOWN = frozenset(available_timezones())


@pytest.mark.parametrize(
    ("abbreviation", "places"),
    [
        ("CEST", "Europe/Berlin"),
        ("cest", "Europe/Berlin"),
        ("PST", "America/Los_Angeles or Asia/Manila"),
        ("PDT", "America/Los_Angeles"),
        ("EDT", "America/New_York"),
        ("BST", "Europe/London"),
        ("IST", "Europe/Dublin, Asia/Jerusalem or Asia/Kolkata"),
        ("CST", "America/Chicago, Asia/Shanghai or America/Havana"),
        ("AEST", "Australia/Sydney"),
        ("SAST", "Africa/Johannesburg"),
        ("JST", "Asia/Tokyo"),
    ],
)
def test_abbreviation_names_one_place_for_each_offset(abbreviation: str, places: str) -> None:
    assert meant_timezone(abbreviation, KNOWN) == f"{abbreviation} is an abbreviation used in {places}"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Europe/Lodnon", "Europe/London"),
        ("europe/london", "Europe/London"),
        ("Europ/Berlin", "Europe/Berlin"),
        ("Asia/Calcuta", "Asia/Calcutta"),
        ("America/NewYork", "America/New_York"),
        ("Berlin", "Europe/Berlin"),
        ("utc", "UTC"),
    ],
)
def test_name_that_is_misspelt_is_told_the_right_one(text: str, name: str) -> None:
    assert meant_timezone(text, KNOWN) == f"did you mean {name}?"


@pytest.mark.parametrize(
    "text",
    [
        "XYZ",
        "UTC+2",
        "GMT+1",
        "Pacific",
        "W. Europe Standard Time",
        "Mars/Base",
        "Europe/Munich",
        "Asia/Beijing",
        "Asia/Bangalore",
        "America/Boston",
        "America/San_Francisco",
    ],
)
def test_text_that_may_mean_anything_is_given_no_hint(text: str) -> None:
    assert meant_timezone(text, KNOWN) is None


def test_machine_without_large_places_names_another() -> None:
    assert meant_timezone("CEST", {"Europe/Oslo"}) == "CEST is an abbreviation used in Europe/Oslo"
