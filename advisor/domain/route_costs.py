"""What each route costs under one scenario."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from advisor.domain.cost_model import Crossover, Number, crossover_volume, own, rent
from advisor.domain.scenario import Route, Scenario


@dataclass(frozen=True)
class Costs:
    """What each route costs under one scenario, as far as its amounts are known. Dollars, exact."""

    scenario: Scenario

    def price(self, route: Route) -> Decimal | None:
        """Dollars per image of a hosted route."""
        return {Route.OPEN_WEIGHT_API: self.scenario.open_price, Route.CLOSED_API: self.scenario.closed_price}.get(
            route
        )

    def monthly(self, route: Route, volume: Number | None) -> Fraction | None:
        """Dollars a month of a route at a volume."""
        if volume is None:
            return None
        if route is Route.SELF_HOST:
            running = self._running()
            return own(*running, volume) if running else None
        price = self.price(route)
        return None if price is None else rent(price, volume)

    def crossover(self, route: Route | None, speedup: int = 1) -> Crossover | None:
        """N* against a hosted route's price, on GPUs ``speedup`` times as fast; None where an amount is not known."""
        price, running = (self.price(route) if route else None), self._running()
        if price is None or running is None:
            return None
        G, r, E = running
        return crossover_volume(price, G, r * speedup, E)

    def _running(self) -> tuple[Decimal, Decimal, Decimal] | None:
        G, r, E = self.scenario.gpu_hour_price, self.scenario.images_per_gpu_hour, self.scenario.monthly_overhead
        return None if G is None or r is None or E is None else (G, r, E)
