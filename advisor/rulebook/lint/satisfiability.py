"""Which comparisons imply or contradict one another, decided exactly over the values that their names can have.

Words are equal or not. Everything with an order is a whole number inside, so that comparisons that hold together are
differences with a limit, which contradict each other where a cycle of them sums to less than nothing. Terms count as
free numbers here: what their arithmetic excludes is for a solver.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

from advisor.domain.cost_model import VOLUMES
from advisor.domain.scenario import FIELDS
from advisor.rulebook.conditions import EQUAL, NEGATED, All, Comparison, Condition, branches
from advisor.rulebook.engine_limits import MAX_BRANCHES_A_RULE
from advisor.rulebook.model import Rulebook
from advisor.rulebook.symbols import Name
from advisor.rulebook.unparse import names_of

Branch = tuple[Comparison, ...]
_NOTHING = ""
_Limit = tuple[str, str, int]
"""``left - right <= most``."""
_INCREASING: list[_Limit] = [(low, high, 0) for low, high in combinations(VOLUMES, 2)]


def alternatives(*conditions: Condition) -> list[Branch]:
    """The conditions together, as alternatives of comparisons."""
    return branches(All(conditions), MAX_BRANCHES_A_RULE)


@dataclass(frozen=True)
class Space:
    """The values that the names of a rulebook can have."""

    names: Mapping[str, Name]
    constants: Mapping[str, int]

    def possible(self, branch: Iterable[Comparison]) -> bool:
        """Whether some values satisfy all comparisons at once."""
        words: dict[str, object] = {}
        limits = list(_INCREASING)
        for comparison in branch:
            if self._ordered(comparison.name):
                limits += _limits(comparison)
                limits += [limit for name in comparison.names for limit in self._bounds(name)]
            elif words.setdefault(comparison.name, comparison.right) != comparison.right:
                return False
        return _consistent(limits)

    def implies(self, branch: Branch, comparison: Comparison) -> bool:
        """Whether the comparison holds wherever the branch does, if its names are known."""
        return not any(self.possible((*branch, other)) for other in self.negations(comparison))

    def covers(self, wider: Iterable[Branch], branch: Branch) -> bool:
        """Whether one of the wider alternatives holds wherever the branch does, whatever else is unknown."""
        known = {name for comparison in branch for name in comparison.names} | self.constants.keys()
        return any(
            all(known.issuperset(comparison.names) and self.implies(branch, comparison) for comparison in other)
            for other in wider
        )

    def possible_alternatives(self, *conditions: Condition) -> list[Branch]:
        """The alternatives of the conditions together that some values satisfy."""
        return [branch for branch in alternatives(*conditions) if self.possible(branch)]

    def _ordered(self, name: str) -> bool:
        return self.names[name].comparable

    def negations(self, comparison: Comparison) -> Iterator[Comparison]:
        """The comparisons one of which holds where this one does not; a single one for numbers."""
        name, op, right = comparison.name, comparison.op, comparison.right
        if op != EQUAL:
            yield Comparison(name, NEGATED[op], right, comparison.against_name)
        else:
            yield from (Comparison(name, EQUAL, other) for other in self.names[name].others(right))

    def _bounds(self, name: str) -> list[_Limit]:
        known = self.names[name]
        if name in self.constants:
            least = most = self.constants[name]
        elif known.ordered:
            least, most = 0, len(known.options) - 1
        elif name in FIELDS and (quantity := FIELDS[name].quantity):
            least, most = quantity.bounds
        else:
            return []
        return [(name, _NOTHING, most), (_NOTHING, name, -least)]


def space_of(rulebook: Rulebook) -> Space:
    """The space of a rulebook's names."""
    return Space(names_of(rulebook), rulebook.constants)


def _limits(comparison: Comparison) -> list[_Limit]:
    right, value = (str(comparison.right), 0) if comparison.against_name else (_NOTHING, int(comparison.right))
    below = (comparison.name, right, value)
    above = (right, comparison.name, -value)
    return {
        "lt": [(*below[:2], value - 1)],
        "le": [below],
        "gt": [(*above[:2], -value - 1)],
        "ge": [above],
        EQUAL: [below, above],
    }[comparison.op]


def _consistent(limits: list[_Limit]) -> bool:
    """Whether numbers exist that keep all limits: shortest distances settle unless a cycle is negative."""
    distances = dict.fromkeys((name for left, right, _ in limits for name in (left, right)), 0)
    for _ in range(len(distances) + 1):
        changed = False
        for left, right, most in limits:
            if distances[right] + most < distances[left]:
                distances[left] = distances[right] + most
                changed = True
        if not changed:
            return True
    return False
