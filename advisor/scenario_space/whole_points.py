"""The whole points of a polygon: the least n of any whole point (k, n) that some linear inequalities allow.

The points are counted instead of tried: the whole numbers under a straight line have a sum in closed form. So the cost
depends on the number of digits, not on the size of the polygon.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import combinations, pairwise
from typing import NamedTuple

from advisor.domain.staircase import ceiling, rounded_sum


class HalfPlane(NamedTuple):
    """The points (k, n) with ``n*over + k*along + base <= 0``."""

    over: int
    along: int
    base: int

    @property
    def mirrored(self) -> HalfPlane:
        """The same of (-k, -n)."""
        return HalfPlane(-self.over, -self.along, self.base)

    @property
    def others(self) -> HalfPlane:
        """The whole points that are not in it."""
        return HalfPlane(-self.over, -self.along, 1 - self.base)


class _Line(NamedTuple):
    """``(slope*k + base) / under``, with ``under`` more than zero."""

    slope: int
    base: int
    under: int

    def floor(self, k: int) -> int:
        return (self.slope * k + self.base) // self.under

    def sum(self, least: int, most: int) -> int:
        """Of the values from ``least`` to ``most``, each rounded down."""
        return rounded_sum(most - least + 1, self.slope, self.slope * (least - 1) + self.base, self.under)

    def over(self, other: _Line, k_twice: int) -> int:
        """More than zero where the line is above another one, in the middle between two k with this sum."""
        here, there = self.slope * k_twice + 2 * self.base, other.slope * k_twice + 2 * other.base
        return here * other.under - there * self.under


def least_point(planes: Sequence[HalfPlane], steps: tuple[int, int]) -> tuple[int, int] | None:
    """The point (k, n) with the least k in ``steps``, both ends included, and of these the least n.

    None if no point is allowed. The planes bound n on both sides.
    """
    least, most = steps
    uppers: list[_Line] = []
    floors: list[_Line] = []
    """The lower bounds of n, negated."""
    for over, along, base in dict.fromkeys(planes):
        if over:
            (uppers if over > 0 else floors).append(_Line(-along, -base, abs(over)))
        elif along:
            most, least = (min(most, -base // along), least) if along > 0 else (most, max(least, ceiling(base, -along)))
        elif base > 0:
            return None
    if least > most:
        return None
    for start, after in pairwise(_cuts(uppers, floors, least, most)):
        upper, floor = _lowest(uppers, start + after - 1), _lowest(floors, start + after - 1)
        found = _first_step(upper, floor, start, after - 1)
        if found is not None:
            return found, -floor.floor(found)
    return None


def greatest_point(planes: Sequence[HalfPlane], steps: tuple[int, int]) -> tuple[int, int] | None:
    """The point (k, n) with the greatest k, and of these the greatest n; see ``least_point``."""
    found = least_point([plane.mirrored for plane in planes], (-steps[1], -steps[0]))
    return None if found is None else (-found[0], -found[1])


def _cuts(uppers: list[_Line], floors: list[_Line], least: int, most: int) -> list[int]:
    """The starts of the stretches of k in which no two bounds cross, and the end."""
    cuts = {least, most + 1}
    bounds = [*uppers, *(_Line(-line.slope, -line.base, line.under) for line in floors)]
    for one, two in combinations(bounds, 2):
        slope = one.slope * two.under - two.slope * one.under
        if slope:
            height = two.base * one.under - one.base * two.under
            if slope < 0:
                slope, height = -slope, -height
            cuts |= {cut for cut in (ceiling(height, slope), height // slope + 1) if least < cut <= most}
    return sorted(cuts)


def _lowest(lines: list[_Line], k_twice: int) -> _Line:
    lowest = lines[0]
    for line in lines[1:]:
        if lowest.over(line, k_twice) > 0:
            lowest = line
    return lowest


def _first_step(upper: _Line, floor: _Line, start: int, end: int) -> int | None:
    """The least k with a whole number between a line and a negated one, which do not cross in between."""
    if upper.floor(start) + floor.floor(start) >= 0:
        return start
    negated = _Line(-floor.slope, -floor.base, floor.under)
    if upper.over(negated, start + end) < 0 or not _count(upper, floor, start, end):
        return None
    return start + bisect_left(range(start, end + 1), True, key=lambda k: _count(upper, floor, start, k) > 0)


def _count(upper: _Line, floor: _Line, start: int, end: int) -> int:
    """How many whole points are between the lines."""
    return upper.sum(start, end) + floor.sum(start, end) + end - start + 1
