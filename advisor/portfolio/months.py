"""The choice of owners in one month, and what a plan costs in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from advisor.domain.cost_model import GPU_MONTH_HOURS, exact, gpu_month, to_micro_dollars, whole_gpus
from advisor.domain.scenario import Route
from advisor.portfolio.candidates import Candidate, MonthlyCosts
from advisor.portfolio.joint import OwnershipProblem
from advisor.portfolio.ownership import Group, Item, Scoring
from advisor.portfolio.portfolio import GpuPool, Portfolio


@dataclass(frozen=True, eq=False)
class PortfolioMonth:
    """All workloads that some route can serve, in one month of each."""

    portfolio: Portfolio
    candidates: Sequence[Candidate]
    month: str = "monthly_images"

    @cached_property
    def costs(self) -> dict[int, MonthlyCosts]:
        """The costs of each workload by its place."""
        return {each.place: MonthlyCosts(each, self.month) for each in self.candidates if not each.infeasible}

    @property
    def scoring(self) -> Scoring:
        """How plans are compared."""
        return Scoring(len(self.candidates))

    def groups(self) -> Iterator[tuple[GpuPool | None, list[MonthlyCosts]]]:
        """The workloads that may own in each pool that is always on, then each of the others."""
        costs = self.costs.values()
        for pool in self.portfolio.pools.values():
            if pool.terms.always_on:
                members = [each for each in costs if each.candidate.pool is pool and each.candidate.can_own]
                if members:
                    yield pool, members
        yield from ((None, [each]) for each in costs if not (each.candidate.shares_gpus and each.candidate.can_own))

    @cached_property
    def problem(self) -> OwnershipProblem | None:
        """The choice of owners; None if it depends on a cost that is not known.

        A cost that is not known and on which no choice depends is left out: it counts as zero.
        """
        if any(len(each.candidate.owning) != 1 or len(each.candidate.hosted) != 1 for each in self.costs.values()):
            return None
        groups = [_exact(pool, members) for pool, members in self.groups()]
        shared = self.portfolio.shared_overhead
        decides_overhead = any(each.candidate.is_free for each in self.costs.values()) and not any(
            each.candidate.must_own for each in self.costs.values()
        )
        known = [group for group in groups if group is not None]
        if len(known) < len(groups) or (shared is None and decides_overhead):
            return None
        overhead = 0 if shared is None else to_micro_dollars(exact(shared))
        return OwnershipProblem(tuple(known), overhead, self.scoring)


def _exact(pool: GpuPool | None, members: Sequence[MonthlyCosts]) -> Group | None:
    items = [_item(member) for member in members]
    known = [item for item in items if item is not None]
    price = pool_price(pool)
    if not any(member.candidate.is_free for member in members):
        return _without_gpus(members) if len(known) < len(items) or price is None else _group(pool, known, price)
    return None if len(known) < len(items) or price is None else _group(pool, known, price)


def _item(costs: MonthlyCosts) -> Item | None:
    """The workload as a choice; None if an amount is not known that the choice of owners depends on."""
    candidate, gpus = costs.candidate, costs.gpus if costs.candidate.can_own else Fraction()
    rent = costs.rent(candidate.hosted_route) if candidate.can_rent else None
    own = costs.own if candidate.can_own else None
    if gpus is None or (candidate.is_free and (rent is None or own is None)):
        return None
    return Item(
        candidate.place,
        (rent or 0) if candidate.can_rent else None,
        (own or 0) if candidate.can_own else None,
        gpus,
    )


def _without_gpus(members: Iterable[MonthlyCosts]) -> Group:
    """Workloads that own in any case, at a cost that is not known."""
    return Group(tuple(Item(member.candidate.place, None, 0) for member in members))


def _group(pool: GpuPool | None, items: Iterable[Item], price: int) -> Group:
    return Group(tuple(items), price, pool.min_gpus if pool else 1)


def pool_price(pool: GpuPool | None) -> int | None:
    """Micro-dollars a month of one GPU of a pool that is always on; None if not known, 0 without a pool."""
    if pool is None:
        return 0
    return None if pool.gpu_hour_price is None else to_micro_dollars(gpu_month(pool.gpu_hour_price))


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
