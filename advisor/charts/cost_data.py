"""The monthly cost of each route against the volume, exact."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property

from advisor.domain.cost_model import Costs, Number, exact, own, to_micro_dollars
from advisor.domain.quantity import MICRO, dollars, grouped
from advisor.domain.record import Decision
from advisor.domain.scenario import Axis, Route, Scenario, validated

_IN_SIGHT = 10**4
"""A crossover this many times above or below every month of the scenario is told, not drawn."""


@dataclass(frozen=True)
class Curves:
    """What the routes of a scenario cost, as far as its amounts are known; ``speedup`` is that of a few-step model."""

    decision: Decision
    scenario: Scenario
    speedup: int | None

    @cached_property
    def costs(self) -> Costs:
        """The scenario's costs."""
        return Costs(self.scenario)

    @cached_property
    def routes(self) -> list[Route]:
        """The routes with a known cost."""
        return [route for route in Route if self.costs.monthly(route, Decimal(1)) is not None]

    @cached_property
    def hosted(self) -> list[Route]:
        """The hosted ones of them."""
        return [route for route in self.routes if route is not Route.SELF_HOST]

    @property
    def owns(self) -> bool:
        """Whether the cost of own GPUs is among them."""
        return Route.SELF_HOST in self.routes

    @property
    def compared(self) -> Route:
        """The hosted route that own GPUs are compared with: the open-weight API while it is in the running."""
        dropped = {step.over for step in self.decision.preferences if step.axis is Axis.MODEL_ACCESS}
        running = [route for route in self.hosted if self.is_feasible(route) and route not in dropped]
        return (running or self.hosted)[0]

    @cached_property
    def months(self) -> list[Decimal]:
        """The low, the expected and the high month, each volume once, the least first."""
        named = (self.scenario.low, self.scenario.monthly_images, self.scenario.high)
        return sorted({volume for volume in named if volume is not None})

    @cached_property
    def crossings(self) -> dict[Route, Fraction]:
        """The volume at which each hosted route costs what own GPUs cost, where there is one."""
        found = {route: self.costs.crossover(route) for route in self.hosted}
        return {route: at.volume for route, at in found.items() if at is not None and at.volume is not None}

    @cached_property
    def in_sight(self) -> dict[Route, Fraction]:
        """The crossings of at least one image that lie near the scenario's months, or all where it has none."""
        least, most = Fraction(1), None
        if self.months:
            least = max(least, exact(self.months[0]) / _IN_SIGHT)
            most = exact(self.months[-1]) * _IN_SIGHT
        return {
            route: volume
            for route, volume in self.crossings.items()
            if least <= volume and (most is None or volume <= most)
        }

    @property
    def volumes(self) -> list[Fraction]:
        """What a picture has to include."""
        return [*map(exact, self.months), *self.in_sight.values()]

    def is_feasible(self, route: Route) -> bool:
        """Whether no gate rules the route out."""
        return route in self.decision.feasible_routes

    def cost(self, route: Route, volume: Number) -> Fraction:
        """Dollars a month of a route with a known cost."""
        found = self.costs.monthly(route, volume)
        assert found is not None
        return found

    def few_step_cost(self, volume: Number) -> Fraction:
        """Dollars a month on own GPUs that are as much faster as a few-step model makes them."""
        running = self.costs.running(self.speedup or 1)
        assert running is not None
        return own(*running, volume)

    def cost_text(self, route: Route, volume: Decimal) -> str:
        """What one of the months costs, as the record has it."""
        recorded = self.decision.monthly_costs.get(route)
        if recorded:
            low, expected, high = self.scenario.low, self.scenario.monthly_images, self.scenario.high
            for month, text in ((low, recorded.low), (high, recorded.high), (expected, recorded.expected)):
                if month == volume and text is not None:
                    return dollars(int(Decimal(text).scaleb(MICRO)))
        return dollars(to_micro_dollars(self.cost(route, volume)))

    def few_step_cost_text(self, volume: Decimal) -> str:
        """The same on faster GPUs."""
        return dollars(to_micro_dollars(self.few_step_cost(volume)))

    def crossing_text(self, route: Route) -> str | None:
        """The crossover as the record has it; None where owning never wins."""
        return _grouped(self.decision.crossovers.get(route))

    def few_step_crossing_text(self, route: Route) -> str | None:
        """The crossover with faster GPUs; None where owning never wins even then."""
        crossover = self.costs.crossover(route, self.speedup or 1)
        return _grouped(crossover.text() if crossover else None)


def curves_of(decision: Decision) -> Curves | None:
    """The curves, where two routes at least have a known cost and there is a volume to show them at."""
    curves = Curves(decision, validated(decision.scenario, "the record"), None)
    if len(curves.routes) < 2 or not curves.volumes:
        return None
    return Curves(decision, curves.scenario, decision.few_step_speedup if curves.owns else None)


def _grouped(text: str | None) -> str | None:
    return None if text is None else grouped(Decimal(text))
