"""The scales of pictures, and the labels beside their lines."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.charts.canvas import spread
from advisor.charts.scale import Scale, scale_of


@given(
    st.lists(st.fractions(Fraction(1, 10**6), 10**15), min_size=1, max_size=5),
    st.booleans(),
)
def test_scales_hold_their_points_and_carry_ticks(points: list[Fraction], log: bool) -> None:
    scale = scale_of(points, Decimal("0.0000001"), Decimal(10**16), log=log)
    ticks = scale.ticks
    assert 2 <= len(ticks) <= 7
    assert list(ticks) == sorted(set(ticks))
    assert all(scale.least <= tick <= scale.most for tick in ticks)
    assert all(Decimal("0.0") < Decimal(scale.place(point)) < 1 for point in points)
    positions = scale.positions(9)
    assert positions == sorted(set(positions))
    assert [scale.place(Fraction(position)) for position in positions] == pytest.approx([n / 8 for n in range(9)])


def test_a_scale_keeps_what_is_beyond_it_at_its_ends() -> None:
    scale = Scale(Decimal(1), Decimal(100), log=True)
    assert [scale.place(Fraction(value)) for value in (0, 1, 10, 100, 1000)] == pytest.approx([0, 0, 0.5, 1, 1])


@given(st.lists(st.tuples(st.floats(-50, 150), st.floats(1, 20)), min_size=1, max_size=5))
def test_labels_are_spread_within_their_bounds_and_stay_in_order(labels: list[tuple[float, float]]) -> None:
    wanted, sizes = [place for place, _ in labels], [size for _, size in labels]
    centres = spread(wanted, sizes, 0, 100)
    boxes = sorted(
        (centre - size / 2, centre + size / 2, place)
        for centre, size, place in zip(centres, sizes, wanted, strict=True)
    )
    assert boxes[0][0] >= -1e-9
    assert boxes[-1][1] <= 100 + 1e-9
    assert all(one[1] <= other[0] + 1e-9 for one, other in pairwise(boxes))
    assert [place for _, _, place in boxes] == sorted(wanted)
