"""What owning and renting cost: their comparison, where they change places, and the bill to watch."""

from __future__ import annotations

import calendar
import datetime
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from itertools import product

from advisor.common.diagnostics import BadInput
from advisor.decision.assessment import Assessment
from advisor.domain import record
from advisor.domain.cost_model import (
    HOSTED,
    VOLUMES,
    Costs,
    OwnGpus,
    exact,
    missing_amounts,
    rounded,
    to_micro_dollars,
)
from advisor.domain.offer import Encoded
from advisor.domain.quantity import amount_text, plain
from advisor.domain.record import Decision
from advisor.domain.record_parts import MAX_COMPARISONS, CostComparison, ReviewTrigger, RouteByAmounts, Status
from advisor.domain.scenario import Axis, Route, Scenario
from advisor.evaluation.compiler import PlainReading
from advisor.explanation.counterfactuals import route_of
from advisor.explanation.sensitivity import Bill, Stretch, only_amounts, route_by_own_cost, stretches
from advisor.rulebook.model import Rulebook
from advisor.rulebook.records import MAX_LENGTH
from advisor.rulebook.symbols import FIELD_NAMES, MODEL
from advisor.rulebook.terms import chosen, term_text
from advisor.scenario_space.amount_regions import bounds_of

REVIEW_MONTHS = 3
"""The months after which a decision is reviewed even if nothing else asks for it."""
_NEAR = Fraction(1, 5)
"""Within this share of the crossover a small error in a figure changes the answer (Section 38.3.4)."""
_ALWAYS_ON = FIELD_NAMES["gpu_billing"].encode("always_on")


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
        cheaper_than=always.judgement.verdict.asked if kind == "always" and always else watched,
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


def whatever_the_volume(scenario: Scenario, rulebook: Rulebook) -> Assessment | None:
    """The assessment at the smallest possible volume, if the outcome is that at the largest one; else None."""
    found = []
    for volume in (1, Costs(scenario).largest_volume()):
        at_volume = {"monthly_images": Decimal(volume), "monthly_images_low": None, "monthly_images_high": None}
        try:
            found.append(Assessment(scenario.changed(**at_volume), rulebook, _reading(rulebook)))
        except BadInput:  # the rules do not decide there, or the cost is too large to compute
            return None
    smallest, largest = found
    return smallest if (smallest.status, smallest.route) == (largest.status, largest.route) else None


def rents_for_its_price(assessment: Assessment) -> bool:
    """Whether own GPUs satisfy every answer and a hosted route is recommended."""
    return assessment.route is not Route.SELF_HOST and Route.SELF_HOST in assessment.judgement.verdict.feasible


def _kind(decision: Decision, scenario: Scenario, watched: Route | None, always: Assessment | None) -> str:
    if watched is None:
        return "no_crossover"
    crossover = decision.crossovers.get(watched)
    if always and always.status is not Status.OPEN:
        if watched in decision.crossovers and crossover is None and rents_for_its_price(always):
            return "never"
        owns_for_its_cost = always.route is Route.SELF_HOST and always.judgement.verdict.asked is not None
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

    def renting_wins(volume: Decimal | None) -> bool:
        rent, own = (assessment.costs.monthly(route, volume) or 0 for route in (hosted, Route.SELF_HOST))
        return rent < own

    return ("agrees" if renting_wins(scenario.low) is renting_wins(scenario.high) else "differs"), []


def near_crossover(assessment: Assessment, asked: Route) -> bool | None:
    """Whether the expected month is within a fifth of the crossover; None if there is no positive crossover."""
    crossover, expected = assessment.costs.crossover(asked), assessment.scenario.monthly_images
    if crossover is None or not crossover.volume or expected is None:
        return None
    return (1 - _NEAR) * crossover.volume <= exact(expected) < (1 + _NEAR) * crossover.volume


def _turning(assessment: Assessment) -> list[str]:
    """The unanswered needs that can change which price is compared; all unneeded questions if there are none."""
    completions, answers = assessment.completions, assessment.answers

    def can_change(need: str) -> bool:
        values = completions.gate_outcomes.values(need)
        return any(completions.asked({**answers, need: value}) != assessment.compared for value in values)

    needs = [need for need in completions.gate_outcomes.needs if need not in answers and can_change(need)]
    return needs or assessment.not_needed


def fleet_of(assessment: Assessment) -> record.Fleet | None:
    """The own GPUs of each month; None if an amount is not known. The overhead is not needed."""
    scenario, gpus = assessment.scenario, assessment.costs.own_gpus(overhead=Decimal(0))
    if gpus is None or scenario.low is None or scenario.high is None:
        return None
    expected = None if scenario.monthly_images is None else _hours(gpus, scenario.monthly_images)
    return record.Fleet(low=_hours(gpus, scenario.low), expected=expected, high=_hours(gpus, scenario.high))


def _hours(gpus: OwnGpus, volume: Decimal) -> record.GpuHours:
    return record.GpuHours(
        gpus=gpus.gpus(volume) if gpus.always_on else None,
        hours_paid=rounded(gpus.hours_paid(volume), 2),
        hours_used=rounded(gpus.hours_used(volume), 2),
    )


def owning_ranges(assessment: Assessment) -> dict[Route, record.OwningBelowCrossover]:
    """For each hosted route where owning costs no more than renting below N*; only with GPUs that are always on."""
    found = {}
    for route in HOSTED if assessment.scenario.always_on else ():
        if below := assessment.costs.owning_ranges(route):
            ranges = [record.VolumeRange(from_=start, to=end) for start, end in below.listed]
            found[route] = record.OwningBelowCrossover(ranges=ranges, more=below.more)
    return found


def owning_up_to_peak(assessment: Assessment) -> str | None:
    """The largest ``peak_to_mean`` with which owning stays recommended when GPUs are always on.

    None unless owning is recommended with GPU-hours paid as used, and would be with an even load.
    """
    if assessment.status is not Status.RECOMMENDED or assessment.route is not Route.SELF_HOST:
        return None
    completions, own = assessment.completions, {Route.SELF_HOST}
    if assessment.scenario.always_on or completions.amounts.unknown(assessment.answers, ranged=False):
        return None
    answers = {**assessment.answers, "gpu_billing": _ALWAYS_ON}
    least, most = bounds_of("peak_to_mean", {})
    turns = completions.breakpoints.along(answers, "peak_to_mean", (least, most))
    starts = [least, *turns, most + 1]
    for number, start in enumerate(starts):
        if start > most or completions.outcomes({**answers, "peak_to_mean": start}) != own:
            return FIELD_NAMES["peak_to_mean"].decode(start - 1) if number else None
    return None


def turning_points(assessment: Assessment) -> list[record.TurningPoint]:
    """The stretches of each open amount in which a route is certain, whatever the checkpoint and the revenue are.

    Empty if a question of another kind is open. Of several, a stretch of volumes that cost more than is computed is
    left out.
    """
    questions, amounts = assessment.open_questions, _amounts_among(assessment.open_questions)
    if not only_amounts(amounts):
        return []
    is_alone = len(questions) == 1
    found = stretches(assessment.completions, assessment.answers, amounts, is_alone)
    most = assessment.costs.largest_volume()
    return [
        _turning_point(one, assessment.answers)
        for one in found
        if is_alone or one.field not in VOLUMES or one.least <= most
    ]


def own_cost_steps(assessment: Assessment) -> list[record.RouteByOwnCost]:
    """How the route follows from the total cost of own GPUs, if one amount is open and something else too."""
    questions = assessment.open_questions
    if not only_amounts(_amounts_among(questions)) or len(questions) == 1:
        return []
    return [
        record.RouteByOwnCost(route=step.route, unless=[_hosted_bill(assessment, bill) for bill in step.unless])
        for step in route_by_own_cost(assessment.completions, assessment.answers)
    ]


def _amounts_among(questions: tuple[str, ...]) -> tuple[str, ...]:
    """Some open questions without those on which the competing offers and their licences depend."""
    return tuple(name for name in questions if name not in (MODEL, "annual_revenue_usd"))


def _turning_point(stretch: Stretch, answers: Mapping[str, Encoded]) -> record.TurningPoint:
    """A stretch of an amount, without the ends that no value under these answers goes beyond."""
    (least, most), name = bounds_of(stretch.field, answers), FIELD_NAMES[stretch.field]
    return record.TurningPoint(
        field=stretch.field,
        from_=None if stretch.least <= least else name.decode(stretch.least),
        to=None if stretch.most >= most else name.decode(stretch.most),
        route=stretch.outcome,
    )


def _hosted_bill(assessment: Assessment, bill: Bill) -> record.HostedBill:
    scenario, costs, month = assessment.scenario, assessment.costs, bill.volume.removeprefix("monthly_images_")
    volume, price = (scenario.low if month == "low" else scenario.high), costs.price(bill.route)
    return record.HostedBill(
        route=bill.route,
        month="every" if scenario.low == scenario.high else month,
        bill=cost_text(costs.monthly(bill.route, volume)),
        price=None if price is None else plain(price),
        own_cost=cost_text(costs.monthly(Route.SELF_HOST, volume)),
    )


def cost_text(cost: Fraction | None) -> str | None:
    """Dollars as decimal text, rounded up to a micro-dollar; None stays None."""
    return None if cost is None else amount_text(to_micro_dollars(cost))


def crossovers(assessment: Assessment) -> dict[Route, str | None]:
    """N* against each hosted route, as far as the amounts are known; None where owning never wins."""
    return {route: crossover.text() for route, crossover in assessment.costs.crossovers().items()}


def owning_from(assessment: Assessment) -> dict[Route, str | None]:
    """For each crossover the least whole volume from which owning costs no more."""
    volumes = {route: crossover.from_volume() for route, crossover in assessment.costs.crossovers().items()}
    return {route: None if volume is None else str(volume) for route, volume in volumes.items()}


def monthly_costs(assessment: Assessment) -> dict[Route, record.MonthlyCost]:
    """What each route costs in the low, the expected and the high month, as far as the amounts are known."""
    scenario, costs = assessment.scenario, dict[Route, record.MonthlyCost]()
    for route in Route:
        low, expected, high = (
            cost_text(assessment.costs.monthly(route, volume))
            for volume in (scenario.low, scenario.monthly_images, scenario.high)
        )
        if low is not None and high is not None:
            costs[route] = record.MonthlyCost(low=low, expected=expected, high=high)
    return costs


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
