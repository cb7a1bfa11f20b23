"""What a plan costs in a month: each workload on its route, and the GPUs of each pool."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from advisor.domain.cost_model import GPU_MONTH_HOURS, exact, to_micro_dollars, whole_gpus
from advisor.domain.scenario import Route
from advisor.portfolio.cost_ranges import MonthlyCosts
from advisor.portfolio.months import PortfolioMonth, pool_price
from advisor.portfolio.portfolio import GpuPool


@dataclass(frozen=True)
class PoolMonth:
    """A pool with the workloads that own in it, in one month. None is not known."""

    pool: GpuPool
    owners: Sequence[MonthlyCosts]

    @cached_property
    def gpus(self) -> int | None:
        """How many GPUs are kept on; None also where GPU-hours are paid as they are used."""
        needed = _total([owner.gpus for owner in self.owners])
        if not self.pool.terms.always_on or needed is None:
            return None
        return whole_gpus(needed.numerator, needed.denominator, self.pool.min_gpus) if self.owners else 0

    @cached_property
    def hours_used(self) -> Fraction | None:
        """The GPU-hours in which the images are made."""
        return _total([owner.hours for owner in self.owners])

    @property
    def hours_paid(self) -> Fraction | None:
        """The GPU-hours that are paid for."""
        if not self.pool.terms.always_on:
            return self.hours_used
        return None if self.gpus is None else Fraction(GPU_MONTH_HOURS * self.gpus)

    @property
    def cost(self) -> int | None:
        """Micro-dollars of the GPUs."""
        price, hours = self.pool.gpu_hour_price, self.hours_paid
        if not self.owners:
            return 0
        return None if price is None or hours is None else to_micro_dollars(exact(price) * hours)

    def parts(self) -> dict[int, int | None]:
        """The part of each workload of the cost of GPUs that are always on, in proportion to the GPUs it needs.

        Whole micro-dollars that add up; what is left over is that of the first ones.
        """
        needed, price = _total([owner.gpus for owner in self.owners]), pool_price(self.pool)
        if self.cost is None or price is None or not needed:
            return {owner.candidate.place: None for owner in self.owners}
        parts = {owner.candidate.place: int(self.cost * (owner.gpus or 0) / needed) for owner in self.owners}
        left = self.cost - sum(parts.values())
        return {place: part + (number < left) for number, (place, part) in enumerate(parts.items())}


@dataclass(frozen=True)
class PlanCosts:
    """The costs of a month with each workload on its route."""

    month: PortfolioMonth
    routes: Mapping[int, Route]

    @cached_property
    def pools(self) -> dict[str, PoolMonth]:
        """Each pool with its owners."""
        owners = [self.month.costs[place] for place, route in self.routes.items() if route is Route.SELF_HOST]
        return {
            name: PoolMonth(pool, [owner for owner in owners if owner.candidate.pool is pool])
            for name, pool in self.month.portfolio.pools.items()
        }

    @cached_property
    def of_workloads(self) -> dict[int, int | None]:
        """Micro-dollars of each workload."""
        shared = [pool.parts() for pool in self.pools.values() if pool.pool.terms.always_on]
        parts = {place: part for of_pool in shared for place, part in of_pool.items()}
        found = dict[int, int | None]()
        for place, route in self.routes.items():
            costs = self.month.costs[place]
            alone = costs.own if route is Route.SELF_HOST else costs.rent(route)
            part = parts.get(place, 0)
            found[place] = None if alone is None or part is None else alone + part
        return found

    @property
    def shared_overhead(self) -> int | None:
        """The overhead that is paid once if anything is owned."""
        shared = self.month.portfolio.shared_overhead
        if Route.SELF_HOST not in self.routes.values():
            return 0
        return None if shared is None else to_micro_dollars(exact(shared))

    @property
    def at_least(self) -> int:
        """What is known of the total."""
        return sum(cost for cost in (*self.of_workloads.values(), self.shared_overhead) if cost is not None)

    @property
    def total(self) -> int | None:
        """The total; None if a cost in it is not known."""
        return None if None in (*self.of_workloads.values(), self.shared_overhead) else self.at_least


def _total(amounts: Sequence[Fraction | None]) -> Fraction | None:
    known = [amount for amount in amounts if amount is not None]
    return sum(known, Fraction()) if len(known) == len(amounts) else None
