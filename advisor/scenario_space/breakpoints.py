"""The comparisons of amounts that the preferences make, and the exact values of one amount at which they turn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from advisor.domain.offer import Encoded, Unknown
from advisor.domain.scenario import FIELDS
from advisor.evaluation.facts import computations, with_range
from advisor.evaluation.python_backend import PlainLogic
from advisor.rulebook.conditions import Comparison, comparisons
from advisor.rulebook.model import Rulebook
from advisor.rulebook.symbols import Scope
from advisor.rulebook.terms import Expression, Number, Operation, Use

Amounts = Mapping[str, Encoded]
Compute = Callable[[Amounts], tuple[int, ...]]
Truths = tuple[bool, ...]
"""Which of the comparisons hold."""
_VOLUMES = ("monthly_images_low", "monthly_images", "monthly_images_high")
"""From the least to the greatest they may be."""


def bounds_of(name: str, amounts: Amounts) -> tuple[int, int]:
    """The least and the most a number may be, beside the volumes already given."""
    quantity = FIELDS[name].quantity
    assert quantity is not None
    least, most = quantity.inside(quantity.least), quantity.inside(quantity.most)
    if name in _VOLUMES:
        place = _VOLUMES.index(name)
        least = max([least, *(int(amounts[other]) for other in _VOLUMES[:place] if other in amounts)])
        most = min([most, *(int(amounts[other]) for other in _VOLUMES[place + 1 :] if other in amounts)])
    return least, most


class Turning:
    """Differences of amounts whose signs matter: where each turns along one amount.

    Along one amount each difference is monotone (linear, or linear in the reciprocal), so it turns at most once.
    """

    def __init__(self, each: Sequence[Compute], all: Compute) -> None:
        self._each, self._all = each, all

    def __add__(self, other: Turning) -> Turning:
        """The differences of both."""
        return Turning([*self._each, *other._each], lambda facts: self._all(facts) + other._all(facts))

    def truths(self, amounts: Amounts) -> Truths:
        """Whether each ``left < right`` holds; every amount is given."""
        return tuple(difference < 0 for difference in self._all(with_range(amounts)))

    def along(self, amounts: Amounts, name: str, bounds: tuple[int, int]) -> list[int]:
        """The values of ``name`` within bounds whose predecessor has other truths. The other amounts are all given."""
        least, most = bounds
        first, last = (self._all(with_range({**amounts, name: end})) for end in bounds)
        facts = dict(amounts)
        follow = [other for other in ("monthly_images_low", "monthly_images_high") if other not in facts]
        follow = follow if name == "monthly_images" else []
        facts = with_range(facts)

        def difference(compute: Compute, value: int) -> int:
            facts[name] = value
            for end in follow:
                facts[end] = value
            return compute(facts)[0]

        return sorted(
            {
                _turn(partial(difference, compute), least, at_least, most, at_most)
                for compute, at_least, at_most in zip(self._each, first, last, strict=True)
                if (at_least < 0) != (at_most < 0)
            }
        )


class Breaks(Turning, PlainLogic):
    """The comparisons of numbers in a rulebook's preferences, each ``left < right`` counted once.

    ``pairs`` are their sides. As a carrier it judges such a comparison by its truth, a fact under
    the comparison's name.
    """

    def __init__(self, rulebook: Rulebook) -> None:
        self._rulebook = rulebook
        found = [c for rule in rulebook.preferences for c in comparisons(rule.when) if self._is_of_amounts(c)]
        pairs = tuple(dict.fromkeys(map(_strict, found)))
        self._named = tuple(_name(pair) for pair in pairs)
        self.pairs = tuple((self._expression(left), self._expression(right)) for left, right in pairs)
        differences = [Operation("-", left, right) for left, right in self.pairs]
        super().__init__(
            [computations(rulebook, [difference]) for difference in differences], computations(rulebook, differences)
        )

    def named(self, truths: Truths) -> dict[str, bool]:
        """The truths under the names of their comparisons."""
        return dict(zip(self._named, truths, strict=True))

    def compare(self, facts: Mapping[str, Encoded | Unknown], comparison: Comparison) -> tuple[bool, bool]:
        """Whether the comparison holds."""
        if not self._is_of_amounts(comparison):
            return super().compare(facts, comparison)
        holds = facts[_name(_strict(comparison))] is (comparison.op in ("lt", "gt"))
        return holds, holds

    def _is_of_amounts(self, comparison: Comparison) -> bool:
        known = self._rulebook.names[comparison.name]
        return known.numeric and known.scope is not Scope.NEED

    def _expression(self, side: Encoded) -> Expression:
        if not isinstance(side, str):
            return Number(int(side))
        term = self._rulebook.terms.get(side)
        return term.expression if term else Use(side)


def _strict(comparison: Comparison) -> tuple[Encoded, Encoded]:
    """The sides of the ``left < right`` that the comparison, or its complement, comes to."""
    sides = (comparison.name, comparison.right)
    return sides if comparison.op in ("lt", "ge") else (sides[1], sides[0])


def _name(pair: tuple[Encoded, Encoded]) -> str:
    return f"{pair[0]} < {pair[1]}"


def _turn(difference: Callable[[int], int], low: int, at_low: int, high: int, at_high: int) -> int:
    """The first value whose sign is the one at ``high``; guesses along a straight line and along a hyperbola."""
    for step in range(2 * high.bit_length() + 2):
        if high - low == 1:
            break
        weight_low, weight_high = abs(at_high) + 1, abs(at_low) + 1
        straight = (low * weight_low + high * weight_high) // (weight_low + weight_high)
        hyperbolic = low * high * (weight_low + weight_high) // max(1, high * weight_low + low * weight_high)
        for guess in (straight, hyperbolic, _between(low, high))[: 3 if step > 2 else 2]:
            middle = min(max(guess, low + 1), high - 1)
            if high - low == 1:
                break
            at_middle = difference(middle)
            if (at_middle < 0) == (at_low < 0):
                low, at_low = middle, at_middle
            else:
                high, at_high = middle, at_middle
    return high


def _between(low: int, high: int) -> int:
    """Halfway; in powers of two while they are far apart."""
    if low >= 0 and high > 4 * (low + 1):
        return int(2 ** ((max(low, 1).bit_length() + high.bit_length()) // 2))
    return (low + high) // 2
