"""Likely faults of a rulebook that loads, as far as they can be decided exactly without a solver."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations

from advisor.common.diagnostics import Problem
from advisor.domain.offer import Offer, Unknown
from advisor.domain.scenario import FIELDS, Route
from advisor.rulebook.conditions import EQUAL, Comparison, names_in_order
from advisor.rulebook.diagnostics import Code
from advisor.rulebook.lint.conditions import Branch, Space, alternatives, condition_findings, space_of
from advisor.rulebook.model import Advice, Preference, Rule, Rulebook
from advisor.rulebook.symbols import FIGURES, Figure, fields_of


def findings(rulebook: Rulebook) -> list[Problem]:
    """Every warning about a rulebook, by file and line."""
    lints = (
        condition_findings,
        _covered_rules,
        _opposed_preferences,
        _idle_preferences,
        _rules_without_offers,
        _unused_names,
        _missing_figures,
        _mismatched_axes,
        _untested_rules,
    )
    found = (problem for lint in lints for problem in lint(rulebook))
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


def _covered_rules(rulebook: Rulebook) -> Iterator[Problem]:
    space = space_of(rulebook)
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


def _opposed_preferences(rulebook: Rulebook) -> Iterator[Problem]:
    space = space_of(rulebook)
    reported: set[str] = set()
    for rule, other in permutations(rulebook.preferences, 2):
        opposed = {(over, preferred) for preferred, over in _pairs(rule)} & _pairs(other)
        if rule.axis is other.axis and opposed and not reported & {rule.id, other.id} and _whenever(space, rule, other):
            reported.add(rule.id)
            over, preferred = min(opposed)
            what = f"prefers {preferred} over {over}, and whenever it fires, rule `{other.id}` prefers the reverse"
            yield _warning(Code.OPPOSED_PREFERENCES, rule, what, "distinguish their conditions, or take one back")


def _idle_preferences(rulebook: Rulebook) -> Iterator[Problem]:
    for rule in rulebook.preferences:
        for word, routes in (("prefers", rule.prefer), ("drops", rule.over)):
            for route in routes:
                if route in rule.out:
                    what = f"{word} {route} only while {route} is out"
                    yield _warning(Code.IDLE_PREFERENCE, rule, what, f"name another route, or do not ask for {route}")


def _rules_without_offers(rulebook: Rulebook) -> Iterator[Problem]:
    space = space_of(rulebook)
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


def _unused_names(rulebook: Rulebook) -> Iterator[Problem]:
    figures = {name for rule in rulebook.advice for name, _ in fields_of(rule.advise)}
    used = figures | {name for rule in rulebook.rules.values() for name in names_in_order(rule.when)}
    used |= {figure.uses for name, figure in FIGURES.items() if name in figures and figure.uses}
    used |= {name for term in rulebook.terms.values() for name in term.reads | term.above}
    for kind, names in (("constant", rulebook.constants), ("term", rulebook.terms)):
        for name in names:
            if name not in used:
                what = f"nothing reads the {kind} `{name}`"
                yield Code.UNUSED_NAME.problem(what, *rulebook.places[name], help="take it back, or use it in a rule")


def _missing_figures(rulebook: Rulebook) -> Iterator[Problem]:
    space = space_of(rulebook)
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


def _mismatched_axes(rulebook: Rulebook) -> Iterator[Problem]:
    for gate in rulebook.gates:
        axes = [FIELDS[name].axis for name in names_in_order(gate.when) if name in FIELDS]
        if axes and gate.axis not in axes:
            what = f"is on the axis {gate.axis}, and its answers belong to {', '.join(dict.fromkeys(map(str, axes)))}"
            yield _warning(Code.AXIS_MISMATCH, gate, what, "put it on the axis of the answer it is about")


def _untested_rules(rulebook: Rulebook) -> Iterator[Problem]:
    tested = {id for case in rulebook.cases for id in case.about}
    for rule in rulebook.rules.values():
        if rule.id not in tested:
            help = "add a case in which it fires and one in which it does not"
            yield _warning(Code.UNTESTED_RULE, rule, "is the subject of no case", help)
