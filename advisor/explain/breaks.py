"""Break points: the exact values of one amount at which a comparison of the preferences turns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from advisor.offers import Encoded
from advisor.readings.facts import computations, with_range
from advisor.rulebook.conditions import comparisons
from advisor.rulebook.model import Rulebook
from advisor.rulebook.terms import Expression, Number, Operation, Use
from advisor.scenario import FIELDS

Amounts = Mapping[str, Encoded]
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


class Breaks:
    """The comparisons of numbers in a rulebook's preferences, each ``left < right`` counted once.

    Along one amount each difference is monotone (linear, or linear in the reciprocal), so it turns at most once.
    """

    def __init__(self, rulebook: Rulebook) -> None:
        self._rulebook = rulebook
        found = [
            comparison
            for rule in rulebook.preferences
            for comparison in comparisons(rule.when)
            if rulebook.names[comparison.name].numeric
        ]
        strict = [(c.name, c.right) if c.op in ("lt", "ge") else (c.right, c.name) for c in found]
        self._pairs = tuple(dict.fromkeys(strict))
        self.terms = frozenset(side for pair in self._pairs for side in pair if isinstance(side, str))
        differences = [Operation("-", self._expression(left), self._expression(right)) for left, right in self._pairs]
        self._compute = computations(rulebook, differences)

    def differences(self, amounts: Amounts) -> tuple[int, ...]:
        """``left - right`` of every comparison; every amount is given."""
        return self._compute(with_range(amounts))

    def truths(self, amounts: Amounts) -> tuple[bool, ...]:
        """Whether each ``left < right`` holds; every amount is given."""
        return tuple(difference < 0 for difference in self.differences(amounts))

    def along(self, amounts: Amounts, name: str, bounds: tuple[int, int]) -> list[int]:
        """The values of ``name`` within bounds whose predecessor has other truths. The other amounts are all given."""

        def difference(place: int, value: int) -> int:
            return self.differences({**amounts, name: value})[place]

        least, most = bounds
        ends = zip(self.differences({**amounts, name: least}), self.differences({**amounts, name: most}), strict=True)
        return sorted(
            {
                _turn(partial(difference, place), least, first, most, last)
                for place, (first, last) in enumerate(ends)
                if (first < 0) != (last < 0)
            }
        )

    def _expression(self, side: Encoded) -> Expression:
        if not isinstance(side, str):
            return Number(int(side))
        term = self._rulebook.terms.get(side)
        return term.expression if term else Use(side)


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
