"""A decision with GPUs that are always on, watched: N*, verdict, overspend, payback by the whole GPUs of a month."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import accumulate, count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.domain.scenario import Route
from advisor.monitor.model import MonitorVerdict as Verdict
from advisor.monitor.model import NotComparableReason, Span
from tests.helpers import reference
from tests.helpers.strategies import examples
from tests.monitor.test_watch import STARTUP, months_, watched

KEPT_ON = {**STARTUP, "gpu_billing": "always_on", "peak_to_mean": 3, "min_gpus": 2}
PRICE = Fraction("0.04")


def own(answers: dict[str, object], images: int) -> Fraction:
    return reference.own(answers, Fraction(images))


def owning_for_good(answers: dict[str, object]) -> int:
    """The least volume from which owning never costs more, tried from one at which the saving is above a whole GPU."""
    return next(n for n in count(200_000, -1) if own(answers, n - 1) > PRICE * (n - 1))


def test_between_the_crossover_as_used_and_the_one_always_on_nothing_is_crossed() -> None:
    crossover = owning_for_good(KEPT_ON)
    assert crossover == 93_800
    volumes = [20_000, 60_000, 60_000, 60_000, 60_000]
    kept_on, as_used = watched(KEPT_ON, months_(volumes)), watched(STARTUP, months_(volumes))
    assert kept_on.crossover == Span(*[Fraction(crossover)] * 3)
    assert (kept_on.verdict, kept_on.overspend, kept_on.crossed_in) == (Verdict.BELOW, (), None)
    assert (as_used.verdict, bool(as_used.overspend)) == (Verdict.CROSSED_AND_STABLE, True)


@examples(100)
@given(
    st.lists(st.integers(1_000, 2_000_000), min_size=4, max_size=8),
    st.integers(1_000, 5_000),
    st.integers(1, 6),
)
def test_overspend_is_what_was_paid_beyond_the_whole_gpus_of_each_month(
    volumes: list[int], peak: int, fewest: int
) -> None:
    answers = {**KEPT_ON, "peak_to_mean": Decimal(peak).scaleb(-3), "min_gpus": fewest}
    found = watched(answers, months_(volumes))
    at = found.crossover
    assert at is not None
    assert at.low == at.expected == at.high
    assert own(answers, int(at.expected)) <= PRICE * at.expected
    assert own(answers, int(at.expected) - 1) > PRICE * (at.expected - 1)
    by_month = {month.month: images for month, images in zip(found.months, volumes, strict=True)}
    beyond = [PRICE * by_month[month.month] - own(answers, by_month[month.month]) for month in found.overspend]
    assert [month.over.expected for month in found.overspend] == beyond
    assert [month.so_far.expected for month in found.overspend] == list(accumulate(beyond))
    above = sum(volumes[-3:]) / Fraction(3) >= at.expected
    if found.verdict in (Verdict.CROSSED, Verdict.CROSSED_AND_STABLE):
        assert max(volumes[-3:]) >= at.expected
    if found.verdict is Verdict.CROSSED_AND_STABLE:
        assert above


def test_own_gpus_are_repaid_by_what_the_whole_gpus_save() -> None:
    volumes = [200_000, 300_000, 310_000, 320_000]
    found = watched(KEPT_ON, months_(volumes))
    mean = Fraction(sum(volumes[-3:]), 3)
    assert reference.own(KEPT_ON, mean) == 2_000 + Fraction("1.2") * 730 * 3
    assert found.payback_months == 60_000 / (PRICE * mean - reference.own(KEPT_ON, mean))
    assert found.now is not None
    assert found.now.route is Route.SELF_HOST


@pytest.mark.parametrize("peak", [None, 20])
def test_without_a_crossover_it_is_said_why(peak: int | None) -> None:
    """No peak is known; or the busiest hour makes an image cost more than it is rented for at every volume."""
    found = watched({**KEPT_ON, "peak_to_mean": peak}, months_([60_000] * 4))
    assert found.verdict is Verdict.NOT_COMPARABLE
    assert found.why_not_comparable is not None
    reason = NotComparableReason.NEVER_CHEAPER if peak else NotComparableReason.AMOUNTS_MISSING
    assert found.why_not_comparable.reason is reason
    assert found.why_not_comparable.fields == (() if peak else ("peak_to_mean",))
