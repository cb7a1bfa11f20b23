"""The scales of pictures, and the labels beside their lines."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure

from advisor.charts.canvas import scale_of, spread, tick_label


@given(
    st.lists(st.fractions(Fraction(1, 10**6), 10**15), min_size=1, max_size=5),
    st.booleans(),
)
def test_scales_hold_their_points_and_carry_ticks(points: list[Fraction], log: bool) -> None:
    scale = scale_of(points, 1e-7, 1e16, log=log)
    axes = Figure().add_axes((0, 0, 1, 1))
    scale.set(axes.xaxis)
    assert axes.get_xlim() == (scale.least, scale.most)
    ticks = [tick for tick in axes.get_xticks() if scale.least <= tick <= scale.most]
    assert 2 <= len(ticks) <= 7
    assert ticks == sorted(set(ticks))
    assert len({tick_label(tick) for tick in ticks}) == len(ticks)
    assert all(scale.least < point < scale.most for point in points)
    positions = scale.positions(9)
    assert positions == sorted(set(positions))
    places = [axes.transAxes.inverted().transform(axes.transData.transform((at, 0)))[0] for at in positions]
    assert places == pytest.approx([n / 8 for n in range(9)], abs=1e-9)


@pytest.mark.parametrize(
    ("value", "label"),
    [(0.0, "$0"), (-2500.0, "-$2.5k"), (0.30000000000000004, "$0.3"), (1e-8, "$1e-8"), (3e12, "$3tn")],
)
def test_ticks_are_labelled_in_short(value: float, label: str) -> None:
    assert tick_label(value, "$") == label


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
