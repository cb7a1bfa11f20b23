"""The result of the cost comparison, and the questions that keep it open."""

from __future__ import annotations

from fractions import Fraction

from advisor.decision.assessment import Assessment
from advisor.domain.cost_model import HOSTED, exact, missing_amounts
from advisor.domain.record import CostComparison, Status
from advisor.domain.scenario import Route

_NEAR = Fraction(1, 5)
"""Within this share of the crossover a small error in a figure changes the answer (Section 38.3.4)."""


def cost_comparison(assessment: Assessment) -> CostComparison | None:
    """The comparison behind a recommendation; None without one."""
    if assessment.status is not Status.RECOMMENDED:
        return None
    outcome, missing = outcome_of(assessment)
    asked = assessment.asked
    near = near_crossover(assessment, asked) if asked else None
    return CostComparison(outcome=outcome, route=asked, missing=missing, near_crossover=near)


def outcome_of(assessment: Assessment) -> tuple[str, list[str]]:
    """The result of the comparison, and the questions that keep it open."""
    compared, settled = assessment.compared, assessment.settled
    if settled is not None:
        return ("settled" if settled else "unsettled"), []
    if compared == {None}:
        return "not_compared", []
    if len(compared) > 1:
        return "comparison_open", _turning(assessment)
    hosted, scenario = next(route for route in HOSTED if route in compared), assessment.scenario
    if missing := missing_amounts(scenario.answers(), (hosted, Route.SELF_HOST), ("low", "high")):
        return "amounts_open", missing
    renting_wins = {
        rent < own
        for rent, own in (
            [assessment.costs.monthly(route, volume) or 0 for route in (hosted, Route.SELF_HOST)]
            for volume in (scenario.low, scenario.high)
        )
    }
    return ("agrees" if len(renting_wins) == 1 else "differs"), []


def near_crossover(assessment: Assessment, asked: Route) -> bool | None:
    """Whether the expected month is within a fifth of the crossover; None if there is no positive crossover."""
    crossover, expected = assessment.costs.crossover(asked), assessment.scenario.monthly_images
    if crossover is None or not crossover.volume or expected is None:
        return None
    return (1 - _NEAR) * crossover.volume <= exact(expected) < (1 + _NEAR) * crossover.volume


def _turning(assessment: Assessment) -> list[str]:
    """The unanswered needs that can change which price is compared; all unneeded questions if there are none."""
    completions, answers = assessment.completions, assessment.answers
    found = [
        name
        for name in completions.gate_outcomes.needs
        if name not in answers
        and any(
            completions.asked({**answers, name: value}) != assessment.compared
            for value in completions.gate_outcomes.values(name)
        )
    ]
    return found or assessment.not_needed
