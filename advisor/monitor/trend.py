"""When the present trend would reach the crossover: a straight line through the logarithms of the complete months."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

from advisor.monitor.model import Trend
from advisor.monitor.span import Span
from advisor.monitor.trigger import MonthVolume
from advisor.usage.calendar_month import months_between

HORIZON = 24
MOST_MONTHS = 12
FEWEST_MONTHS = 4
_T_80 = (3.078, 1.886, 1.638, 1.533, 1.476, 1.440, 1.415, 1.397, 1.383, 1.372)
"""Student's t at 90 %, for 1 to 10 degrees of freedom: a two-sided interval of 80 %."""


def trend_of(volumes: Sequence[MonthVolume], crossover: Span) -> Trend | None:
    """The trend of the last complete months, at most twelve; None with fewer than four, or a month without images.

    Each end of the interval counts the uncertainty of the line and the scatter of the months. Volumes become floats
    here: a forecast is no amount that anybody pays.
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
