"""A rulebook as text: the table of offers, the rules in order of evaluation, the terms; or one rule in full."""

from __future__ import annotations

import textwrap
from itertools import groupby

from advisor.common.diagnostics import BadInput, Problem, did_you_mean, quoted
from advisor.common.text_table import entry, table
from advisor.domain.offer import Unknown
from advisor.rulebook.model import Advice, Case, Gate, Preference, Rule, Rulebook
from advisor.rulebook.terms import term_text
from advisor.rulebook.unparse import consequence_text, names_of, when_text

UNKNOWN = "? unknown"
_OF_UNKNOWN = "not established; it never rules an offer out, and becomes a condition to verify"
_INDENT = 13
_KINDS: dict[type[Rule], str] = {Gate: "gate", Preference: "preference", Advice: "advice"}


def overview(rulebook: Rulebook, width: int) -> list[str]:
    """The whole rulebook as lines of at most ``width`` characters if its words allow."""
    return [
        *_heading("Table 38.3.1: what each offer is"),
        *_offers(rulebook, width),
        "",
        *textwrap.wrap(f"{UNKNOWN}: {_OF_UNKNOWN}", width),
        *_heading("Gates: each rules out the offers for which it holds"),
        *_rules(rulebook, rulebook.gates, width),
        *_heading("Preferences: axis by axis, those of one axis together"),
        *_rules(rulebook, rulebook.preferences, width),
        *_heading("Advice: accompanies the recommendation, and never changes it"),
        *_rules(rulebook, rulebook.advice, width),
        *_heading("Terms: the arithmetic that rules compare, over the amounts of the scenario"),
        *_terms(rulebook, width),
    ]


def whole_rule(rulebook: Rulebook, id: str, width: int) -> list[str]:
    """One rule in full. Raises BadInput for an unknown id."""
    rule = rulebook.rules.get(id)
    if rule is None:
        help = did_you_mean(id, rulebook.rules) or "`advisor rules show` lists the rules"
        raise BadInput(Problem(f"there is no rule {quoted(id)}", "--rule", help=help))
    parts = [("when", when_text(rule, names_of(rulebook))), ("then", consequence_text(rule)), ("because", rule.because)]
    if isinstance(rule, Gate) and rule.provided:
        parts.append(("provided", rule.provided))
    parts += [("source", rule.source), ("defined in", f"{rule.file}:{rule.line}")]
    cases = [_case(case) for case in rulebook.cases if id in case.about] or ["none"]
    parts += [("cases", cases[0]), *(("", case) for case in cases[1:])]
    lines = [f"{rule.id}: {_KINDS[type(rule)]} on {rule.axis}"]
    for name, text in parts:
        lines += entry(name, text, _INDENT, width)
    return lines


def _heading(text: str) -> list[str]:
    return ["", text, ""]


def _offers(rulebook: Rulebook, width: int) -> list[str]:
    head = ["trait", "meaning", *(f"{offer.id} ({offer.route})" for offer in rulebook.offers)]
    rows = []
    for name, trait in rulebook.traits.items():
        values = [
            UNKNOWN if isinstance(offer.traits[name], Unknown) else offer.stated[name] for offer in rulebook.offers
        ]
        rows.append([name, trait.label, *values])
    return table(head, [("", rows)], width)


def _rules(rulebook: Rulebook, rules: tuple[Rule, ...], width: int) -> list[str]:
    names = names_of(rulebook)
    groups = [
        (str(axis), [[rule.id, when_text(rule, names), consequence_text(rule), rule.source] for rule in of_axis])
        for axis, of_axis in groupby(rules, key=lambda rule: rule.axis)
    ]
    return table(["rule", "when", "then", "source"], groups, width)


def _terms(rulebook: Rulebook, width: int) -> list[str]:
    rows = [[name, str(value)] for name, value in rulebook.constants.items()]
    rows += [[name, term_text(term.expression)] for name, term in rulebook.terms.items()]
    return table(["name", "is"], [("", rows)], width)


def _case(case: Case) -> str:
    outcome = f"{case.route} by {case.deciding_axis}" if case.route else "no route"
    return f"{case.id} ({case.file}:{case.line}): {outcome}"
