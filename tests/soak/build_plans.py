"""What goes wrong with the events of builds, and with their images, at random."""

from dataclasses import dataclass
from typing import Any, Final

from hypothesis import strategies as st

from soak.machine import DENIED, GARBLED, LASTING, PASSING
from soak.step_functions import BuildPlan

_STRAYS: Final = (4000.0, 9000.0)
_PUTS: Final = (503, 403, 307, "hang", "reset", "lost")
_STARTS: Final = ("ThrottlingException", "ServiceUnavailable", "hang", "reset before", "reply lost")
_LASTING_STARTS: Final = ("AccessDeniedException", "StateMachineDoesNotExist", "ExecutionLimitExceeded")
_MOST_CALLS: Final = 6
_MOST_PUTS: Final = 6
_MOST_KILLS: Final = 2
_MOST_STARTS: Final = 2


@dataclass(frozen=True)
class Outside:
    """What somebody else does with an image of the stack, after so many seconds."""

    pick: int
    delay: float
    cancels: bool
    removes: bool


def outside() -> st.SearchStrategy[Outside]:
    delays = st.sampled_from([0.5, 20.0, 100.0, 400.0])
    return st.builds(Outside, pick=st.integers(0, 5), delay=delays, cancels=st.booleans(), removes=st.booleans())


def plans() -> st.SearchStrategy[BuildPlan]:
    """Nothing, or faults that pass: whatever they are, the event must succeed."""
    kills = st.lists(st.one_of(st.none(), st.integers(0, 30)), max_size=_MOST_KILLS)
    passing = st.builds(
        BuildPlan,
        calls=st.lists(st.sampled_from(PASSING), max_size=_MOST_CALLS),
        puts=st.lists(st.sampled_from(_PUTS), max_size=4),
        kills=kills,
        copies=st.lists(st.sampled_from([0.0, 0.0, 0.5, 70.0]), max_size=2),
        starts=st.lists(st.sampled_from(_STARTS), max_size=_MOST_STARTS),
        looks=st.lists(st.one_of(st.none(), st.integers(0, 8)), max_size=4),
        is_doubled=st.booleans(),
    )
    iam = st.builds(BuildPlan, calls=st.sampled_from([[DENIED], [GARBLED]]), kills=kills)
    stray = st.builds(BuildPlan, calls=st.lists(st.sampled_from(PASSING), max_size=2), stray=st.sampled_from(_STRAYS))
    return st.one_of(st.builds(BuildPlan), passing, passing, iam, stray)


def heavy_plans() -> st.SearchStrategy[BuildPlan]:
    """Faults that an event need not survive: but nothing may be lost, doubled or left behind."""
    garbled = st.builds(BuildPlan, calls=st.sampled_from([[GARBLED] * 10, [GARBLED] * 20]), is_deaf=st.booleans())
    return garbled | st.builds(
        BuildPlan,
        calls=st.lists(st.sampled_from(LASTING), max_size=12),
        puts=st.lists(st.sampled_from([503, "hang", "reset"]), max_size=20),
        is_deaf=st.booleans(),
        kills=st.lists(st.one_of(st.none(), st.integers(0, 12)), max_size=3),
        starts=st.lists(st.sampled_from([*_STARTS, *_LASTING_STARTS]), max_size=8),
        looks=st.lists(st.one_of(st.none(), st.integers(0, 8)), max_size=12),
        is_lost=st.booleans(),
        is_doubled=st.booleans(),
    )


def quick_plans() -> st.SearchStrategy[BuildPlan]:
    """Faults that hold up a build for no longer than CloudFormation waits before it cancels the event."""
    return st.builds(BuildPlan, calls=st.lists(st.sampled_from(["reply lost", "reset before"]), max_size=1))


def passes(plan: Any) -> bool:
    """Return whether an event with this plan has to succeed."""
    trying = [fault for fault in plan.calls if fault in (DENIED, GARBLED)]
    few = len(plan.calls) <= _MOST_CALLS and len(plan.puts) <= _MOST_PUTS and len(plan.kills) <= _MOST_KILLS
    starts = len(plan.starts) <= _MOST_STARTS and not any(fault in _LASTING_STARTS for fault in plan.starts)
    return few and starts and not plan.is_deaf and not plan.is_lost and len(trying) < 2
