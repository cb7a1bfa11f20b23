"""The trigger rule: from the volume of the months and the crossover to a verdict on each month, and the trend.

A plain trailing rule with a margin and hysteresis: with a year or two of monthly points it beats change-point
detection, and everybody can recompute it. Calendar months (UTC) are text, ``2026-01``.
"""

from __future__ import annotations

import datetime
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from statistics import mean, quantiles, variance

from advisor.monitor.model import MonitorVerdict, Span, Thresholds, Trend


def month_of(day: datetime.date) -> str:
    """The month of a day."""
    return f"{day.year:04}-{day.month:02}"


def moved(month: str, by: int) -> str:
    """The month so many later, or earlier.

    >>> moved("2026-01", -1), moved("2026-11", 3)
    ('2025-12', '2027-02')
    """
    number = _number(month) + by
    return f"{number // 12:04}-{number % 12 + 1:02}"


def months_between(first: str, last: str) -> int:
    """How many months later ``last`` is.

    >>> months_between("2025-12", "2026-02")
    2
    """
    return _number(last) - _number(first)


def first_day(month: str) -> datetime.date:
    """The first day of a month."""
    return datetime.date(int(month[:4]), int(month[5:]), 1)


def first_day_after(month: str) -> datetime.date:
    """The first day of the month after."""
    return first_day(moved(month, 1))


def _number(month: str) -> int:
    return int(month[:4]) * 12 + int(month[5:]) - 1


HORIZON, MOST_MONTHS, FEWEST_MONTHS = 24, 12, 4
_T_80 = (3.078, 1.886, 1.638, 1.533, 1.476, 1.440, 1.415, 1.397, 1.383, 1.372)
"""Student's t at 90 %, for 1 to 10 degrees of freedom: a two-sided interval of 80 %."""


@dataclass(frozen=True)
class MonthVolume:
    """The images of one complete month, ``2026-01``."""

    month: str
    images: Span


@dataclass(frozen=True)
class MonthState:
    """The verdict on one month; ``since`` is the month in which the volume crossed, None while it has not."""

    state: MonitorVerdict
    since: str | None


def month_states(
    volumes: Sequence[MonthVolume], crossover: Span, rules: Thresholds, *, owning: bool = False
) -> list[MonthState]:
    """The verdict on each complete month, by it and those before. Ascending; a month left out is a gap.

    Crossed and stable once the trigger has fired, until enough months in a row lie below; what a range leaves open
    never fires it and never clears it, and what fires it clears nothing. ``owning`` says that own GPUs were decided
    for: the volume had crossed before.
    """
    found: list[MonthState] = []
    held = has_held = owning
    since: str | None = None
    for end in range(1, len(volumes) + 1):
        known = volumes[:end]
        if fires(known, crossover, rules):
            since = since if held else _crossed_in(known, crossover) or known[-1].month
            held = has_held = True
        elif held and _cleared(known, crossover, rules):
            held, since = False, None
        state = _state(known, crossover, rules, held, has_held)
        found.append(MonthState(state, since if held else _crossed_in(known, crossover)))
    return found


def _crossed_in(volumes: Sequence[MonthVolume], crossover: Span) -> str | None:
    """The first of the months up to the last that all lie above; None where the last does not."""
    first = None
    for volume in reversed(volumes):
        if not _above(volume, crossover):
            break
        first = volume.month
    return first


def fires(volumes: Sequence[MonthVolume], crossover: Span, rules: Thresholds) -> bool:
    """Whether the last months are above the crossover, clearly and steadily.

    By default each of the last three above N*'s upper end, their mean above 1.1 N*, and their coefficient of
    variation (of the sample) at most 0.25 unless each is above the one before; strict: the lower
    quartile of the last six above N*'s upper end.
    """
    last = _in_a_row(volumes, rules.needed)
    if last is None:
        return False
    lows = [volume.images.low for volume in last]
    if rules.strict:
        lower_quartile = quantiles(lows, n=4, method="inclusive")[0] if len(lows) > 1 else lows[0]
        return lower_quartile > crossover.high
    return (
        min(lows) > crossover.high
        and mean(lows) > rules.margin * crossover.expected
        and _steady([volume.images.expected for volume in last], rules)
    )


def _steady(numbers: Sequence[Fraction], rules: Thresholds) -> bool:
    """Varies little, or rises every month: growth varies too, and is no reason to wait."""
    rising = all(one < next_one for one, next_one in pairwise(numbers))
    return rising or variance(numbers) <= (rules.most_variation * mean(numbers)) ** 2


def _state(
    volumes: Sequence[MonthVolume], crossover: Span, rules: Thresholds, held: bool, has_held: bool
) -> MonitorVerdict:
    if len(volumes) < rules.needed:
        return MonitorVerdict.INSUFFICIENT_DATA
    if held:
        return MonitorVerdict.CROSSED_AND_STABLE
    last = volumes[-1]
    if _above(last, crossover):
        return MonitorVerdict.CROSSED
    if last.images.high >= rules.clear_below * crossover.low:
        return MonitorVerdict.APPROACHING
    return MonitorVerdict.FELL_BACK if has_held else MonitorVerdict.BELOW


def _above(volume: MonthVolume, crossover: Span) -> bool:
    return volume.images.low > crossover.high


def _cleared(volumes: Sequence[MonthVolume], crossover: Span, rules: Thresholds) -> bool:
    last = _in_a_row(volumes, rules.clear_months)
    return last is not None and all(volume.images.high < rules.clear_below * crossover.low for volume in last)


def _in_a_row(volumes: Sequence[MonthVolume], count: int) -> Sequence[MonthVolume] | None:
    """The last so many months; None where there are fewer, or a gap among them."""
    last = volumes[-count:]
    if len(last) < count or months_between(last[0].month, last[-1].month) != count - 1:
        return None
    return last


# ---- when the present trend would reach the crossover


def trend_of(volumes: Sequence[MonthVolume], crossover: Span) -> Trend | None:
    """A straight line through the logarithms of the last complete months, at most twelve.

    None with fewer than four, or a month without images. Each end of the interval counts the uncertainty of the line
    and the scatter of the months. Volumes become floats here: a forecast is no amount that anybody pays.
    """
    last = volumes[-MOST_MONTHS:]
    if len(last) < FEWEST_MONTHS or crossover.low <= 0 or any(volume.images.low <= 0 for volume in last):
        return None
    times = [months_between(last[-1].month, volume.month) for volume in last]
    logs = [math.log(volume.images.expected) for volume in last]
    n, middle = len(last), statistics.fmean(times)
    slope, level = statistics.linear_regression(times, logs)
    spread = math.fsum((time - middle) ** 2 for time in times)
    residuals = (log - level - slope * time for time, log in zip(times, logs, strict=True))
    scatter = math.sqrt(math.fsum(residual**2 for residual in residuals) / (n - 2))

    def first(target: float, side: int) -> int | None:
        for ahead in range(1, HORIZON + 1):
            width = _T_80[n - 3] * scatter * math.sqrt(1 + 1 / n + (ahead - middle) ** 2 / spread)
            if level + slope * ahead + side * width >= target:
                return ahead
        return None

    low, expected, high = (math.log(bound) for bound in (crossover.low, crossover.expected, crossover.high))
    return Trend(
        growth_per_month=math.expm1(slope),
        months_used=n,
        earliest=first(low, 1),
        expected=first(expected, 0),
        latest=first(high, -1),
        horizon=HORIZON,
    )
