"""Scales of a chart: linear from zero for points of similar size, logarithmic for a wide range."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from advisor.wording.labels import compact

if TYPE_CHECKING:
    from matplotlib.axis import XAxis, YAxis

LOG_RATIO = 12
"""From this ratio of the largest point to the smallest, a linear scale would crowd the smallest at its edge."""
_ROOM, _LOG_ROOM = 2, 3
_STEPS = ((1.5, (1.0, 2.0, 5.0)), (3.0, (1.0, 3.0)), (math.inf, (1.0,)))
"""The ticks in each decade of a logarithmic scale, by the number of decades it spans at most."""
_TICK_WIDTH = 35
"""The width in pixels of a label such as `300k` on the horizontal axis, with the gap to the next one."""


@dataclass(frozen=True)
class Scale:
    """From ``least`` to ``most``; a logarithmic scale starts above zero."""

    least: float
    most: float
    log: bool

    @staticmethod
    def between(least: float, most: float, *, log: bool) -> Scale:
        """A scale between two ends; a logarithmic one spans at least a ratio of ten."""
        return Scale(least, max(most, 10 * least) if log else most, log)

    def positions(self, count: int) -> list[float]:
        """``count`` values from end to end, evenly spaced on the scale."""
        import numpy as np

        return [float(value) for value in (np.geomspace if self.log else np.linspace)(self.least, self.most, count)]

    def set(self, axis: XAxis | YAxis, sign: str = "") -> None:
        """Applies the scale to an axis, with a few round ticks whose labels start with ``sign``."""
        from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

        axis.axes.set(**{f"{axis.axis_name}scale": "log" if self.log else "linear"})
        axis.axes.set(**{f"{axis.axis_name}lim": (self.least, self.most)})
        if self.log:
            decades = math.log10(self.most / self.least)
            room = axis.axes.bbox.width / _TICK_WIDTH if axis.axis_name == "x" else math.inf
            steps = next((steps for most, steps in _STEPS if decades <= most and decades * len(steps) <= room), (1.0,))
            axis.set_major_locator(LogLocator(subs=steps, numticks=6))
        else:
            axis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
        axis.set_minor_locator(NullLocator())
        axis.set_major_formatter(FuncFormatter(lambda value, _: tick_label(value, sign)))


def scale_of(points: Iterable[float | Fraction], least: float, most: float = math.inf, *, log: bool = False) -> Scale:
    """A scale that shows these points with a margin.

    A logarithmic scale, used for a wide range of points or on request (``log``), stays between ``least``, which is more
    than zero, and ``most``.
    """
    positive = [float(point) for point in points if point > 0] or [least]
    low, high = min(positive), max(positive)
    if log or low * LOG_RATIO < high:
        start = max(least, low / _LOG_ROOM)
        return Scale(start, max(start * _LOG_ROOM, min(most, high * _LOG_ROOM)), log=True)
    return Scale(0.0, _ROOM * high, log=False)


def tick_label(value: float, sign: str = "") -> str:
    """A round number, abbreviated.

    >>> tick_label(-150000.0, "$")
    '-$150k'
    """
    return f"{'-' if value < 0 else ''}{sign}{compact(Decimal(f'{abs(value):.12g}'))}"
