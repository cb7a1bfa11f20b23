"""Likely mistakes in a rulebook that loads, as far as they can be decided exactly without a solver.

Which comparisons imply or contradict one another is decided exactly over the values that their names can have. Words
are equal or not. Everything with an order is a whole number inside, so that comparisons that hold together are
differences with a limit, which contradict each other where a cycle of them sums to less than nothing. Terms count as
free numbers here: what their arithmetic excludes is for a solver.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations, permutations

from advisor.common.diagnostics import Problem
from advisor.domain.cost_model import VOLUMES
from advisor.domain.offer import Offer, Unknown
from advisor.domain.scenario import FIELDS, Route
from advisor.rulebook.listing import condition_text, names_of, one_of_name
from advisor.rulebook.model import (
    EQUAL,
    MAX_BRANCHES_A_RULE,
    NEGATED,
    Advice,
    All,
    AnyOf,
    Comparison,
    Condition,
    Preference,
    Rule,
    Rulebook,
    branches,
    names_in_order,
    names_read,
)
from advisor.rulebook.records import Code
from advisor.rulebook.symbols import FIGURES, Figure, Name, fields_of

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


def _condition_findings(rulebook: Rulebook, space: Space) -> Iterator[Problem]:
    """The findings within the condition of each rule."""
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


def findings(rulebook: Rulebook) -> list[Problem]:
    """Every warning about a rulebook, by file and line."""
    space = space_of(rulebook)
    lints = (
        _condition_findings,
        _covered_rules,
        _opposed_preferences,
        _idle_preferences,
        _rules_without_offers,
        _unused_names,
        _missing_figures,
        _mismatched_axes,
        _untested_rules,
    )
    found = (problem for lint in lints for problem in lint(rulebook, space))
    return sorted(found, key=lambda problem: (problem.file or "", problem.line or 0))


def _warning(code: Code, rule: Rule, what: str, help: str) -> Problem:
    return code.problem(f"rule `{rule.id}` {what}", rule.file, rule.line, help=help)


def _whenever(space: Space, rule: Rule, other: Rule) -> bool:
    """Whether the other rule fires wherever this one does."""
    wider = alternatives(other.when)
    narrower = space.possible_alternatives(rule.when)
    if isinstance(rule, Preference) and isinstance(other, Preference):
        narrower = narrower if rule.running >= other.running and rule.out >= other.out else []
    return bool(narrower) and all(space.covers(wider, branch) for branch in narrower)


def _covered_rules(rulebook: Rulebook, space: Space) -> Iterator[Problem]:
    reported: set[str] = set()
    for other, rule in permutations(rulebook.rules.values(), 2):
        if not reported & {rule.id, other.id} and _says_no_more(rule, other) and _whenever(space, rule, other):
            reported.add(rule.id)
            what = f"says nothing that rule `{other.id}` does not say"
            yield _warning(Code.COVERED_RULE, rule, what, "take one of them back, or distinguish their conditions")


def _says_no_more(rule: Rule, other: Rule) -> bool:
    if type(rule) is not type(other):
        return False
    if isinstance(rule, Preference) and isinstance(other, Preference):
        return rule.axis is other.axis and bool(_pairs(rule)) and _pairs(rule) <= _pairs(other)
    if isinstance(rule, Advice) and isinstance(other, Advice):
        return rule.advise == other.advise
    return rule.axis is other.axis


def _pairs(rule: Preference) -> set[tuple[Route, Route]]:
    """The routes it can prefer, each with one it drops then."""
    return {(preferred, over) for preferred in rule.prefer for over in rule.over} - {
        (preferred, over) for preferred in Route for over in Route if rule.out & {preferred, over}
    }


def _opposed_preferences(rulebook: Rulebook, space: Space) -> Iterator[Problem]:
    reported: set[str] = set()
    for rule, other in permutations(rulebook.preferences, 2):
        opposed = {(over, preferred) for preferred, over in _pairs(rule)} & _pairs(other)
        if rule.axis is other.axis and opposed and not reported & {rule.id, other.id} and _whenever(space, rule, other):
            reported.add(rule.id)
            over, preferred = min(opposed)
            what = f"prefers {preferred} over {over}, and whenever it fires, rule `{other.id}` prefers the reverse"
            yield _warning(Code.OPPOSED_PREFERENCES, rule, what, "distinguish their conditions, or take one back")


def _idle_preferences(rulebook: Rulebook, space: Space) -> Iterator[Problem]:
    for rule in rulebook.preferences:
        for word, routes in (("prefers", rule.prefer), ("drops", rule.over)):
            for route in routes:
                if route in rule.out:
                    what = f"{word} {route} only while {route} is out"
                    yield _warning(Code.IDLE_PREFERENCE, rule, what, f"name another route, or do not ask for {route}")


def _rules_without_offers(rulebook: Rulebook, space: Space) -> Iterator[Problem]:
    of_cases = (offer for case in rulebook.cases for offer in case.offers)
    offers = {_stated(offer) for offer in (*rulebook.offers, *of_cases)}
    for gate in rulebook.gates:
        concerned = space.possible_alternatives(gate.when)
        if concerned and not any(space.possible(branch + stated) for branch in concerned for stated in offers):
            what = "concerns no offer: none has, or may have, the traits it asks for"
            yield _warning(Code.NO_SUCH_OFFER, gate, what, "check the traits in routes.yaml, or take the gate back")
    offered = frozenset(rulebook.routes)
    for rule in rulebook.preferences:
        if not (rule.running <= offered and any(offered.issuperset(pair) for pair in _pairs(rule))) and _pairs(rule):
            missing = ", ".join(route for route in Route if route in {*rule.prefer, *rule.over} - offered)
            what = f"needs a route that has no offer: {missing}"
            yield _warning(Code.NO_SUCH_OFFER, rule, what, "add an offer in routes.yaml, or take the rule back")


def _stated(offer: Offer) -> Branch:
    """The traits of an offer that are known, as comparisons."""
    traits = offer.traits.items()
    return tuple(Comparison(name, EQUAL, value) for name, value in traits if not isinstance(value, Unknown))


def _unused_names(rulebook: Rulebook, space: Space) -> Iterator[Problem]:
    figures = {name for rule in rulebook.advice for name, _ in fields_of(rule.advise)}
    used = figures | names_read(rulebook.rules.values())
    used |= {figure.uses for name, figure in FIGURES.items() if name in figures and figure.uses}
    used |= {name for term in rulebook.terms.values() for name in term.reads | term.above}
    for kind, names in (("constant", rulebook.constants), ("term", rulebook.terms)):
        for name in names:
            if name not in used:
                what = f"nothing reads the {kind} `{name}`"
                yield Code.UNUSED_NAME.problem(what, *rulebook.places[name], help="take it back, or use it in a rule")


def _missing_figures(rulebook: Rulebook, space: Space) -> Iterator[Problem]:
    for rule in rulebook.advice:
        for name in dict.fromkeys(name for name, _ in fields_of(rule.advise)):
            figure = FIGURES.get(name, Figure())
            if not all(_is_there(rulebook, figure, branch) for branch in space.possible_alternatives(rule.when)):
                what = f"prints {{{name}}}, which is not always there when it fires"
                yield _warning(Code.MISSING_FIGURE, rule, what, _asking_for(figure))


def _is_there(rulebook: Rulebook, figure: Figure, branch: Branch) -> bool:
    read = {name for comparison in branch for name in comparison.names}
    pinned = {comparison.right for comparison in branch if comparison.name == figure.outcome}
    needed = _amounts(rulebook, set(figure.amounts))
    return (figure.outcome is None or not pinned.isdisjoint(figure.values)) and needed <= _amounts(rulebook, read)


def _amounts(rulebook: Rulebook, names: set[str]) -> set[str]:
    """The names, with the fields behind each term in place of it."""
    terms = {name: rulebook.terms[name].reads - rulebook.constants.keys() for name in names & rulebook.terms.keys()}
    return (names - terms.keys()).union(*terms.values())


def _asking_for(figure: Figure) -> str:
    if figure.outcome:
        return f"ask for `{figure.outcome}` in `when`: {', '.join(figure.values)}"
    return "compare an amount that needs it in `when`: " + ", ".join(figure.amounts)


def _mismatched_axes(rulebook: Rulebook, space: Space) -> Iterator[Problem]:
    for gate in rulebook.gates:
        axes = [FIELDS[name].axis for name in names_in_order(gate.when) if name in FIELDS]
        if axes and gate.axis not in axes:
            what = f"is on the axis {gate.axis}, and its answers belong to {', '.join(dict.fromkeys(map(str, axes)))}"
            yield _warning(Code.AXIS_MISMATCH, gate, what, "put it on the axis of the answer it is about")


def _untested_rules(rulebook: Rulebook, space: Space) -> Iterator[Problem]:
    tested = {id for case in rulebook.cases for id in case.about}
    for rule in rulebook.rules.values():
        if rule.id not in tested:
            help = "add a case in which it fires and one in which it does not"
            yield _warning(Code.UNTESTED_RULE, rule, "is the subject of no case", help)
