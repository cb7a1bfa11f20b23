"""The route as a function of the amounts, with all other answers fixed: the data of the route map."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import product

from advisor.decision.assessment import Assessment
from advisor.domain.record import MAX_COMPARISONS, RouteByAmounts, Status
from advisor.explanation.record_sections import route_of
from advisor.rulebook.terms import MAX_LENGTH, Expression, Number, Operation, Use
from advisor.rulebook.unparse import term_text


def route_by_amounts(assessment: Assessment) -> RouteByAmounts | None:
    """The comparisons that the preferences make, and the route for each combination of them.

    None without a recommendation, if a relevant amount or need is unknown, or with too many comparisons.
    """
    completions, answers = assessment.completions, assessment.answers
    standings, pairs = completions.standings.of(answers), completions.breaks.pairs
    if assessment.status is not Status.RECOMMENDED or completions.amounts.unknown(answers, ranged=False):
        return None
    if len(standings) != 1 or not 0 < len(pairs) <= MAX_COMPARISONS:
        return None
    (standing,) = standings
    constants = assessment.rulebook.constants
    sides = [(_text(left, constants), _text(right, constants)) for left, right in pairs]
    if any(len(side) > MAX_LENGTH for pair in sides for side in pair):
        return None
    return RouteByAmounts(
        comparisons=[f"{left} < {right}" for left, right in sides],
        routes={
            "".join("01"[holds] for holds in truths): route_of(completions.outcome(standing, truths))
            for truths in product((False, True), repeat=len(pairs))
        },
    )


def _text(expression: Expression, constants: Mapping[str, int]) -> str:
    return term_text(_with_values(expression, constants))


def _with_values(expression: Expression, constants: Mapping[str, int]) -> Expression:
    """The expression with numbers in place of constants."""
    if isinstance(expression, Operation):
        left, right = (_with_values(side, constants) for side in (expression.left, expression.right))
        return replace(expression, left=left, right=right)
    if isinstance(expression, Use) and expression.name in constants:
        return Number(constants[expression.name])
    return expression
