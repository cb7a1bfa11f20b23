"""The comparisons of amounts that rules make, and the exact values of one amount at which their truth changes.

The number of GPUs that are always on rises in steps along a volume. The difference of two sides is then a sawtooth: it
is linear in the volume n and in the number k of steps up to it, with ``k = ceil(n * over / under)``. So the volumes at
which given differences are less than zero are the whole points of a polygon, of which the first and the last are found
exactly, for any number of GPUs.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from typing import NamedTuple

from advisor.domain.cost_model import VOLUME_ENDS, VOLUMES
from advisor.domain.offer import Encoded, Unknown
from advisor.domain.staircase import ceiling
from advisor.evaluation.compiler import PlainLogic, Ratio, Ratios, term_value
from advisor.evaluation.facts import computations, with_range
from advisor.rulebook.conditions import Comparison, comparisons
from advisor.rulebook.model import Rule, Rulebook
from advisor.rulebook.symbols import Scope
from advisor.rulebook.terms import Choice, Expression, Number, Operation, Use, chosen, names_used, parts_of, replaced
from advisor.scenario_space.whole_points import HalfPlane, greatest_point, least_point

Truths = tuple[bool, ...]
"""Which of the comparisons hold."""


def amount_comparisons(rulebook: Rulebook, rules: Iterable[Rule]) -> tuple[Comparison, ...]:
    """The comparisons of amounts and terms that some rules make, each once."""
    found = dict.fromkeys(comparison for rule in rules for comparison in comparisons(rule.when))
    names = rulebook.names
    return tuple(c for c in found if c.name in names and names[c.name].numeric and names[c.name].scope != Scope.NEED)


class Breakpoints:
    """Differences of amounts whose signs matter, and where along one amount each changes its sign.

    Along one amount each difference is monotone (linear, or linear in the reciprocal), so its sign changes at most
    once. Only along a volume with GPUs that are always on it is a sawtooth: see ``GpuSteps``.
    """

    def __init__(self, differences: Iterable[Expression]) -> None:
        self.differences = tuple(dict.fromkeys(differences))
        self._each = [computations([difference]) for difference in self.differences]
        self._all = computations(self.differences)
        self._steps = GpuSteps(self.differences)

    @classmethod
    def of_rules(cls, rulebook: Rulebook, rules: Iterable[Rule]) -> Breakpoints:
        """Those of the comparisons of amounts that some rules make."""
        return Breakpoints(_difference(rulebook, comparison) for comparison in amount_comparisons(rulebook, rules))

    def __add__(self, other: Breakpoints) -> Breakpoints:
        """The differences of both."""
        return Breakpoints((*self.differences, *other.differences))

    def truths(self, amounts: Mapping[str, Encoded]) -> Truths:
        """Whether each difference is less than zero; every amount is present."""
        return tuple(difference < 0 for difference in self._all(with_range(amounts)))

    def along(self, amounts: Mapping[str, Encoded], name: str, bounds: tuple[int, int]) -> list[int]:
        """The values of ``name`` within bounds whose predecessor has other truths. The other amounts are present.

        Where the number of GPUs rises along a volume, only those next to which the pattern of truths changes.
        """
        moved = (name, *(VOLUME_ENDS if name == "monthly_images" else ()))
        moved = tuple(field for field in moved if field == name or field not in amounts)
        facts = with_range(amounts)

        def difference(compute: Callable[[Mapping[str, Encoded]], tuple[int, ...]], value: int) -> int:
            for changed in moved:
                facts[changed] = value
            return compute(facts)[0]

        each = [partial(difference, compute) for compute in self._each]
        found, covered = self._steps.turns(facts, moved, bounds) if name in VOLUMES else (set(), frozenset())
        least, most = bounds
        for place, compute in enumerate(each):
            if place not in covered and least < most:
                first, last = compute(least), compute(most)
                if (first < 0) != (last < 0):
                    found.add(_sign_change(compute, least, first, most, last))
        if covered:  # the first volume of a combination of signs need not have other signs than the one before
            found = {turn for turn in found if least < turn <= most}
            signs = {value: [compute(value) < 0 for compute in each] for turn in found for value in (turn - 1, turn)}
            found = {value for value in found if signs[value - 1] != signs[value]}
        return sorted(found)


class PreferenceBreakpoints(Breakpoints, PlainLogic):
    """The breakpoints of a rulebook's preferences.

    ``pairs`` are the sides of the differences. As a carrier it looks up the truth of a comparison of amounts among the
    facts, where ``named`` puts it.
    """

    def __init__(self, rulebook: Rulebook) -> None:
        differences = {
            comparison: _difference(rulebook, comparison)
            for comparison in amount_comparisons(rulebook, rulebook.preferences)
        }
        super().__init__(differences.values())
        self._names = {c: f"difference {self.differences.index(found)}" for c, found in differences.items()}
        self.pairs = tuple((found.left, found.right) for found in dict.fromkeys(differences.values()))

    def named(self, truths: Truths) -> dict[str, bool]:
        """The truths as facts."""
        return {f"difference {place}": holds for place, holds in enumerate(truths)}

    def compare(self, facts: Mapping[str, Encoded | Unknown], comparison: Comparison) -> tuple[bool, bool]:
        """Whether the comparison holds."""
        name = self._names.get(comparison)
        if name is None:
            return super().compare(facts, comparison)
        holds = facts[name] is (comparison.op in ("lt", "gt"))
        return holds, holds


def _difference(rulebook: Rulebook, comparison: Comparison) -> Operation:
    """The difference that is less than zero where the comparison (or, for ``le`` and ``ge``, its negation) holds."""
    left, right = written_out(rulebook, comparison.name), written_out(rulebook, comparison.right)
    return Operation("-", left, right) if comparison.op in ("lt", "ge") else Operation("-", right, left)


def written_out(rulebook: Rulebook, side: Encoded | Expression) -> Expression:
    """A side of a comparison over fields and numbers only, with its terms and constants replaced by what they are."""
    if isinstance(side, Operation | Choice):
        return replaced(side, partial(written_out, rulebook))
    name = side.name if isinstance(side, Use) else side
    if isinstance(name, Number):
        return name
    if not isinstance(name, str):
        return Number(int(name))
    if name in rulebook.terms:
        return written_out(rulebook, rulebook.terms[name].expression)
    return Number(rulebook.constants[name]) if name in rulebook.constants else Use(name)


def _sign_change(difference: Callable[[int], int], low: int, at_low: int, high: int, at_high: int) -> int:
    """The first value with the sign of ``high``, mostly where a straight line or a hyperbola changes its own."""

    def changed(value: int) -> bool:
        return (difference(value) < 0) == (at_high < 0)

    to_low, to_high = abs(at_high), abs(at_low)
    straight = (low * to_low + high * to_high) // (to_low + to_high)
    hyperbolic = low * high * (to_low + to_high) // max(1, high * to_low + low * to_high)
    for guess in (straight, straight + 1, hyperbolic, hyperbolic + 1):
        if low < guess <= high and changed(guess) and not changed(guess - 1):
            return guess
    return low + 1 + bisect_left(range(low + 1, high), True, key=changed)


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
    is_rounded = isinstance(expression, Operation) and expression.op == "ceil"
    return is_rounded or any(map(_rounds_up, parts_of(expression)))


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
