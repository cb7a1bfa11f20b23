"""The choice of owners in one month, and what a plan costs in it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from advisor.domain.cost_model import GPU_MONTH_HOURS, exact, gpu_month, to_micro_dollars, whole_gpus
from advisor.domain.scenario import Route
from advisor.portfolio.candidates import Candidate, MonthlyCosts, ends_of
from advisor.portfolio.joint import OwnershipProblem
from advisor.portfolio.ownership import Group, Item, Scoring
from advisor.portfolio.portfolio import POOL_FIELDS, GpuPool, Portfolio

_OF_GPUS = ("images_per_gpu_hour", "peak_to_mean", "monthly_images")
MissingField = tuple[int | None, str]
"""The place of a workload, None for a field of the portfolio, and the field."""


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

    @cached_property
    def groups(self) -> list[MonthGroup]:
        """The workloads that may own in each pool that is always on, then each of the others."""
        costs, found = self.costs.values(), list[MonthGroup]()
        for pool in self.portfolio.pools.values():
            if pool.terms.always_on:
                members = [each for each in costs if each.candidate.pool is pool and each.candidate.can_own]
                found += [MonthGroup(pool, members)] if members else []
        others = [each for each in costs if not (each.candidate.shares_gpus and each.candidate.can_own)]
        return found + [MonthGroup(None, [each]) for each in others]

    @cached_property
    def problem(self) -> OwnershipProblem | None:
        """The choice of owners; None if it depends on a cost that is not known.

        A cost that is not known and on which no choice depends is left out: it counts as zero.
        """
        candidates = [each.candidate for each in self.costs.values()]
        if any(len(each.owning) != 1 or len(each.hosted) != 1 for each in candidates):
            return None
        shared = self.portfolio.shared_overhead
        decides_overhead = any(each.is_free for each in candidates) and not any(each.must_own for each in candidates)
        groups = [group.exact() for group in self.groups]
        known = [group for group in groups if group is not None]
        if len(known) < len(groups) or (shared is None and decides_overhead):
            return None
        overhead = 0 if shared is None else to_micro_dollars(exact(shared))
        return OwnershipProblem(tuple(known), overhead, self.scoring)


@dataclass(frozen=True)
class MonthGroup:
    """Workloads that share a pool that is always on, or one workload without such a pool; amounts may be ranges."""

    pool: GpuPool | None
    members: Sequence[MonthlyCosts]

    @cached_property
    def has_choice(self) -> bool:
        """Whether one of them may be owned as well as rented."""
        return any(member.candidate.is_free for member in self.members)

    def exact(self) -> Group | None:
        """The group at amounts that are known; None if its owners depend on one that is not."""
        items = [_known_item(member) for member in self.members]
        known = [item for item in items if item is not None]
        if len(known) == len(items) and self._prices[0] == self._prices[-1]:
            return self._group(known, 0)
        return None if self.has_choice else Group(tuple(Item(each.candidate.place, None, 0) for each in self.members))

    def favouring(self, *, owning: bool) -> Group:
        """The group where everything that is not known favours owning, or renting."""
        items = [_item(member, 1 if owning else 0, 0 if owning else 1, surely=not owning) for member in self.members]
        return self._group(items, 0 if owning else -1)

    def against(self, owners: Collection[int], price: int) -> Group:
        """The group where everything is against these owners, at the least price of GPUs (0) or the greatest (-1)."""
        return self._group([_item(each, 0 if each.candidate.place in owners else 1, 0) for each in self.members], price)

    def has_certain_roles(self, owners: Collection[int]) -> bool:
        """Whether each workload can have its route in every completion, and as many GPUs are then needed in each."""
        for candidate in (member.candidate for member in self.members):
            owned = candidate.place in owners
            if not (candidate.owns_surely if owned else candidate.hosted_route is not None):
                return False
        if not self.has_choice:
            return True
        least, most = (self._group([_item(each, 0, end) for each in self.members], 0).gpus(owners) for end in (0, 1))
        return least == most

    def routes(self, owners: Collection[int], but: Collection[int] = ()) -> dict[int, Route]:
        """The route of each workload with these owners, without some."""
        found = dict[int, Route]()
        for candidate in (member.candidate for member in self.members):
            route = Route.SELF_HOST if candidate.place in owners else candidate.hosted_route
            if route is not None and candidate.place not in but:
                found[candidate.place] = route
        return found

    def missing(self) -> Iterator[MissingField]:
        """The missing answers on which a choice here may depend."""
        if self.pool is not None and self.has_choice and self.pool.terms.gpu_hour_price is None:
            yield None, f"pools.{self.pool.name}.gpu_hour_price"
        for candidate in (member.candidate for member in self.members):
            fields = list(candidate.missing_needs())
            if candidate.is_free:
                fields += candidate.missing_costs()
            elif candidate.can_own and candidate.shares_gpus and self.has_choice:
                fields += [name for name in candidate.missing_costs() if name in _OF_GPUS]
            for name in dict.fromkeys(fields):
                if candidate.pool is None or name not in POOL_FIELDS:
                    yield candidate.place, name
                else:
                    yield None, f"pools.{candidate.pool.name}.{name}"

    def _group(self, items: Iterable[Item], price: int) -> Group:
        return Group(tuple(items), self._prices[price], self.pool.terms.fewest_gpus if self.pool else 1)

    @cached_property
    def _prices(self) -> tuple[int, ...]:
        """The price of a GPU for a month in micro-dollars, or the least and the greatest that it may be."""
        if self.pool is None:
            return (0,)
        return tuple(
            to_micro_dollars(gpu_month(end)) for end in ends_of("gpu_hour_price", self.pool.terms.gpu_hour_price)
        )


def _known_item(costs: MonthlyCosts) -> Item | None:
    """The workload as a choice; None if an amount is not known that the choice of owners depends on."""
    candidate, gpus = costs.candidate, costs.gpus if costs.candidate.can_own else Fraction()
    rent, own = costs.rent(candidate.hosted_route), costs.own
    if gpus is None or (candidate.is_free and (rent is None or own is None)):
        return None
    return Item(
        candidate.place, (rent or 0) if candidate.can_rent else None, (own or 0) if candidate.can_own else None, gpus
    )


def _item(costs: MonthlyCosts, gain: int, gpus: int, *, surely: bool = False) -> Item:
    """A workload at one end (0 or 1) of its gain and of the GPUs needed; ``surely``: owned only if that is certain."""
    candidate = costs.candidate
    needed = costs.gpus_range[gpus] if candidate.can_own else None
    if needed is None or (surely and not candidate.owns_surely):
        return Item(candidate.place, 0, None)
    if not candidate.can_rent:
        return Item(candidate.place, None, 0, needed)
    return Item(candidate.place, costs.gain[gain], 0, needed)


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
        return whole_gpus(needed.numerator, needed.denominator, self.pool.terms.fewest_gpus) if self.owners else 0

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
        price, hours = self.pool.terms.gpu_hour_price, self.hours_paid
        if not self.owners:
            return 0
        return None if price is None or hours is None else to_micro_dollars(exact(price) * hours)

    def parts(self) -> dict[int, int | None]:
        """The part of each workload of the cost of GPUs that are always on, in proportion to the GPUs it needs.

        Whole micro-dollars that add up; what is left over is that of the first ones.
        """
        needed = _total([owner.gpus for owner in self.owners])
        if self.cost is None or not needed:
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
