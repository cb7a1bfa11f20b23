"""The route as a function of the amounts, with all other answers fixed: the data of the route map."""

from __future__ import annotations

from itertools import product

from advisor.decision.assessment import Assessment
from advisor.domain.record import MAX_COMPARISONS, RouteByAmounts, Status
from advisor.explanation.record_sections import route_of
from advisor.rulebook.terms import MAX_LENGTH, chosen
from advisor.rulebook.unparse import term_text


def route_by_amounts(assessment: Assessment) -> RouteByAmounts | None:
    """The comparisons that the preferences make, and the route for each combination of them.

    None without a recommendation, if a relevant amount or need is unknown, or with too many comparisons.
    """
    completions, answers = assessment.completions, assessment.answers
    reached, pairs = completions.gate_outcomes.of(answers), completions.breakpoints.pairs
    if assessment.status is not Status.RECOMMENDED or completions.amounts.unknown(answers, ranged=False):
        return None
    if len(reached) != 1 or not 0 < len(pairs) <= MAX_COMPARISONS:
        return None
    (gate_outcome,) = reached
    sides = [tuple(term_text(chosen(side, answers)) for side in pair) for pair in pairs]
    if any(len(side) > MAX_LENGTH for pair in sides for side in pair):
        return None
    return RouteByAmounts(
        comparisons=[f"{left} < {right}" for left, right in sides],
        routes={
            "".join("01"[holds] for holds in truths): route_of(completions.outcome(gate_outcome, truths))
            for truths in product((False, True), repeat=len(pairs))
        },
    )
