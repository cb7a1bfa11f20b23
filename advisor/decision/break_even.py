"""The cost comparison, the bill to watch, and whether a volume could change the decision."""

from __future__ import annotations

import calendar
import datetime
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from advisor.common.diagnostics import BadInput
from advisor.decision.assessment import Assessment
from advisor.domain.cost_model import HOSTED, Costs, exact, missing_amounts
from advisor.domain.cost_model import MOST_IMAGES as MOST_IMAGES
from advisor.domain.cost_model import PRICE_OF as PRICE_OF
from advisor.domain.record import CostComparison, Decision, ReviewTrigger, Status
from advisor.domain.scenario import Axis, Route, Scenario
from advisor.evaluation.compiler import PlainReading
from advisor.rulebook.model import Rulebook

REVIEW_MONTHS = 3
"""The months after which a decision is reviewed even if nothing else asks for it."""


@dataclass(frozen=True)
class SteadyOutcome:
    """The outcome at every volume. ``compared`` is the hosted route in the cost inequality, if it was asked."""

    status: Status
    route: Route | None
    feasible_routes: tuple[Route, ...]
    deciding_axis: Axis | None
    open_questions: tuple[str, ...]
    compared: Route | None


def review_trigger(decision: Decision, scenario: Scenario, rulebook: Rulebook) -> ReviewTrigger | None:
    """When to look again, and the crossover to watch, or why there is none; None without a recommendation."""
    if decision.status is not Status.RECOMMENDED:
        return None
    watched = watched_route(decision, scenario)
    always = whatever_the_volume(scenario, rulebook) if watched else None
    kind = _kind(decision, scenario, watched, always)
    return ReviewTrigger(
        by=months_after(decision.decided_on, REVIEW_MONTHS),
        kind=kind,
        route=watched,
        volume=decision.crossovers.get(watched) if watched else None,
        missing=missing_amounts(scenario.answers(), (watched, Route.SELF_HOST)) if watched else [],
        cheaper_than=always.compared if kind == "always" and always else watched,
    )


def months_after(day: str, months: int) -> str:
    """The same day some months later, or the last of that month; dates end with the year 9999.

    >>> months_after("2026-11-30", 3), months_after("9999-12-31", 3)
    ('2027-02-28', '9999-12-31')
    """
    date = datetime.date.fromisoformat(day)
    year, month = divmod(date.year * 12 + date.month - 1 + months, 12)
    if year > datetime.MAXYEAR:
        return datetime.date.max.isoformat()
    last = calendar.monthrange(year, month + 1)[1]
    return datetime.date(year, month + 1, min(date.day, last)).isoformat()


def route_in_use(scenario: Scenario) -> Route | None:
    """The hosted route in use today."""
    return scenario.current_route if scenario.current_route in HOSTED else None


def compared_route(decision: Decision) -> Route | None:
    """The hosted route compared with own GPUs on cost; None if the inequality was not asked."""
    precedence = list(Axis)
    before = {step.over for step in decision.preferences if precedence.index(step.axis) < precedence.index(Axis.COST)}
    running = [route for route in decision.feasible_routes if route not in before]
    if Route.SELF_HOST not in running:
        return None
    return next((route for route in HOSTED if route in running), None)


def watched_route(decision: Decision, scenario: Scenario) -> Route | None:
    """The hosted route whose bill is watched: the one in use, else the one compared with own GPUs, else the decided."""
    decided = decision.route if decision.route in HOSTED else None
    return route_in_use(scenario) or compared_route(decision) or decided


def owns_already(decision: Decision, scenario: Scenario) -> bool:
    """Whether own GPUs were decided for, and no hosted route is known to be in use."""
    return decision.route is Route.SELF_HOST and route_in_use(scenario) is None


def whatever_the_volume(scenario: Scenario, rulebook: Rulebook) -> SteadyOutcome | None:
    """The outcome at the smallest and the largest possible volume; None if they differ."""
    found = []
    for volume in (1, Costs(scenario).largest_volume()):
        at_volume = {"monthly_images": Decimal(volume), "monthly_images_low": None, "monthly_images_high": None}
        try:
            found.append(Assessment(scenario.changed(**at_volume), rulebook, _reading(rulebook)))
        except BadInput:  # the rules do not decide there, or the cost is too large to compute
            return None
    smallest, largest = found
    if (smallest.status, smallest.route) != (largest.status, largest.route):
        return None
    axes, verdict = smallest.deciding_axes, smallest.judgement.verdict
    return SteadyOutcome(
        status=smallest.status,
        route=smallest.route,
        feasible_routes=verdict.feasible,
        deciding_axis=axes[0] if axes else None,
        open_questions=smallest.open_questions,
        compared=verdict.asked,
    )


def rents_for_its_price(decision: Decision | SteadyOutcome | None) -> bool:
    """Whether own GPUs satisfy every answer and a hosted route is recommended."""
    if decision is None:
        return False
    return decision.route is not Route.SELF_HOST and Route.SELF_HOST in decision.feasible_routes


def _kind(decision: Decision, scenario: Scenario, watched: Route | None, always: SteadyOutcome | None) -> str:
    if watched is None:
        return "no_crossover"
    crossover = decision.crossovers.get(watched)
    if always and always.status is not Status.OPEN:
        if watched in decision.crossovers and crossover is None and rents_for_its_price(always):
            return "never"
        owns_for_its_cost = always.route is Route.SELF_HOST and always.compared is not None
        return "always" if owns_for_its_cost else "no_crossover"
    if watched not in decision.crossovers:
        return "no_amounts"
    if crossover is None:
        return "never"
    if owns_already(decision, scenario):
        return "falls_below"
    return "moving" if decision.route is Route.SELF_HOST else "rises_above"


@lru_cache(maxsize=8)
def _reading(rulebook: Rulebook) -> PlainReading:
    return PlainReading(rulebook)


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
