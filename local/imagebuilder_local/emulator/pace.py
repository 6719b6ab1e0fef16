"""The speed of builds."""

import os
from typing import Final

VARIABLE: Final = "IMAGEBUILDER_LOCAL_SECONDS_PER_STATE"
_DEFAULT: Final = 2.0


def seconds_per_state() -> float:
    """Return how long a build stays in each state, in seconds, from the environment. Default: 2.

    ValueError if the value is not a number, or is negative or not finite.
    """
    text = os.environ.get(VARIABLE) or str(_DEFAULT)
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < float("inf"):
        raise ValueError(f"invalid {VARIABLE}: got {text!r}, allowed are seconds from 0, such as 0.5")
    return seconds
