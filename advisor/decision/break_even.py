"""Which bill is watched, and whether a volume could change the answer: the same for the memo and for the monitor."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from advisor.common.diagnostics import BadInput
from advisor.decision.decide import decide
from advisor.domain.cost_model import exact
from advisor.domain.record import Decision
from advisor.domain.scenario import MAX_MONTHLY_COST, Axis, Route, Scenario
from advisor.evaluation.python_backend import PlainReading
from advisor.evaluation.resolution import HOSTED
from advisor.rulebook.model import Rulebook

PRICE_OF = {Route.OPEN_WEIGHT_API: "open_price", Route.CLOSED_API: "closed_price"}
MOST_IMAGES = 10**12


def route_in_use(scenario: Scenario) -> Route | None:
    """The hosted route whose meter runs today."""
    return scenario.current_route if scenario.current_route in PRICE_OF else None


def compared_route(decision: Decision) -> Route | None:
    """The hosted route whose price stood against own GPUs; None where the inequality was not asked."""
    precedence = list(Axis)
    before = {step.over for step in decision.preferences if precedence.index(step.axis) < precedence.index(Axis.COST)}
    running = [route for route in decision.feasible_routes if route not in before]
    if Route.SELF_HOST not in running:
        return None
    return next((route for route in HOSTED if route in running), None)


def watched_route(decision: Decision, scenario: Scenario) -> Route | None:
    """The hosted route whose bill is watched: the one in use, else the one compared with own GPUs, else the decided."""
    decided = decision.route if decision.route in PRICE_OF else None
    return route_in_use(scenario) or compared_route(decision) or decided


def owns_already(decision: Decision, scenario: Scenario) -> bool:
    """Whether own GPUs were decided for, and nothing says that a hosted route is still in use."""
    return decision.route is Route.SELF_HOST and route_in_use(scenario) is None


def whatever_the_volume(scenario: Scenario, rulebook: Rulebook) -> Decision | None:
    """What is decided at the smallest volume and at the largest that can be computed; None where these differ."""
    reading = PlainReading(rulebook)
    found = []
    for volume in (1, _largest_volume(scenario)):
        at_volume = {"monthly_images": Decimal(volume), "monthly_images_low": None, "monthly_images_high": None}
        try:
            found.append(decide(scenario.changed(**at_volume), rulebook, matcher=reading))
        except BadInput:  # rules that do not decide there, or a month that is too dear to compute
            return None
    smallest, largest = found
    return smallest if (smallest.status, smallest.route) == (largest.status, largest.route) else None


def rents_for_its_price(decision: Decision | None) -> bool:
    """Whether own GPUs satisfy every answer and a hosted route is recommended."""
    if decision is None:
        return False
    return decision.route is not Route.SELF_HOST and Route.SELF_HOST in decision.feasible_routes


def _largest_volume(scenario: Scenario) -> int:
    prices = [getattr(scenario, name) for name in PRICE_OF.values()]
    each = [exact(price) for price in prices if price is not None]
    if scenario.gpu_hour_price is not None and scenario.images_per_gpu_hour is not None:
        each.append(exact(scenario.gpu_hour_price) / exact(scenario.images_per_gpu_hour))
    left = Fraction(MAX_MONTHLY_COST) - exact(scenario.monthly_overhead or 0)
    return max(1, min(MOST_IMAGES, int(left / max(each)))) if each else MOST_IMAGES
