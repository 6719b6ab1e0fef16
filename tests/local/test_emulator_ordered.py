"""The map that List operations go through."""

from hypothesis import given, settings
from hypothesis import strategies as st

from imagebuilder_local.emulator.ordered import ByArn, position

ARNS = st.sampled_from([f"image/web/1.0.0/{number}" for number in range(12)] + [f"pipeline/{name}" for name in "abc"])


@settings(deadline=None)
@given(st.lists(st.tuples(ARNS, st.booleans())), ARNS)
def test_order_and_values_are_those_of_a_sorted_dict(steps: list[tuple[str, bool]], begin: str) -> None:
    ours, plain = ByArn[int](), dict[str, int]()
    for number, (arn, there) in enumerate(steps):
        if there:
            ours[arn] = plain[arn] = number
        elif arn in plain:
            del ours[arn], plain[arn]
    assert dict(ours) == plain
    assert list(ours) == list(plain)
    expected = sorted((position(arn), value) for arn, value in plain.items() if position(arn) > position(begin))
    assert list(ours.after(position(begin))) == expected


def test_build_10_stands_after_build_9() -> None:
    builds = ByArn[int]()
    for number in (10, 9, 100, 1):
        builds[f"image/web/1.0.0/{number}"] = number
    assert [number for _, number in builds.after("")] == [1, 9, 10, 100]
