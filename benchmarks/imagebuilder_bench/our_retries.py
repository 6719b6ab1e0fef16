"""The function's own retry policy, for the simulation: its numbers are read from the function's code."""

import random
from importlib import import_module

from imagebuilder_bench.simulation import Pause


def ours() -> Pause | None:
    """Return the policy; None when the code has none that is known here."""
    try:
        retry = import_module("imagebuilder_pipeline_handler.retry")
        first, growth, longest = retry._PAUSES["throttled"]
    except (ImportError, AttributeError, KeyError):
        return None

    def pause(attempt: int, chance: random.Random) -> float:
        return chance.uniform(0, min(longest, first * growth ** min(attempt - 1, 10)))

    return pause
