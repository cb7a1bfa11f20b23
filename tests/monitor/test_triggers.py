"""The trigger rule: against a plain re-statement of it, by its properties, and on simulated histories."""

from __future__ import annotations

import statistics
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.monitor.model import MonitorVerdict as Verdict
from advisor.monitor.model import Span, Thresholds
from advisor.monitor.trigger import MonthState, fires, month_states, moved
from advisor.monitor.trigger import MonthVolume as Volume
from benchmarks.trigger_rules import delays, false_alarms, the_rule

DEFAULT = Thresholds()


def exactly(number: object) -> Span:
    """A span without width."""
    return Span(*[Fraction(str(number))] * 3)


ONE = exactly(1)


def series(*levels: object, first: str = "2026-01") -> list[Volume]:
    """Months in a row; None is a gap."""
    return [Volume(moved(first, place), exactly(level)) for place, level in enumerate(levels) if level is not None]


def last(*levels: object, crossover: Span = ONE, rules: Thresholds = DEFAULT, owning: bool = False) -> MonthState:
    """How the last month stands."""
    return month_states(series(*levels), crossover, rules, owning=owning)[-1]


@pytest.mark.parametrize(
    ("levels", "verdict", "since"),
    [
        (("1.3", "1.3"), Verdict.INSUFFICIENT_DATA, "2026-01"),
        (("0.5", "0.5", "0.5"), Verdict.BELOW, None),
        (("0.5", "0.5", "0.9"), Verdict.APPROACHING, None),
        (("0.5", "0.5", "1"), Verdict.APPROACHING, None),
        (("0.5", "0.5", "1.01"), Verdict.CROSSED, "2026-03"),
        (("0.5", "1.3", "1.3", "1.3"), Verdict.CROSSED_AND_STABLE, "2026-02"),
        (("1.05", "1.05", "1.1"), Verdict.CROSSED, "2026-01"),
        (("3", "1.2", "1.3"), Verdict.CROSSED, "2026-01"),
        (("1.2", "2.4", "4.8"), Verdict.CROSSED_AND_STABLE, "2026-01"),
        (("1.3", None, "1.3", "1.3"), Verdict.CROSSED, "2026-01"),
        (("1.3", "1.3", "1.3", "0.95", "0.95"), Verdict.CROSSED_AND_STABLE, "2026-01"),
        (("1.3", "1.3", "1.3", "0.8"), Verdict.CROSSED_AND_STABLE, "2026-01"),
        (("1.3", "1.3", "1.3", "0.8", "0.8"), Verdict.FELL_BACK, None),
        (("1.3", "1.3", "1.3", "0.8", None, "0.8"), Verdict.CROSSED_AND_STABLE, "2026-01"),
        (("1.3", "1.3", "1.3", "0.8", "0.8", "1.2"), Verdict.CROSSED, "2026-06"),
    ],
)
def test_how_a_month_stands(levels: tuple[str, ...], verdict: Verdict, since: str | None) -> None:
    assert last(*levels) == MonthState(verdict, since)


def test_where_owning_was_decided_it_falls_back() -> None:
    assert last("1.3", "1.3", "0.95", owning=True).state is Verdict.CROSSED_AND_STABLE
    assert last("1.3", "0.8", "0.8", owning=True).state is Verdict.FELL_BACK


def test_strict_asks_for_the_lower_quartile_of_six() -> None:
    strict = Thresholds(strict=True)
    assert last("1.3", "1.3", "1.3", "1.3", "1.3", rules=strict).state is Verdict.INSUFFICIENT_DATA
    assert last("0.5", "1.3", "1.3", "1.3", "1.3", "1.3", rules=strict).state is Verdict.CROSSED_AND_STABLE
    assert last("0.5", "0.5", "1.3", "1.3", "1.3", "1.3", rules=strict).state is Verdict.CROSSED


def test_a_range_never_fires_where_its_lower_end_is_below() -> None:
    wide = [Volume(moved("2026-01", place), Span(Fraction(9, 10), Fraction(2), Fraction(4))) for place in range(3)]
    assert month_states(wide, ONE, DEFAULT)[-1].state is Verdict.APPROACHING
    assert (
        month_states(wide, Span(Fraction(1, 2), Fraction(3, 5), Fraction(4, 5)), DEFAULT)[-1].state is not Verdict.BELOW
    )


levels_ = st.lists(st.one_of(st.none(), st.integers(0, 300)), min_size=1, max_size=14).filter(
    lambda levels: any(level is not None for level in levels)
)


@given(levels=levels_)
def test_it_fires_as_the_rule_says_in_floats(levels: list[int | None]) -> None:
    """The same rule once more, with the statistics module over the plain list; borders are left to the exact one."""
    volumes = series(*[None if level is None else f"{level / 100:.2f}" for level in levels])
    tail = levels[-3:]
    fired = fires(volumes, ONE, DEFAULT)
    if levels[-1] is None:
        return
    if len(tail) < 3 or None in tail:
        assert not fired
        return
    numbers = [level / 100 for level in tail if level is not None]
    middle, variation = statistics.fmean(numbers), statistics.stdev(numbers)
    if abs(middle - 1.1) < 1e-9 or abs(variation - 0.25 * middle) < 1e-9:
        return
    steady = variation < 0.25 * middle or numbers[0] < numbers[1] < numbers[2]
    assert fired == (min(numbers) > 1 and middle > 1.1 and steady)


@given(levels=levels_, factor=st.integers(1, 1_000_000))
def test_only_the_ratio_to_the_crossover_matters(levels: list[int | None], factor: int) -> None:
    volumes = series(*[None if level is None else f"{level / 100:.2f}" for level in levels])
    larger = [Volume(volume.month, exactly(volume.images.low * factor)) for volume in volumes]
    assert month_states(larger, exactly(factor), DEFAULT) == month_states(volumes, ONE, DEFAULT)


@given(levels=levels_, width=st.integers(0, 50))
def test_a_wider_crossover_never_fires_sooner(levels: list[int | None], width: int) -> None:
    volumes = series(*[None if level is None else f"{level / 100:.2f}" for level in levels])
    wide = Span(1 - Fraction(width, 100), Fraction(1), 1 + Fraction(width, 100))
    assert fires(volumes, ONE, DEFAULT) or not fires(volumes, wide, DEFAULT)


def test_a_short_spike_never_fires() -> None:
    for length in (1, 2):
        levels = ["0.7"] * 6 + ["3"] * length + ["0.7"] * 6
        assert not any(
            judge.state is Verdict.CROSSED_AND_STABLE for judge in month_states(series(*levels), ONE, DEFAULT)
        )


def test_on_two_thousand_histories_alarms_are_rarely_false_and_never_late() -> None:
    assert false_alarms(the_rule, 0.85, 0.1) <= 0.005
    found = delays(the_rule, 0.1)
    within = sum(delay is not None and delay <= 3 for delay in found) / len(found)
    assert within >= 0.97
    assert statistics.median([delay for delay in found if delay is not None]) == 2
