"""What the monitor finds: the startup's year by hand, decisions in which the volume does not matter, and properties."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.decision.decide import decide
from advisor.domain.scenario import Axis, Route
from advisor.evaluation.compiler import PlainReading
from advisor.monitor.evaluate import Baseline, evaluate
from advisor.monitor.model import MonitorResult, Month, NotComparable, Span, Thresholds
from advisor.monitor.model import MonitorVerdict as Verdict
from advisor.monitor.model import NotComparableReason as Reason
from advisor.monitor.trigger import moved
from advisor.rulebook.loader import bundled_rulebook
from advisor.usage.model import Basis
from tests.helpers.strategies import EXERCISE, complete_answers, examples, scenario

RULEBOOK = bundled_rulebook()
STARTUP = {**EXERCISE, "quality": "best_preferred", "current_route": "closed_api", "migration_cost": 60_000}
YEAR = (4_000, 9_000, 21_000, 46_000, 98_000, 200_000, 390_000, 700_000, 1_100_000, 1_500_000, 1_800_000, 2_000_000)
TODAY = datetime.date(2026, 11, 23)


def situation(answers: dict[str, Any], route: Route | None = None, **ranges: Span) -> Baseline:
    """The situation of a decision on these answers."""
    given = scenario(answers)
    decision = decide(given, RULEBOOK, decided_on=datetime.date(2025, 11, 1), matcher=PlainReading(RULEBOOK))
    return Baseline(decision, given, RULEBOOK, route, ranges)


def months_(images: Sequence[int], price: object = "0.04", basis: Basis = Basis.COUNTED) -> tuple[Month, ...]:
    """Complete months from November 2025 on, at a price paid per image."""
    found = []
    for place, count in enumerate(images):
        volume = Span(*[Fraction(count)] * 3)
        cost = None if price is None else Fraction(str(price)) * count
        found.append(Month(moved("2025-11", place), volume, None, cost, basis, complete=True))
    return tuple(found)


def watched(answers: dict[str, Any], months: Sequence[Month], **more: Any) -> MonitorResult:
    """What is found, by the default rule."""
    return evaluate(situation(answers, **more), months, Thresholds(), file="a.decision.json", today=TODAY)


def test_the_year_of_the_startup() -> None:
    found = watched(STARTUP, months_(YEAR))
    assert found.verdict is Verdict.CROSSED_AND_STABLE
    assert [month.state for month in found.months[3:7]] == [
        Verdict.BELOW if 46_000 < 0.9 * 52_631 else Verdict.APPROACHING,
        Verdict.CROSSED,
        Verdict.CROSSED,
        Verdict.CROSSED_AND_STABLE,
    ]
    assert (found.crossed_in, found.months_since_crossing) == ("2026-03", 8)
    assert found.crossover == Span(*[Fraction(2_000) / (Fraction("0.04") - Fraction("1.2") / 600)] * 3)
    above = YEAR[4:]
    by_hand = sum((Fraction("0.038") * count - 2_000 for count in above), Fraction(0))
    assert found.overspend[-1].so_far == Span(by_hand, by_hand, by_hand)
    assert by_hand == 279_944
    assert not any(month.estimated for month in found.overspend)
    assert found.now is not None
    assert (found.now.route, found.now.deciding_axis) == (Route.SELF_HOST, Axis.COST)
    mean = Fraction(sum(YEAR[-3:]), 3)
    assert found.payback_months == 60_000 / (Fraction("0.04") * mean - Fraction("0.002") * mean - 2_000)
    assert found.few_step_crossover == Fraction(2_000) / (Fraction("0.04") - Fraction("1.2") / 3_000)
    assert found.trend is None


def test_what_is_paid_moves_the_crossover() -> None:
    found = watched(STARTUP, months_(YEAR, price="0.022"))
    assert found.crossover is not None
    assert found.crossover.expected == 100_000
    assert found.list_crossover == Fraction(2_000) / Fraction("0.038")
    assert found.crossed_in == "2026-04"


def test_without_a_bill_the_list_price_stands_in() -> None:
    found = watched(STARTUP, months_(YEAR, price=None))
    assert found.paid_price is None
    assert found.overspend[-1].so_far.expected == 279_944
    assert all(month.estimated for month in found.overspend)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (
            {"quality": "frontier_only"},
            NotComparable(Reason.DECIDED, (), Axis.MODEL_ACCESS, Route.CLOSED_API),
        ),
        ({"residency": "on_premises"}, NotComparable(Reason.DECIDED, (), Axis.RESIDENCY, Route.SELF_HOST)),
        ({"residency": "on_premises", "quality": "frontier_only"}, NotComparable(Reason.INFEASIBLE)),
        (
            {"indemnity_required": True},
            NotComparable(Reason.DECIDED, (), Axis.LICENSING, Route.CLOSED_API),
        ),
        ({"residency": None, "quality": "frontier_only"}, NotComparable(Reason.OPEN, ("residency",))),
        ({"monthly_overhead": None}, NotComparable(Reason.AMOUNTS_MISSING, ("monthly_overhead",))),
    ],
)
def test_where_no_volume_matters_it_says_so(changes: dict[str, Any], reason: NotComparable) -> None:
    answers = {name: value for name, value in {**STARTUP, **changes}.items() if value is not None}
    found = watched(answers, months_(YEAR), route=Route.CLOSED_API)
    assert found.verdict is Verdict.NOT_COMPARABLE
    assert found.why_not_comparable == reason
    assert (found.crossover, found.overspend, found.trend, found.crossed_in) == (None, (), None, None)


def test_at_a_price_no_dearer_than_gpu_time_there_is_nothing_to_cross() -> None:
    found = watched(STARTUP, months_(YEAR, price="0.002"))
    assert found.verdict is Verdict.NOT_COMPARABLE
    assert found.why_not_comparable == NotComparable(Reason.NEVER_CHEAPER, price=Fraction("0.002"))


def test_a_price_paid_above_the_list_makes_it_comparable() -> None:
    found = watched({**STARTUP, "closed_price": Decimal("0.002")}, months_(YEAR))
    assert found.verdict is Verdict.CROSSED_AND_STABLE
    assert found.list_crossover is None


def test_the_trend_says_when_and_how_wide() -> None:
    found = watched(STARTUP, months_([4_000, 6_000, 9_500, 14_000, 21_000, 30_000]))
    assert found.trend is not None
    assert found.trend.expected == 2
    assert found.trend.earliest is not None
    assert found.trend.latest is not None
    assert found.trend.earliest <= found.trend.expected <= found.trend.latest
    assert 0.4 < found.trend.growth_per_month < 0.6
    falling = watched(STARTUP, months_([30_000, 29_000, 27_500, 27_000, 26_000])).trend
    assert falling is not None
    assert (falling.earliest, falling.expected, falling.latest) == (None, None, None)


def test_ranges_of_the_amounts_widen_the_crossover_and_keep_it_from_firing() -> None:
    wide = Span(Fraction(2_000), Fraction(3_000), Fraction(80_000))
    found = watched(STARTUP, months_(YEAR), monthly_overhead=wide)
    assert found.crossover == Span(*(overhead / Fraction("0.038") for overhead in (2_000, 2_000, 80_000)))
    assert found.verdict is Verdict.APPROACHING


@given(
    answers=complete_answers(),
    images=st.lists(st.integers(0, 3_000_000), min_size=0, max_size=8),
    price=st.decimals(Decimal("0.001"), Decimal("0.5"), places=3),
)
@examples(40)
def test_what_is_found_holds_together(answers: dict[str, Any], images: list[int], price: Decimal) -> None:
    found = watched(answers, months_(images, price))
    assert (found.verdict is Verdict.NOT_COMPARABLE) == (found.why_not_comparable is not None)
    assert (found.crossover is None) == (found.verdict is Verdict.NOT_COMPARABLE)
    assert (found.months_since_crossing is None) == (found.crossed_in is None) == (not found.overspend)
    if found.crossover is not None and len(images) >= 3:
        last = found.months[-1]
        assert last.images is not None
        if found.verdict is Verdict.CROSSED:
            assert last.images.low > found.crossover.high
        if found.verdict is Verdict.BELOW:
            assert last.images.high < found.crossover.low
    if found.now is not None:
        assert found.trailing_volume is not None
        assert found.now.scenario["monthly_images"] == max(1, round(found.trailing_volume.expected))
