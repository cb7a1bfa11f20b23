"""The steps in which the number of GPUs that are always on rises along a volume.

The difference of two sides is then a sawtooth: it is linear in the volume n and in the number k of steps up to it, with
``k = ceil(n * over / under)``. So the volumes at which given differences are less than zero are the whole points of a
polygon, of which the first and the last are found exactly, for any number of GPUs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from advisor.domain.offer import Encoded
from advisor.domain.staircase import ceiling
from advisor.evaluation.compiler import term_value
from advisor.evaluation.exact_ratios import Ratio, Ratios
from advisor.rulebook.terms import Choice, Expression, Operation, chosen, names_used
from advisor.scenario_space.whole_points import HalfPlane, greatest_point, least_point


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
        """A whole number."""
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
        """A conditional expression."""
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


class GpuSteps:
    """The differences that become a sawtooth along a volume."""

    def __init__(self, expressions: Iterable[Expression]) -> None:
        self._expressions = tuple(expressions)
        self._rising = lru_cache(maxsize=4)(self._with_billing)

    def turns(
        self, facts: Mapping[str, Encoded], moved: tuple[str, ...], bounds: tuple[int, int]
    ) -> tuple[set[int], frozenset[int]]:
        """Volumes whose predecessor may have other signs, and the places of the differences that these are exact for.

        ``moved`` are volumes that change together; ``facts`` has their value now. Every combination of signs within
        the bounds is at one of the turns or just before it, and so is the nearest one of each on either side of now.
        Differences with unlike shares are combined only with those of the same share.
        """
        shares: set[Share] = set()
        covered: dict[int, Expression] = {}
        rising = self._rising(facts.get("gpu_billing"))
        if not any(rounds for _, _, rounds in rising):
            return set(), frozenset()
        for place, (expression, used, _) in enumerate(rising):
            carrier = _OnStep(1)
            if used.isdisjoint(moved) or _line(expression, carrier, facts, moved) is None:
                continue
            covered[place] = expression
            shares |= carrier.shares
        if not shares:
            return set(), frozenset()
        now = int(facts.get(moved[0], bounds[0]))
        found: set[int] = set()
        for share in shares:
            own = [each for each in covered.values() if _shares(each, facts, moved) <= {share}]
            for steps, lines in _pieces(own, share, facts, moved, bounds):
                found |= set(_turns(lines, share, steps, bounds, now))
        return found, frozenset(covered)

    def _with_billing(self, billing: Encoded | None) -> list[tuple[Expression, frozenset[str], bool]]:
        """The differences for a way of paying GPUs, the names that each then reads, and whether it rounds up."""
        rising = [chosen(expression, {"gpu_billing": billing}) for expression in self._expressions]
        return [(expression, frozenset(names_used(expression)), _rounds_up(expression)) for expression in rising]


def _rounds_up(expression: Expression) -> bool:
    if isinstance(expression, Choice):
        return _rounds_up(expression.then) or _rounds_up(expression.otherwise)
    if not isinstance(expression, Operation):
        return False
    return expression.op == "ceil" or _rounds_up(expression.left) or _rounds_up(expression.right)


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


def _shares(expression: Expression, facts: Mapping[str, Encoded], moved: tuple[str, ...]) -> set[Share]:
    carrier = _OnStep(1)
    _line(expression, carrier, facts, moved)
    return carrier.shares


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
