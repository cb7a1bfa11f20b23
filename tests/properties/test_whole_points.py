"""The whole points of polygons, against every whole point tried in turn; and expressions that are no lines."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from advisor.scenario_space.gpu_steps import HalfPlane, greatest_point, least_point
from tests.helpers.strategies import examples

NUMBERS = st.integers(-12, 12)
PLANES = st.lists(st.builds(HalfPlane, NUMBERS, NUMBERS, st.integers(-60, 60)), max_size=4)


@examples(5_000)
@given(PLANES, st.integers(-15, 15), st.integers(0, 20), st.integers(-15, 15), st.integers(0, 20))
def test_the_first_and_the_last_whole_point_are_those_found_one_by_one(
    planes: list[HalfPlane], least: int, steps: int, low: int, range_of_n: int
) -> None:
    most, high = least + steps, low + range_of_n
    allowed = [
        (k, n)
        for k in range(least, most + 1)
        for n in range(low, high + 1)
        if all(plane.over * n + plane.along * k + plane.base <= 0 for plane in planes)
    ]
    bounded = [*planes, HalfPlane(1, 0, -high), HalfPlane(-1, 0, low)]
    assert least_point(bounded, (least, most)) == min(allowed, default=None)
    assert greatest_point(bounded, (least, most)) == max(allowed, default=None)


@examples(1_000)
@given(st.integers(1, 10**12), st.integers(1, 10**12), st.integers(-(10**12), 10**12), st.integers(1, 10**6))
def test_far_away_points_are_found_too(over: int, along: int, base: int, width: int) -> None:
    """Between two parallel lines that are less than one apart only a few steps have a point."""
    planes = [HalfPlane(over, -along, base), HalfPlane(-over, along, -base - width)]
    planes += [HalfPlane(1, 0, -(10**15)), HalfPlane(-1, 0, -(10**15))]
    found = least_point(planes, (1, 10**12))
    tried = ((k, n) for k in range(1, 500) for n in [-((base + width - along * k) // over)])
    first = next(((k, n) for k, n in tried if over * n - along * k + base <= 0), None)
    if found:
        assert all(plane.over * found[1] + plane.along * found[0] + plane.base <= 0 for plane in planes)
    assert (found if found and found[0] < 500 else None) == first
