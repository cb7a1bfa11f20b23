"""What the month costs by the amounts of the decision and the price that is paid."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from advisor.domain.cost_model import own, rent
from advisor.domain.scenario import Route
from advisor.monitor.model import Watched


@dataclass(frozen=True)
class CostsNow:
    """Dollars a month at a volume. ``price`` is what one image comes to on ``route``, ``list_price`` what was decided
    with; ``speedup`` is that of a few-step model."""

    route: Route
    price: Fraction
    list_price: Fraction | None
    gpu_hour: Fraction
    per_hour: Fraction
    overhead: Fraction
    speedup: int

    def hosted(self, volume: Fraction) -> Fraction:
        """On the hosted route, at the price that is paid where it is known."""
        return rent(self.price, volume)

    def own(self, volume: Fraction) -> Fraction:
        """On own GPUs."""
        return own(self.gpu_hour, self.per_hour, self.overhead, volume)

    def few_step(self, volume: Fraction) -> Fraction:
        """On own GPUs with a few-step model."""
        return own(self.gpu_hour, self.per_hour * self.speedup, self.overhead, volume)


def costs_now(watched: Watched) -> CostsNow | None:
    """The costs; None where the price or an amount of own GPUs is not known."""
    price = watched.paid_price.expected if watched.paid_price else watched.list_price
    if watched.compared is None or price is None or watched.own_amounts is None:
        return None
    return CostsNow(watched.compared, price, watched.list_price, *watched.own_amounts, watched.few_step_speedup)


def own_cheaper(watched: Watched) -> bool | None:
    """Whether own GPUs would cost less at the volume of the last months; None where one of both is not known."""
    costs, volume = costs_now(watched), watched.trailing_volume
    if costs is None or volume is None:
        return None
    return costs.own(volume.expected) < costs.hosted(volume.expected)
