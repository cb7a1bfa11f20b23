"""Scales of a picture: from zero where the points lie close together, logarithmic where they are far apart."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import accumulate, repeat
from operator import mul

_FAR_APART = 12
"""From this ratio of the largest point to the smallest on, a scale from zero would crowd the smallest at its edge."""
_ROOM, _LOG_ROOM = 2, 3
_MOST_TICKS = 6
_NICE = (1, 2, 5)
_DIGITS = 20


@dataclass(frozen=True)
class Scale:
    """From ``least`` to ``most``, which is more; a logarithmic one starts above zero."""

    least: Decimal
    most: Decimal
    log: bool

    @staticmethod
    def between(least: Fraction, most: Fraction, *, log: bool) -> Scale:
        """From end to end; a logarithmic one spans a ratio of ten at least."""
        low, high = _decimal(least), _decimal(most)
        return Scale(low, max(high, 10 * low) if log else high, log)

    @property
    def ticks(self) -> tuple[Decimal, ...]:
        """A few round numbers from end to end."""
        return _log_ticks(self.least, self.most) if self.log else _even_ticks(self.most)

    def positions(self, count: int) -> list[Decimal]:
        """``count`` values from end to end, evenly spaced on the scale."""
        with localcontext(prec=_DIGITS):
            if self.log:
                times = (self.most / self.least) ** (Decimal(1) / (count - 1))
                inner = list(accumulate(repeat(times, count - 2), mul, initial=self.least))[1:]
            else:
                inner = [self.least + (self.most - self.least) * place / (count - 1) for place in range(1, count - 1)]
        return [self.least, *inner, self.most]

    def place(self, value: Fraction) -> float:
        """Where a value lies, from 0 at the start to 1 at the end; what is beyond an end lies there. For drawing."""
        with localcontext(prec=_DIGITS):
            number = min(max(_decimal(value), self.least), self.most)
            if self.log:
                return float((number / self.least).ln() / (self.most / self.least).ln())
            return float((number - self.least) / (self.most - self.least))


def scale_of(points: Iterable[Fraction], least: Decimal, most: Decimal, *, log: bool = False) -> Scale:
    """The scale that shows some points with room beside them.

    A logarithmic scale, taken where the points need one or ``log`` asks for it, stays between ``least``, which is more
    than zero, and ``most``.
    """
    positive = [_decimal(point) for point in points if point > 0] or [least]
    low, high = min(positive), max(positive)
    if log or low * _FAR_APART < high:
        start = max(least, low / _LOG_ROOM)
        return Scale(start, max(start * _LOG_ROOM, min(most, high * _LOG_ROOM)), log=True)
    return Scale(Decimal(0), _ROOM * high, log=False)


def _decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / value.denominator


def _even_ticks(most: Decimal) -> tuple[Decimal, ...]:
    power = Decimal(10) ** (most.adjusted() - 1)
    step = next(nice * ten for ten in (power, 10 * power) for nice in _NICE if most / (nice * ten) < _MOST_TICKS)
    return tuple(step * place for place in range(int(most / step) + 1))


def _log_ticks(least: Decimal, most: Decimal) -> tuple[Decimal, ...]:
    powers = [Decimal(10) ** exponent for exponent in range(least.adjusted(), most.adjusted() + 1)]
    found: list[Decimal] = []
    for steps in ((1,), (1, 3), _NICE):
        found = [step * power for power in powers for step in steps if least <= step * power <= most]
        if len(found) > 2:
            break
    return tuple(found[:: -(-len(found) // _MOST_TICKS) or 1])
