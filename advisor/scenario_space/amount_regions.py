"""The amounts: which comparisons of the rules can hold together, with an example of every combination.

Every combination is a region of the amounts. Regions are found along lines on which one amount varies, on both sides
of every breakpoint there, the exact values at which a comparison changes its truth: from the corners of the bounds of
the unknown amounts, or from examples.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial
from itertools import combinations, islice, pairwise

from advisor.common.diagnostics import BadInput
from advisor.domain.cost_model import VOLUME_ENDS, VOLUMES
from advisor.domain.offer import Encoded, Unknown
from advisor.domain.scenario import FIELDS, validated
from advisor.evaluation.compiler import PlainLogic
from advisor.evaluation.facts import computations, with_range
from advisor.rulebook.model import Comparison, Rule, Rulebook, comparisons
from advisor.rulebook.symbols import FIELD_NAMES, Scope
from advisor.rulebook.terms import Choice, Expression, Number, Operation, Use, chosen, names_used, replaced, rounds_up
from advisor.scenario_space.gate_outcomes import Answers, assignments
from advisor.scenario_space.gpu_steps import Rising, sawtooth_turns


def bounds_of(name: str, amounts: Mapping[str, Encoded]) -> tuple[int, int]:
    """The bounds of a number or of the codes of a choice; for a volume they depend on the other volumes."""
    quantity = FIELDS[name].quantity
    if quantity is None:
        return 0, len(FIELDS[name].options) - 1
    least, most = quantity.bounds
    if name in VOLUMES:
        place = VOLUMES.index(name)
        least = max([least, *(int(amounts[other]) for other in VOLUMES[:place] if other in amounts)])
        most = min([most, *(int(amounts[other]) for other in VOLUMES[place + 1 :] if other in amounts)])
    return least, most


def usual_amount(name: str) -> int:
    """A usual value of a number; the least level of another amount."""
    quantity = FIELDS[name].quantity
    return quantity.usual if quantity else 0


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
    once. Only along a volume with GPUs that are always on it is a sawtooth: see ``gpu_steps``.
    """

    def __init__(self, differences: Iterable[Expression]) -> None:
        self.differences = tuple(dict.fromkeys(differences))
        self._each = [computations([difference]) for difference in self.differences]
        self._all = computations(self.differences)
        self._rising = lru_cache(maxsize=4)(self._with_billing)

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
        found, covered = set[int](), frozenset[int]()
        if name in VOLUMES and (rising := self._rising(facts.get("gpu_billing"))):
            found, covered = sawtooth_turns(rising, facts, moved, bounds)
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

    def _with_billing(self, billing: Encoded | None) -> Rising:
        """The differences for a way of paying GPUs, if with it any of them rounds up."""
        chosen_by = [chosen(difference, {"gpu_billing": billing}) for difference in self.differences]
        if not any(map(rounds_up, chosen_by)):
            return []
        return [(expression, frozenset(names_used(expression))) for expression in chosen_by]


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


AmountExample = dict[str, Encoded]
Bounds = Callable[[str, Answers], tuple[int, int]]
_MOST = {
    **dict.fromkeys(VOLUMES, 10**8),
    **dict.fromkeys(("open_price", "closed_price", "gpu_hour_price"), 50 * 10**6),
    "monthly_overhead": 10**15,
}
_LEAST = {"images_per_gpu_hour": 1000}
"""Within these bounds a month costs at most 6e9 dollars on any route."""


@dataclass
class AmountRegions:
    """The combinations of truths that the amounts can reach, each with an example, and the steps between them.

    ``steps[name]`` holds pairs of regions with examples that differ in that one amount only.
    """

    witnesses: dict[Truths, AmountExample] = field(default_factory=dict)
    steps: dict[str, set[tuple[Truths, Truths]]] = field(default_factory=dict)


def space_of_preferences(rulebook: Rulebook) -> tuple[PreferenceBreakpoints, AmountSpace]:
    """The breakpoints of a rulebook's preferences and their space: one for all rulebooks that differ in offers only."""
    read: tuple[Mapping[str, object], ...] = (rulebook.terms, rulebook.constants, rulebook.names)
    content = (rulebook.gates, rulebook.preferences, *(tuple(each.items()) for each in read))
    return _space_of(_SameRules(content, rulebook))


@dataclass(frozen=True)
class _SameRules:
    """A rulebook that is compared by its rules, without its offers."""

    content: tuple[object, ...]
    rulebook: Rulebook = field(compare=False)


@lru_cache(maxsize=16)
def _space_of(rules: _SameRules) -> tuple[PreferenceBreakpoints, AmountSpace]:
    rulebook, breakpoints = rules.rulebook, PreferenceBreakpoints(rules.rulebook)
    read = rulebook.reads((*rulebook.gates, *rulebook.preferences))
    volumes = VOLUMES if not read.isdisjoint(VOLUMES) else ()
    amounts = (name for name, known in FIELD_NAMES.items() if known.scope is Scope.AMOUNT and name in read)
    return breakpoints, AmountSpace((*volumes, *amounts), breakpoints, reads_expected="monthly_images" in read)


class AmountSpace:
    """Some amounts, and the differences between them whose signs matter.

    ``reads_expected``: whether the expected month is compared, and not only the low and the high one.
    """

    def __init__(self, names: Iterable[str], breakpoints: Breakpoints, reads_expected: bool = True) -> None:
        self.names, self.breakpoints = tuple(name for name in FIELD_NAMES if name in set(names)), breakpoints
        self._reads_expected = reads_expected
        self._regions_of = lru_cache(maxsize=4096)(self._from_corners)

    def __add__(self, other: AmountSpace) -> AmountSpace:
        """The amounts and the differences of both."""
        reads_expected = self._reads_expected or other._reads_expected
        return AmountSpace((*self.names, *other.names), self.breakpoints + other.breakpoints, reads_expected)

    def unknown(self, answers: Answers, ranged: bool) -> tuple[str, ...]:
        """The amounts not answered. Without ``ranged``, a low or high month not answered is the expected one."""
        ends_known = all(name in answers for name in VOLUME_ENDS)
        skipped = set[str]() if ranged or ends_known else set(VOLUME_ENDS)
        if not skipped and not self._reads_expected:
            skipped = {"monthly_images"}
        return tuple(name for name in self.names if name not in answers and name not in skipped)

    def regions(self, answers: Answers, ranged: bool = False) -> AmountRegions:
        """Every combination of truths that some completion of the amounts reaches."""
        known = {name: answers[name] for name in self.names if name in answers}
        return self._regions_of(tuple(sorted(known.items())), ranged)

    def reached(self, answers: Answers, ranged: bool = False) -> Iterator[Truths]:
        """The combinations one by one: those at the corners of the bounds, which need no search, before all of them."""
        for start in self._corners(answers, self.unknown(answers, ranged)):
            yield self.breakpoints.truths(start)
        yield from self.regions(answers, ranged).witnesses

    def plain_witnesses(self) -> dict[Truths, AmountExample]:
        """For every combination of truths, amounts that differ from the usual ones in as few fields as possible.

        Amounts over the bounds of a scenario are skipped, and so is a combination that has no others.
        """
        free = [name for name in self.names if name != "monthly_images"]
        every = self.regions({}, ranged=True).witnesses.keys()
        found: dict[Truths, AmountExample] = {}
        for size in range(len(free) + 1):
            for unknown in combinations(free, size):
                known: AmountExample = {name: usual_amount(name) for name in free if name not in unknown}
                for truths, amounts in self.regions(known, ranged=True).witnesses.items():
                    if truths not in found and _is_affordable(amounts):
                        found[truths] = amounts
            if found.keys() == every:
                break
        return found

    def examples_from(self, starts: Iterable[AmountExample]) -> list[AmountExample]:
        """An example of every combination of truths that is reached from some amounts, region by region.

        The amounts stay within bounds in which the cost of every month can be computed.
        """
        regions = AmountRegions(steps={name: set() for name in self.names})
        for start in starts:
            if all(least <= int(start[name]) <= most for name in start for least, most in [_affordable(name, {})]):
                self._visit(start, regions)
        queue = deque(regions.witnesses.values())
        while queue:
            start = queue.popleft()
            for name in self.names:
                known = len(regions.witnesses)
                self._along_line(start, name, _affordable, regions)
                queue.extend(islice(regions.witnesses.values(), known, None))
        return list(regions.witnesses.values())

    def _from_corners(self, known: tuple[tuple[str, Encoded], ...], ranged: bool) -> AmountRegions:
        """From the corners of the unknown amounts along every line, and once more from where the truths change."""
        amounts = dict(known)
        unknown = self.unknown(amounts, ranged)
        regions = AmountRegions(steps={name: set() for name in unknown})
        queue = deque((start, True) for start in self._corners(amounts, unknown))
        visited: set[tuple[object, ...]] = set()
        turns: set[tuple[object, ...]] = set()
        while queue:
            start, is_corner = queue.popleft()
            self._visit(start, regions)
            for name in unknown:
                line = (name, *(start[other] for other in unknown if other != name))
                if line in visited:
                    continue
                visited.add(line)
                for turn, sides in self._along_line(start, name, bounds_of, regions).items():
                    if is_corner and turn not in turns:
                        turns.add(turn)
                        queue.extendleft((point, False) for point in sides)
        return regions

    def _corners(self, known: Answers, unknown: tuple[str, ...]) -> Iterator[AmountExample]:
        """The known amounts with the unknown ones at either end of their bounds."""
        amounts = {name: known[name] for name in self.names if name in known}
        for corner in assignments({name: bounds_of(name, amounts) for name in unknown}):
            start = {**amounts, **corner}
            if _is_ordered(start):
                yield start

    def _along_line(
        self, start: AmountExample, name: str, bounds: Bounds, regions: AmountRegions
    ) -> dict[tuple[object, ...], tuple[AmountExample, AmountExample]]:
        """Visits both ends of a line and both sides of every breakpoint; returns the two points at each change."""
        least, most = bounds(name, start)
        turns = self.breakpoints.along(start, name, (least, most)) if least < most else []
        sides = [value for turn in turns for value in (turn - 1, turn)]
        # The sides come first, because their amounts are more usual than those of the ends.
        truths = {value: self._visit({**start, name: value}, regions) for value in (*sides, least, most)}
        points = [least, *sides, most]
        regions.steps[name] |= {(a, b) for a in truths.values() for b in truths.values() if a != b}
        return {
            (name, truths[before], truths[after], place): ({**start, name: before}, {**start, name: after})
            for place, (before, after) in enumerate(pairwise(points))
            if truths[before] != truths[after]
        }

    def _visit(self, amounts: AmountExample, regions: AmountRegions) -> Truths:
        truths = self.breakpoints.truths(amounts)
        regions.witnesses.setdefault(truths, amounts)
        return truths


def _is_ordered(amounts: Answers) -> bool:
    """Whether the low month is no more than the expected one, and that no more than the high one."""
    volumes = [int(amounts[name]) for name in VOLUMES if name in amounts]
    return volumes == sorted(volumes)


def _affordable(name: str, amounts: Answers) -> tuple[int, int]:
    """Bounds within which the cost of every month can be computed."""
    least, most = bounds_of(name, amounts)
    return max(least, _LEAST.get(name, least)), min(most, _MOST.get(name, most))


def _is_affordable(amounts: Answers) -> bool:
    """Whether these amounts, complete, are valid in a scenario: no month costs more than can be computed."""
    try:
        validated({name: FIELD_NAMES[name].decode(value) for name, value in amounts.items()}, "amounts")
    except BadInput:
        return False
    return True
