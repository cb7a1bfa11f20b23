"""Break points: the exact values of one amount at which a comparison of the preferences turns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from advisor.offers import Encoded
from advisor.readings.facts import with_terms
from advisor.rulebook.conditions import comparisons
from advisor.rulebook.model import Rulebook
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

    def truths(self, facts: Amounts) -> tuple[bool, ...]:
        """Whether each ``left < right`` holds; facts hold every term."""
        return tuple(difference < 0 for difference in self._differences(facts))

    def _differences(self, facts: Amounts) -> tuple[int, ...]:
        return tuple(_value(left, facts) - _value(right, facts) for left, right in self._pairs)

    def along(self, amounts: Amounts, name: str, bounds: tuple[int, int]) -> list[int]:
        """The values of ``name`` within bounds whose predecessor has other truths. The other amounts are all given."""

        def differences(value: int) -> tuple[int, ...]:
            return self._differences(with_terms(self._rulebook, {**amounts, name: value}, self.terms))

        def difference(place: int, value: int) -> int:
            return differences(value)[place]

        least, most = bounds
        at_least, at_most = differences(least), differences(most)
        turns = set()
        for place, (first, last) in enumerate(zip(at_least, at_most, strict=True)):
            if (first < 0) != (last < 0):
                turns.add(_turn(partial(difference, place), least, first, most, last))
        return sorted(turns)


def _value(side: Encoded, facts: Amounts) -> int:
    return int(facts[side]) if isinstance(side, str) else int(side)


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
