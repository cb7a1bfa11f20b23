"""Where comparisons change along a volume for which whole GPUs are paid that are always on.

The number of GPUs rises in steps along a volume. The difference of two sides is then a sawtooth: it is linear in the
volume n and in the number k of steps up to it, with ``k = ceil(n * over / under)``. So the volumes at which given
differences are less than zero are the whole points (k, n) of a polygon, of which the first and the last are found
exactly, for any number of GPUs. The points are counted instead of tried: the whole numbers under a straight line have a
sum in closed form. So the cost depends on the number of digits, not on the size of the polygon.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, pairwise
from typing import NamedTuple

from advisor.domain.offer import Encoded
from advisor.domain.staircase import ceiling, rounded_sum
from advisor.evaluation.compiler import Ratio, Ratios, term_value
from advisor.rulebook.terms import Expression


class HalfPlane(NamedTuple):
    """The points (k, n) with ``n*over + k*along + base <= 0``."""

    over: int
    along: int
    base: int

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
    mirrored = [HalfPlane(-plane.over, -plane.along, plane.base) for plane in planes]
    found = least_point(mirrored, (-steps[1], -steps[0]))
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


class Share(NamedTuple):
    """``ceil((volume*over + base) / under)`` steps up to a volume; all are more than zero but ``base``, at least."""

    over: int
    base: int
    under: int

    def steps(self, volume: int) -> int:
        """The number of steps."""
        return ceiling(volume * self.over + self.base, self.under)

    @property
    def planes(self) -> tuple[HalfPlane, HalfPlane]:
        """The points (k, n) of which k is the number of steps up to n."""
        below = HalfPlane(self.over, -self.under, self.base)
        return below, HalfPlane(-self.over, self.under, 1 - self.base - self.under)


class NotLinearError(ArithmeticError):
    """An expression that is not linear in a volume and in the steps of one share of it."""


class Linear(NamedTuple):
    """``volume*n + steps*k + base``."""

    volume: int
    steps: int
    base: int

    @property
    def constant(self) -> bool:
        """Whether it depends on neither."""
        return not self.volume and not self.steps


class _OnStep:
    """Arithmetic of linear expressions on one step; ``turns`` are later steps at which a ``max`` has another side."""

    def __init__(self, step: int) -> None:
        self._step = step
        self.turns: set[int] = set()
        self.shares: set[Share] = set()

    def number(self, value: int) -> Linear:
        return Linear(0, 0, value)

    def compute(self, op: str, left: Linear, right: Linear) -> Linear:
        """The exact result. Raises NotLinearError."""
        if op in ("+", "-"):
            sign = 1 if op == "+" else -1
            return Linear(*(one + sign * other for one, other in zip(left, right, strict=True)))
        if op == "*" and (left.constant or right.constant):
            line, times = (right, left.base) if left.constant else (left, right.base)
            return Linear(*(part * times for part in line))
        if op == "ceil" and right.constant and not left.steps and left.volume >= 0:
            if left.constant:
                return self.number(ceiling(left.base, right.base))
            self.shares.add(Share(left.volume, left.base, right.base))
            return Linear(0, 1, 0)
        if op == "max" and not left.volume and not right.volume:
            return self._greater(left, right)
        raise NotLinearError

    def choose(self, answer: Linear, value: int, then: Linear, otherwise: Linear) -> Linear:
        return then if answer.base == value else otherwise

    def _greater(self, left: Linear, right: Linear) -> Linear:
        rises, ahead = left.steps - right.steps, left.base - right.base
        if rises < 0:
            return self._greater(right, left)
        if rises * self._step + ahead >= 0:
            return left
        if rises:
            self.turns.add(ceiling(-ahead, rises))
        return right


Rising = Sequence[tuple[Expression, frozenset[str]]]
"""Differences for one way of paying GPUs, with the names that each reads."""


def sawtooth_turns(
    rising: Rising, facts: Mapping[str, Encoded], moved: tuple[str, ...], bounds: tuple[int, int]
) -> tuple[set[int], frozenset[int]]:
    """Volumes whose predecessor may have other signs, and the places of the differences that these are exact for.

    ``moved`` are volumes that change together; ``facts`` has their value now. Every combination of signs within the
    bounds is at one of the turns or just before it, and so is the nearest one of each on either side of now.
    Differences with unlike shares are combined only with those of the same share.
    """
    covered: dict[int, tuple[Expression, set[Share]]] = {}
    for place, (expression, used) in enumerate(rising):
        carrier = _OnStep(1)
        if not used.isdisjoint(moved) and _line(expression, carrier, facts, moved) is not None:
            covered[place] = expression, carrier.shares
    every_share = set[Share]().union(*(shares for _, shares in covered.values()))
    now = int(facts.get(moved[0], bounds[0]))
    found: set[int] = set()
    for share in every_share:
        own = [expression for expression, shares in covered.values() if shares <= {share}]
        for steps, lines in _pieces(own, share, facts, moved, bounds):
            found |= set(_turns(lines, share, steps, bounds, now))
    return found, frozenset(covered if every_share else ())


def _line(
    expression: Expression, carrier: _OnStep, facts: Mapping[str, Encoded], moved: tuple[str, ...]
) -> Linear | None:
    """The expression times what it is divided by; None if it is not linear, or rounds two shares up."""
    values = {name: Ratio(Linear(0, 0, value)) for name, value in facts.items() if isinstance(value, int)}
    values |= {name: Ratio(Linear(1, 0, 0)) for name in moved}
    try:
        line: Linear = term_value(expression, Ratios(carrier), values).over
    except NotLinearError:
        return None
    return line if len(carrier.shares) <= 1 else None


def _pieces(
    expressions: Sequence[Expression],
    share: Share,
    facts: Mapping[str, Encoded],
    moved: tuple[str, ...],
    bounds: tuple[int, int],
) -> Iterator[tuple[tuple[int, int], list[Linear]]]:
    """Ranges of steps on which every expression is one line."""
    step, last = map(share.steps, bounds)
    while step <= last:
        carrier = _OnStep(step)
        lines = dict.fromkeys(_line(expression, carrier, facts, moved) for expression in expressions)
        end = min([last, *(turn - 1 for turn in carrier.turns)])
        yield (step, end), [line for line in lines if line is not None and not line.constant]
        step = end + 1


def _turns(
    lines: Sequence[Linear], share: Share, steps: tuple[int, int], bounds: tuple[int, int], now: int
) -> Iterator[int]:
    """The first volume with each combination of signs, the one after the last, and the same next to ``now``."""
    least, most = bounds
    sides = [(least, most), *([(least, now - 1), (now + 1, most)] if least < now < most else [])]
    for signs in _combinations([HalfPlane(*line[:2], line.base + 1) for line in lines], share, steps, bounds):
        for low, high in sides:
            planes = [*signs, *share.planes, *_within(low, high)]
            if high != now - 1 and (first := least_point(planes, steps)):
                yield first[1]
            if low != now + 1 and (last := greatest_point(planes, steps)):
                yield last[1] + 1


def _combinations(
    negative: Sequence[HalfPlane], share: Share, steps: tuple[int, int], bounds: tuple[int, int]
) -> list[tuple[HalfPlane, ...]]:
    """The combinations of signs that some volume has."""
    found: list[tuple[HalfPlane, ...]] = [()]
    for plane in negative:
        sides = [(*signs, side) for signs in found for side in (plane, plane.others)]
        found = [signs for signs in sides if least_point([*signs, *share.planes, *_within(*bounds)], steps)]
    return found


def _within(low: int, high: int) -> tuple[HalfPlane, HalfPlane]:
    return HalfPlane(1, 0, -high), HalfPlane(-1, 0, low)
