"""The amounts: which comparisons of the rules can hold together, with an example of every combination.

Every combination is a region of the amounts. Regions are found along lines on which one amount varies, on both sides
of every breakpoint there: from the corners of the bounds of the unknown amounts, or from examples.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import combinations, islice, pairwise

from advisor.common.diagnostics import BadInput
from advisor.domain.cost_model import VOLUME_ENDS, VOLUMES
from advisor.domain.offer import Encoded
from advisor.domain.scenario import validated
from advisor.rulebook.model import Rulebook
from advisor.rulebook.symbols import FIELD_NAMES, Scope
from advisor.scenario_space.breakpoints import Breakpoints, PreferenceBreakpoints, Truths
from advisor.scenario_space.gate_outcomes import Answers
from advisor.scenario_space.values import assignments, bounds_of, usual_amount

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

    def at_corners(self, answers: Answers, ranged: bool = False) -> Iterator[Truths]:
        """The truths at the corners of the bounds of the amounts not answered: some of the combinations, at once."""
        for start in self._corners(answers, self.unknown(answers, ranged)):
            yield self.breakpoints.truths(start)

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
