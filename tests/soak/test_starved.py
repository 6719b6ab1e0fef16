"""A CPU share of 7 %, which is what the smallest function has; `make soak` has more of it."""

from support.function import MARGIN

from soak.starved import starve


def test_create_is_answered_in_time_with_7_percent_of_a_cpu_while_image_builder_hangs() -> None:
    starved = starve("Create", timeout=12, share=0.07)
    assert starved.margin >= MARGIN
    (answer,) = starved.answers
    assert answer["Status"] == "FAILED"
