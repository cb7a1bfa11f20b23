"""Conditions, consequences and terms in readable words, back from the parsed trees."""

from __future__ import annotations

from collections.abc import Mapping

from advisor.domain.scenario import Route
from advisor.rulebook.conditions import EQUAL, All, AnyOf, Comparison, Condition
from advisor.rulebook.model import Advice, Preference, Rule, Rulebook
from advisor.rulebook.symbols import FIELD_NAMES, OUT, OUTCOME_NAMES, RUNNING, Name
from advisor.rulebook.terms import Choice, Expression, Number, Operation, Use

ALWAYS = "always"
_SIGNS = {EQUAL: "=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}


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


def term_text(expression: Expression) -> str:
    """A term as text, with the brackets it needs."""
    if isinstance(expression, Number):
        return str(expression.value)
    if isinstance(expression, Use):
        return expression.name
    if isinstance(expression, Choice):
        option = FIELD_NAMES[expression.name].decode(expression.value)
        return f"{term_text(expression.then)} if {expression.name} == {option} else {term_text(expression.otherwise)}"
    left, right = term_text(expression.left), term_text(expression.right)
    if expression.op == "max":
        return f"max({left}, {right})"
    if expression.op == "ceil":
        return f"ceil({_grouped(left, expression.left)} / {_grouped(right, expression.right, Operation)})"
    if isinstance(expression.left, Choice) or (_is_sum(expression.left) and not _is_sum(expression)):
        left = f"({left})"
    if isinstance(expression.right, Choice) or (_is_sum(expression.right) and expression.op != "+"):
        right = f"({right})"
    return f"{left} {expression.op} {right}"


def _grouped(text: str, expression: Expression, kind: type = Choice) -> str:
    return f"({text})" if isinstance(expression, Choice | kind) or _is_sum(expression) else text


def _is_sum(expression: Expression) -> bool:
    return isinstance(expression, Operation) and expression.op in ("+", "-")


def one_of_name(condition: AnyOf) -> str | None:
    """The name, if every alternative is one value of it."""
    found = {part.name if isinstance(part, Comparison) and part.op == EQUAL else None for part in condition.parts}
    return found.pop() if len(found) == 1 else None


def _within(part: Condition, whole: type[Condition], names: Mapping[str, Name]) -> str:
    text = condition_text(part, names)
    plain = isinstance(part, Comparison | whole) or (isinstance(part, AnyOf) and one_of_name(part))
    return text if plain else f"({text})"
