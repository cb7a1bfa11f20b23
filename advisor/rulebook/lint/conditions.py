"""Findings within one condition: what contradicts itself, and what adds nothing.

Which comparisons imply or contradict one another is decided exactly over the values that their names can have. Words
are equal or not. Everything with an order is a whole number inside, so that comparisons that hold together are
differences with a limit, which contradict each other where a cycle of them sums to less than nothing. Terms count as
free numbers here: what their arithmetic excludes is for a solver.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations

from advisor.common.diagnostics import Problem
from advisor.domain.cost_model import VOLUMES
from advisor.domain.scenario import FIELDS
from advisor.rulebook.conditions import EQUAL, NEGATED, All, AnyOf, Comparison, Condition, branches
from advisor.rulebook.diagnostics import Code
from advisor.rulebook.listing import condition_text, names_of, one_of_name
from advisor.rulebook.loader import MAX_BRANCHES_A_RULE
from advisor.rulebook.model import Rule, Rulebook
from advisor.rulebook.symbols import Name

Branch = tuple[Comparison, ...]
_NOTHING = ""
_Limit = tuple[str, str, int]
"""``left - right <= most``."""
_INCREASING: list[_Limit] = [(low, high, 0) for low, high in combinations(VOLUMES, 2)]
_Siblings = tuple[Condition, ...]


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
            if self.names[comparison.name].comparable:
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


def condition_findings(rulebook: Rulebook) -> Iterator[Problem]:
    """The findings within the condition of each rule."""
    space = space_of(rulebook)
    for rule in rulebook.rules.values():
        if space.possible_alternatives(rule.when):
            yield from _Condition(rule, space).findings()
        else:
            what = f"rule `{rule.id}` can never fire: {_quoted(rule.when, space)} contradicts itself"
            help = "take back one of the comparisons, or the rule"
            yield Code.NEVER_FIRES.problem(what, rule.file, rule.line, help=help)


@dataclass
class _Condition:
    """The search through one rule's condition; ``done`` holds the parts already found."""

    rule: Rule
    space: Space
    done: list[Condition] = field(default_factory=list)

    def findings(self) -> Iterator[Problem]:
        parts = list(_parts(self.rule.when))
        for part, _ in parts:
            if self._always(part):
                yield self._found(Code.ALWAYS_TRUE, part, "holds whatever the value is", "take it back")
        for part, siblings in parts:
            if isinstance(part, AnyOf) and not part.complement and self.space.possible_alternatives(*siblings, part):
                yield from self._alternatives(part, siblings)
        for part, siblings in parts:
            if not self._is_done(part) and self._is_implied(part, siblings):
                what = "is implied by the conditions combined with it"
                yield self._found(Code.ADDS_NOTHING, part, what, "keep the narrower of the two")

    def _found(self, code: Code, part: Condition, what: str, help: str) -> Problem:
        self.done.append(part)
        what = f"in rule `{self.rule.id}`, {_quoted(part, self.space)} {what}"
        return code.problem(what, self.rule.file, self.rule.line, help=help)

    def _is_done(self, part: Condition) -> bool:
        return any(part is other for other in self.done)

    def _always(self, part: Condition) -> bool:
        if isinstance(part, Comparison):
            return self.space.implies((), part)
        if not isinstance(part, AnyOf):
            return False
        if name := one_of_name(part):
            listed = {other.right for other in part.parts if isinstance(other, Comparison)}
            return len(listed) == len(self.space.names[name].values) > 1
        numbers = [other for other in part.parts if isinstance(other, Comparison) and other.op != EQUAL]
        negated = [negation for number in numbers for negation in self.space.negations(number)]
        return len(numbers) == len(part.parts) and not self.space.possible(negated)

    def _alternatives(self, whole: AnyOf, siblings: _Siblings) -> Iterator[Problem]:
        around = _comparisons(siblings)
        for part in whole.parts:
            if not self.space.possible_alternatives(*siblings, part):
                what = "is an alternative that can never hold"
                yield self._found(Code.DEAD_ALTERNATIVE, part, what, "take the alternative back, or mend it")
        for part in whole.parts:
            if self._is_done(part) or self._is_done(whole):
                continue
            others = [other for other in whole.parts if other is not part and not self._is_done(other)]
            wider = [branch for other in others for branch in alternatives(other)]
            if all(self.space.covers(wider, around + branch) for branch in alternatives(part)):
                what = "is an alternative that another one includes"
                yield self._found(Code.ADDS_NOTHING, part, what, "keep the wider of the two")

    def _is_implied(self, part: Condition, siblings: _Siblings) -> bool:
        others = _comparisons(tuple(other for other in siblings if not self._is_done(other)))
        if not others or not self.space.possible(others):
            return False
        if isinstance(part, AnyOf) and part.complement:
            name = str(one_of_name(part))
            left = {value.right for value in part.parts if isinstance(value, Comparison)}
            refused = set(self.space.names[name].values) - left
            excluded = not any(self.space.possible((*others, Comparison(name, EQUAL, value))) for value in refused)
            return excluded and any(name in other.names for other in others)
        return isinstance(part, Comparison) and self.space.covers([(part,)], others)


def _parts(condition: Condition, siblings: _Siblings = ()) -> Iterator[tuple[Condition, _Siblings]]:
    """Every part of a condition that somebody wrote, with the conditions combined with it."""
    yield condition, siblings
    if isinstance(condition, All) or (isinstance(condition, AnyOf) and not condition.complement):
        for place, part in enumerate(condition.parts):
            others = condition.parts[:place] + condition.parts[place + 1 :] if isinstance(condition, All) else ()
            yield from _parts(part, siblings + others)


def _comparisons(conditions: _Siblings) -> Branch:
    """The comparisons among some conditions that hold together."""
    found: Branch = ()
    for condition in conditions:
        if isinstance(condition, Comparison):
            found += (condition,)
        elif isinstance(condition, All):
            found += _comparisons(condition.parts)
    return found


def _quoted(condition: Condition, space: Space) -> str:
    return f"`{condition_text(condition, space.names)}`"
