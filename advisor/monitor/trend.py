"""When the present trend would reach the crossover: a straight line through the logarithms of the complete months."""

from __future__ import annotations

import math
from collections.abc import Sequence

from advisor.monitor.model import Span, Trend
from advisor.monitor.trigger import Volume
from advisor.usage.calendar_month import months_between

HORIZON = 24
MOST_MONTHS = 12
FEWEST_MONTHS = 4
_T_80 = (3.078, 1.886, 1.638, 1.533, 1.476, 1.440, 1.415, 1.397, 1.383, 1.372)
"""Student's t at 90 %, for 1 to 10 degrees of freedom: a two-sided interval of 80 %."""


def trend_of(volumes: Sequence[Volume], crossover: Span) -> Trend | None:
    """The trend of the last complete months, at most twelve; None with fewer than four, or a month without images.

    Each end of the interval counts the uncertainty of the line and the scatter of the months. Volumes become floats
    here: a forecast is no amount that anybody pays.
    """
    last = volumes[-MOST_MONTHS:]
    if len(last) < FEWEST_MONTHS or crossover.low <= 0 or any(volume.images.low <= 0 for volume in last):
        return None
    times = [months_between(last[-1].month, volume.month) for volume in last]
    logs = [math.log(volume.images.expected) for volume in last]
    n = len(last)
    mid_time, mid_log = math.fsum(times) / n, math.fsum(logs) / n
    spread = math.fsum((time - mid_time) ** 2 for time in times)
    pairs = list(zip(times, logs, strict=True))
    slope = math.fsum((time - mid_time) * (log - mid_log) for time, log in pairs) / spread
    scatter = math.sqrt(math.fsum((log - mid_log - slope * (time - mid_time)) ** 2 for time, log in pairs) / (n - 2))

    def first(target: float, side: int) -> int | None:
        for ahead in range(1, HORIZON + 1):
            width = _T_80[n - 3] * scatter * math.sqrt(1 + 1 / n + (ahead - mid_time) ** 2 / spread)
            if mid_log + slope * (ahead - mid_time) + side * width >= target:
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
