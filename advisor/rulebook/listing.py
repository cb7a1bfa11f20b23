"""A rulebook as text: conditions, rules and terms in readable words, the table of offers, or one rule in full."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from itertools import groupby

from advisor.common.diagnostics import BadInput, Problem, did_you_mean, quoted
from advisor.common.terminal import entry, table
from advisor.domain.offer import Unknown
from advisor.domain.scenario import Route
from advisor.rulebook.model import (
    EQUAL,
    Advice,
    All,
    AnyOf,
    Case,
    Comparison,
    Condition,
    Gate,
    Preference,
    Rule,
    Rulebook,
)
from advisor.rulebook.symbols import OUT, OUTCOME_NAMES, RUNNING, Name
from advisor.rulebook.terms import term_text

UNKNOWN = "? unknown"
_OF_UNKNOWN = "not established; it never rules an offer out, and becomes a condition to verify"
_INDENT = 13
_KINDS: dict[type[Rule], str] = {Gate: "gate", Preference: "preference", Advice: "advice"}
ALWAYS = "always"
_SIGNS = {EQUAL: "=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}


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


def names_of(rulebook: Rulebook) -> dict[str, Name]:
    """Every name a condition of this rulebook may read below its top."""
    return {**OUTCOME_NAMES, **rulebook.names}


def when_text(rule: Rule, names: Mapping[str, Name]) -> str:
    """The whole condition of a rule, including which routes a preference needs running or out."""
    parts = [] if rule.when == All(()) else [condition_text(rule.when, names)]
    if isinstance(rule, Preference):
        if parts and isinstance(rule.when, AnyOf) and (rule.running or rule.out):
            parts = [f"({parts[0]})"]
        standing = [(rule.running, RUNNING), (rule.out, OUT)]
        parts = [f"{route} {word}" for routes, word in standing for route in Route if route in routes] + parts
    return " and ".join(parts) or ALWAYS


def condition_text(condition: Condition, names: Mapping[str, Name]) -> str:
    """The condition on one line, as in ``quality = best_preferred and closed_rent_high < own_high``."""
    if isinstance(condition, Comparison):
        right = str(condition.right) if condition.against_name else names[condition.name].decode(condition.right)
        return f"{condition.name} {_SIGNS[condition.op]} {right}"
    if isinstance(condition, AnyOf) and (name := one_of_name(condition)):
        values = [names[name].decode(part.right) for part in condition.parts if isinstance(part, Comparison)]
        if condition.complement:
            refused = [option for option in names[name].options if option not in values]
            return f"{name} != {refused[0]}" if len(refused) == 1 else f"{name} not in ({', '.join(refused)})"
        return f"{name} in ({', '.join(values)})"
    word = " or " if isinstance(condition, AnyOf) else " and "
    return word.join(_within(part, type(condition), names) for part in condition.parts) or ALWAYS


def consequence_text(rule: Rule) -> str:
    """The consequence of a rule."""
    if isinstance(rule, Preference):
        return f"{' and '.join(rule.prefer)} over {' and '.join(rule.over)}"
    return rule.advise if isinstance(rule, Advice) else "eliminate the offer"


def one_of_name(condition: AnyOf) -> str | None:
    """The name, if every alternative is one value of it."""
    found = {part.name if isinstance(part, Comparison) and part.op == EQUAL else None for part in condition.parts}
    return found.pop() if len(found) == 1 else None


def _within(part: Condition, whole: type[Condition], names: Mapping[str, Name]) -> str:
    text = condition_text(part, names)
    plain = isinstance(part, Comparison | whole) or (isinstance(part, AnyOf) and one_of_name(part))
    return text if plain else f"({text})"
