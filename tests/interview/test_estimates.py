"""Working numbers out: whatever is typed within bounds gives an answer or a plain refusal, never a crash."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.common.diagnostics import BadInput
from advisor.domain.scenario import MAX_MONTHLY_COST
from advisor.interview import estimates
from advisor.interview.flow import flow_of
from advisor.interview.state import Given
from advisor.interview.terminal import Terminal
from advisor.rulebook.loader import bundled_rulebook

TERMINAL = Terminal(flow_of(bundled_rulebook()), keep=lambda given: None)
NUMBERS = st.decimals(Decimal("0.000001"), Decimal(10**12), allow_nan=False, allow_infinity=False)


@given(NUMBERS, NUMBERS, NUMBERS, NUMBERS, NUMBERS)
def test_an_overhead_is_worked_out_or_refused(a: Decimal, b: Decimal, c: Decimal, d: Decimal, e: Decimal) -> None:
    found = TERMINAL._confirmed("monthly_overhead", estimates.overhead(a, b, c, d, e))
    most = Fraction(MAX_MONTHLY_COST)
    exact = Fraction(a) * Fraction(b) + Fraction(c) + Fraction(d) * Fraction(e)
    if abs(exact - most) > 1:
        assert (found is None) == (exact > most)


@given(NUMBERS, NUMBERS)
def test_a_throughput_is_worked_out_or_refused(steps: Decimal, seconds: Decimal) -> None:
    rate = estimates.throughput_of_steps(steps, seconds)
    found = TERMINAL._confirmed("images_per_gpu_hour", rate)
    assert found is None or found == rate


@given(st.integers(1, 10**12).map(Decimal), NUMBERS)
def test_a_grown_volume_is_no_less_and_too_much_is_refused_before_it_counts(volume: Decimal, growth: Decimal) -> None:
    high = estimates.grown(volume, growth)
    assert high >= volume
    answers = {"monthly_images": volume, "monthly_images_low": volume, "monthly_images_high": high}
    if high > 10**12:
        with pytest.raises(BadInput):
            Given().with_answers(answers)
    else:
        assert Given().with_answers(answers).scenario().high == high
