"""The choice of owners in one month, from the candidates of the workloads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from advisor.domain.cost_model import exact, gpu_month, to_micro_dollars
from advisor.portfolio.candidates import Candidate
from advisor.portfolio.cost_ranges import MonthlyCosts
from advisor.portfolio.joint import OwnershipProblem
from advisor.portfolio.portfolio import GpuPool, Portfolio
from advisor.portfolio.problem import Group, Item, Scoring


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
