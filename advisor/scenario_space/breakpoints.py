"""The comparisons of amounts that rules make, and the exact values of one amount at which their truth changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial

from advisor.domain.cost_model import VOLUME_ENDS, VOLUMES
from advisor.domain.offer import Encoded, Unknown
from advisor.evaluation.facts import computations, with_range
from advisor.evaluation.python_backend import PlainLogic
from advisor.rulebook.conditions import Comparison, comparisons
from advisor.rulebook.model import Rule, Rulebook
from advisor.rulebook.symbols import Scope
from advisor.rulebook.terms import Choice, Expression, Number, Operation, Use, replaced
from advisor.scenario_space.gpu_steps import GpuSteps

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
    """Halfway; in powers of two while they differ by orders of magnitude."""
    if low >= 0 and high > 4 * (low + 1):
        return int(2 ** ((max(low, 1).bit_length() + high.bit_length()) // 2))
    return (low + high) // 2
