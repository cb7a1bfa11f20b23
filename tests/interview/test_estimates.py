"""Estimates: whatever is typed within bounds gives an answer or a plain refusal, never a crash."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.common.diagnostics import BadInput
from advisor.domain.formatting import plain
from advisor.domain.scenario import MAX_MONTHLY_COST
from advisor.interview import estimates
from advisor.interview.flow import flow_of
from advisor.interview.state import InterviewState
from advisor.rulebook.loader import bundled_rulebook

FLOW = flow_of(bundled_rulebook())
NUMBERS = st.decimals(Decimal("0.000001"), Decimal(10**12), places=6, allow_nan=False, allow_infinity=False)
VOLUMES = st.integers(1, 10**12).map(Decimal)


def estimated(question: str, *inputs: Decimal | str, state: InterviewState | None = None) -> InterviewState | None:
    """The state after the inputs are typed one after the other; None where the result is refused."""
    state = (state or InterviewState()).estimate(question)
    for number, value in enumerate(inputs, 1):
        name = FLOW.next(state)
        assert name is not None
        assert estimates.estimated_by(name) == question
        try:
            state = state.answer_text(name, value if isinstance(value, str) else plain(value))
        except BadInput:
            assert number == len(inputs), "only the result may be out of bounds"
            return None
    assert state.estimating is None
    return state


@given(NUMBERS, NUMBERS, NUMBERS, NUMBERS, NUMBERS)
def test_an_overhead_is_calculated_or_refused(a: Decimal, b: Decimal, c: Decimal, d: Decimal, e: Decimal) -> None:
    found = estimated("monthly_overhead", a, b, c, d, e)
    exact = Fraction(a) * Fraction(b) + Fraction(c) + Fraction(d) * Fraction(e)
    if abs(exact - Fraction(MAX_MONTHLY_COST)) > 1:
        assert (found is None) == (exact > MAX_MONTHLY_COST)
    if found:
        assert abs(Fraction(found.answers["monthly_overhead"]) - exact) <= Fraction(1, 10**6)


def test_a_known_price_of_a_gpu_hour_is_not_asked_again() -> None:
    known = InterviewState().with_answers({"gpu_hour_price": Decimal("1.20")})
    found = estimated("monthly_overhead", "20", "80", "$300", "100", state=known)
    assert found is not None
    assert found.answers["monthly_overhead"] == 2020


@given(NUMBERS, NUMBERS)
def test_a_throughput_is_calculated_or_refused(steps: Decimal, seconds: Decimal) -> None:
    found = estimated("images_per_gpu_hour", "steps", steps, seconds)
    exact = 3600 / (Fraction(steps) * Fraction(seconds))
    if found:
        assert 0 <= exact - Fraction(found.answers["images_per_gpu_hour"]) < Fraction(1, 1000)
    else:
        assert not Fraction(1, 1000) <= exact <= 10**9


def test_a_throughput_from_seconds() -> None:
    found = estimated("images_per_gpu_hour", "seconds", "6")
    assert found is not None
    assert found.answers == {"images_per_gpu_hour": 600}


@given(VOLUMES, NUMBERS)
def test_a_grown_volume_is_no_less_and_too_much_is_refused_before_it_counts(volume: Decimal, growth: Decimal) -> None:
    high = estimates.grown(volume, growth)
    assert high >= volume
    found = estimated("monthly_images", volume, "growing", growth)
    assert (found is None) == (high > 10**12)
    if found:
        assert found.scenario().high == high


@given(VOLUMES, VOLUMES, VOLUMES)
def test_a_range_holds_the_expected_month(expected: Decimal, worst: Decimal, best: Decimal) -> None:
    found = estimated("monthly_images", expected, "unpredictable", worst, best)
    assert found is not None
    scenario = found.scenario()
    assert (scenario.low, scenario.high) == (min(worst, expected), max(best, expected))


@pytest.mark.parametrize("text", ["", "unknown", "  "])
def test_an_input_that_is_not_known_gives_the_estimate_up(text: str) -> None:
    state = InterviewState().estimate("monthly_overhead").answer_text("monthly_overhead.engineering_hours", "20")
    assert state.answer_text("monthly_overhead.hourly_rate", text) == InterviewState()


@pytest.mark.parametrize("text", ["-5", "0", "1e13", "six", "$6"])
def test_an_input_out_of_bounds_is_refused(text: str) -> None:
    state = InterviewState().estimate("images_per_gpu_hour").answer_text("images_per_gpu_hour.known", "seconds")
    with pytest.raises(BadInput):
        state.answer_text("images_per_gpu_hour.seconds_per_image", text)
