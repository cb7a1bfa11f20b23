"""The steps in which the number of GPUs that are always on rises along a volume.

The difference of two sides is then a sawtooth: within one step it is monotone, so that its sign changes at most once
there, and from step to step its signs at the first and at the last volume of a step change once each, but for the
rounding of volumes to whole numbers. So every pattern of signs occurs in a step next to one of these changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

from advisor.domain.offer import Encoded
from advisor.evaluation.facts import computations
from advisor.rulebook.terms import Choice, Expression, Number, Operation, chosen, names_used

Difference = Callable[[int], int]
Ends = Callable[[int], tuple[int, int]]
_FEW = 24
"""So many steps are all looked at."""


class GpuSteps:
    """The quotients rounded up to a whole number of GPUs in some expressions."""

    def __init__(self, expressions: Iterable[Expression]) -> None:
        self._expressions = tuple(expressions)
        self._rounded = lru_cache(maxsize=64)(self._rounded_along)

    def along(self, facts: Mapping[str, Encoded], moved: tuple[str, ...]) -> StepsAlong | None:
        """The steps along some volumes that are moved together; None where no number of GPUs depends on them."""
        billing = facts.get("gpu_billing")
        rounded = self._rounded(moved, billing)
        at_one = {**facts, **dict.fromkeys(moved, 1)}
        return StepsAlong(tuple(compute(at_one) for compute in rounded)) if rounded else None

    def _rounded_along(
        self, moved: tuple[str, ...], billing: Encoded | None
    ) -> tuple[Callable[[Mapping[str, Encoded]], tuple[int, ...]], ...]:
        found: dict[Operation, None] = {}
        for expression in self._expressions:
            found |= dict.fromkeys(_rounded_up(chosen(expression, {"gpu_billing": billing})))
        return tuple(
            computations((Operation("*", node.left, Number(10**node.shift)), node.right))
            for node in found
            if not set(moved).isdisjoint(names_used(node.left))
        )


@dataclass(frozen=True)
class StepsAlong:
    """The steps along a volume n, each of ``ceil(n * over / under)`` for a pair of numbers."""

    shares: tuple[tuple[int, ...], ...]

    def candidates(
        self, differences: Sequence[Difference], bounds: tuple[int, int], current: Encoded | None
    ) -> Iterator[tuple[int, int]]:
        """The first and the last volume of each step next to which the signs change, or in which ``current`` is."""
        for over, under in dict.fromkeys(self.shares):
            first, last = (-(-bound * over // under) for bound in bounds)
            ends = partial(self._ends, over, under, bounds)
            if last - first <= _FEW:
                steps = set(range(first, last + 1))
            else:
                near = {first, last} if current is None else {first, last, -(-int(current) * over // under)}
                turns = [_turn(first, last, ends, place, each) for place in (0, 1) for each in differences]
                near |= {step for turn in turns if turn for step in (turn - 1, turn)}
                steps = {step + more for step in near for more in (-1, 0, 1) if first <= step + more <= last}
            yield from ((least, most) for least, most in map(ends, sorted(steps)) if least <= most)

    @staticmethod
    def _ends(over: int, under: int, bounds: tuple[int, int], step: int) -> tuple[int, int]:
        """The first and the last volume of a step; the first is the greater one where none is on it."""
        return max(bounds[0], (step - 1) * under // over + 1), min(bounds[1], step * under // over)


def _turn(first: int, last: int, ends: Ends, place: int, difference: Difference) -> int | None:
    """The first step with the sign of the last one, where the sign changes; ``place`` chooses the end of the steps."""
    sign = difference(ends(last)[place]) < 0
    if (difference(ends(first)[place]) < 0) == sign:
        return None
    while last - first > 1:
        middle = (first + last) // 2
        first, last = (first, middle) if (difference(ends(middle)[place]) < 0) == sign else (middle, last)
    return last


def _rounded_up(expression: Expression) -> Iterator[Operation]:
    if isinstance(expression, Operation):
        if expression.op == "ceil":
            yield expression
        yield from _rounded_up(expression.left)
        yield from _rounded_up(expression.right)
    elif isinstance(expression, Choice):
        yield from _rounded_up(expression.then)
        yield from _rounded_up(expression.otherwise)
