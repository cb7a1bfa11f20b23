"""The amounts: which comparisons of the preferences can hold together, over everything the unknown amounts may be.

The walk visits the corners of the unknown amounts' bounds and every break point on the lines between them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from itertools import combinations, pairwise, product

from advisor.common.diagnostics import BadInput
from advisor.domain.offer import Encoded
from advisor.domain.scenario import FIELDS, validated
from advisor.rulebook.model import Rulebook
from advisor.rulebook.symbols import FIELD_NAMES, Scope
from advisor.scenario_space.breakpoints import Breaks, Truths, Turning, bounds_of
from advisor.scenario_space.gate_outcomes import Answers

VOLUME_ENDS = ("monthly_images_low", "monthly_images_high")


@dataclass
class Cells:
    """The combinations of truths the amounts can reach, each with amounts that reach it, and the steps between them.

    ``steps[name]`` holds pairs of cells that differ in that one amount only.
    """

    witnesses: dict[Truths, dict[str, Encoded]] = field(default_factory=dict)
    steps: dict[str, set[tuple[Truths, Truths]]] = field(default_factory=dict)


def amounts_of(rulebook: Rulebook, breaks: Breaks) -> Amounts:
    """The amounts that the preferences of a rulebook compare."""
    read = rulebook.reads((*rulebook.gates, *rulebook.preferences))
    volumes = ("monthly_images", *VOLUME_ENDS) if read & {"monthly_images", *VOLUME_ENDS} else ()
    amounts = (name for name, known in FIELD_NAMES.items() if known.scope is Scope.AMOUNT and name in read)
    return Amounts((*volumes, *amounts), breaks, reads_expected="monthly_images" in read)


class Amounts:
    """Amounts that preferences compare, and the differences between them.

    ``reads_expected``: whether the expected month is compared, and not only the low and the high one.
    """

    def __init__(self, names: Iterable[str], breaks: Turning, reads_expected: bool) -> None:
        self.names, self._breaks = tuple(name for name in FIELD_NAMES if name in set(names)), breaks
        self._reads_expected = reads_expected
        self._cells_given = lru_cache(maxsize=512)(self._walk)

    def together(self, other: Amounts) -> Amounts:
        """The amounts and the differences of both."""
        reads_expected = self._reads_expected or other._reads_expected
        return Amounts((*self.names, *other.names), self._breaks + other._breaks, reads_expected)

    def unknown(self, answers: Answers, ranged: bool) -> tuple[str, ...]:
        """The amounts not given. Without ``ranged``, a low or high month that is not given is the expected one."""
        ends_known = all(name in answers for name in VOLUME_ENDS)
        skipped = set[str]() if ranged or ends_known else set(VOLUME_ENDS)
        if not skipped and not self._reads_expected:
            skipped = {"monthly_images"}
        return tuple(name for name in self.names if name not in answers and name not in skipped)

    def cells(self, answers: Answers, ranged: bool = False) -> Cells:
        """Every combination of truths that some completion of the amounts reaches."""
        known = {name: answers[name] for name in self.names if name in answers}
        return self._cells_given(tuple(sorted(known.items())), ranged)

    def plain_witnesses(self) -> dict[Truths, dict[str, Encoded]]:
        """For every combination of truths, amounts that differ from the usual ones in as few fields as possible.

        Amounts over the bounds of a scenario are passed over, and a combination that has no others is left out.
        """
        free = [name for name in self.names if name != "monthly_images"]
        usual = {name: _usual(name) for name in free}
        every = self.cells({}, ranged=True).witnesses.keys()
        found: dict[Truths, dict[str, Encoded]] = {}
        for size in range(len(free) + 1):
            for unknown in combinations(free, size):
                known = {name: value for name, value in usual.items() if name not in unknown}
                for truths, amounts in self.cells(known, ranged=True).witnesses.items():
                    if truths not in found and affordable(amounts):
                        found[truths] = amounts
            if found.keys() == every:
                break
        return found

    def _walk(self, known: tuple[tuple[str, Encoded], ...], ranged: bool) -> Cells:
        """From the corners of the unknown amounts along every line, and once more from where the truths change."""
        amounts = dict(known)
        unknown = self.unknown(amounts, ranged)
        cells = Cells(steps={name: set() for name in unknown})
        corners = [{**amounts, **dict(zip(unknown, corner, strict=True))} for corner in _corners(unknown, amounts)]
        queue = deque((corner, True) for corner in corners if _possible(corner))
        visited: set[tuple[object, ...]] = set()
        turns: set[tuple[object, ...]] = set()
        while queue:
            start, is_corner = queue.popleft()
            self._visit(start, cells)
            for name in unknown:
                line = (name, *(start[other] for other in unknown if other != name))
                if line in visited:
                    continue
                visited.add(line)
                for turn, sides in self._walk_line(start, name, cells).items():
                    if is_corner and turn not in turns:
                        turns.add(turn)
                        queue.extendleft((point, False) for point in sides)
        return cells

    def _walk_line(
        self, start: dict[str, Encoded], name: str, cells: Cells
    ) -> dict[tuple[object, ...], tuple[dict[str, Encoded], dict[str, Encoded]]]:
        """Visits both ends of a line and both sides of every break point; returns the points beside each change."""
        least, most = bounds_of(name, start)
        turns = self._breaks.along(start, name, (least, most))
        beside = [value for turn in turns for value in (turn - 1, turn)]
        for value in beside:  # first, because they make plainer witnesses than the ends
            self._visit({**start, name: value}, cells)
        points = [least, *beside, most]
        reached = [self._visit({**start, name: value}, cells) for value in points]
        cells.steps[name] |= {(a, b) for a in reached for b in reached if a != b}
        return {
            (name, before, after, place): ({**start, name: points[place]}, {**start, name: points[place + 1]})
            for place, (before, after) in enumerate(pairwise(reached))
            if before != after
        }

    def _visit(self, amounts: dict[str, Encoded], cells: Cells) -> Truths:
        truths = self._breaks.truths(amounts)
        cells.witnesses.setdefault(truths, amounts)
        return truths


def _corners(unknown: tuple[str, ...], amounts: Answers) -> Iterator[tuple[Encoded, ...]]:
    """Every combination of the least and the most the unknown amounts may be."""
    return product(*(bounds_of(name, amounts) for name in unknown))


def _possible(amounts: Answers) -> bool:
    """The low month is no more than the expected one, and that no more than the high one."""
    volumes = [int(amounts[name]) for name in (VOLUME_ENDS[0], "monthly_images", VOLUME_ENDS[1]) if name in amounts]
    return volumes == sorted(volumes)


def _usual(name: str) -> int:
    quantity = FIELDS[name].quantity
    assert quantity is not None
    return quantity.inside(Decimal(quantity.example))


def affordable(amounts: Answers) -> bool:
    """True where these amounts, complete, make a scenario: no month costs more than is computed."""
    try:
        validated({name: FIELD_NAMES[name].decode(value) for name, value in amounts.items()}, "amounts")
    except BadInput:
        return False
    return True
