"""The parser of properties, with inputs that make no sense; `make soak` tries a million."""

from soak.fuzz import fuzz


def test_parser_refuses_what_makes_no_sense_in_its_own_words() -> None:
    figures = fuzz(5000, 4)
    assert figures["accepted"] > 50
    assert figures["refused"] > 1000
