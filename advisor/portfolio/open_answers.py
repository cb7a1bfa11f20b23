"""Answers that are missing: whether they can change the plan, and which of them.

A plan is certain if it is the best one even where everything that is not known is against it: what it owns gains least
over rent, and what it rents gains most from being owned. Plans differ only in such gains and in the GPUs that are paid
for, so no completion of the answers then has a better plan. Each amount is taken to be independent of the others, so
that a question may be asked that no consistent set of answers needs; never the reverse.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

from advisor.domain.cost_model import exact, gpu_month, to_micro_dollars
from advisor.domain.scenario import FIELDS, Route
from advisor.portfolio.candidates import MonthlyCosts
from advisor.portfolio.joint import OwnershipProblem, Solution, solve
from advisor.portfolio.months import PortfolioMonth
from advisor.portfolio.ownership import Budget, Group, Item, search
from advisor.portfolio.portfolio import POOL_FIELDS, GpuPool

_OF_GPUS = ("images_per_gpu_hour", "peak_to_mean", "monthly_images")
MissingField = tuple[int | None, str]
"""The place of a workload, None for a field of the portfolio, and the field."""


@dataclass(frozen=True)
class OpenPlan:
    """What is certain although the plan is not, and the answers that are missing for the rest."""

    routes: dict[int, Route]
    missing: tuple[MissingField, ...]


class PartialAnswers:
    """The expected month of a portfolio, each amount with its range."""

    def __init__(self, month: PortfolioMonth) -> None:
        self._month = month
        self._groups = [_RangedGroup(pool, members) for pool, members in month.groups()]
        shared, quantity = month.portfolio.shared_overhead, FIELDS["monthly_overhead"].quantity
        assert quantity is not None
        ends = (quantity.least, quantity.most) if shared is None else (shared, shared)
        self._shared_is_known = shared is not None
        self._least_shared, self._most_shared = (to_micro_dollars(exact(end)) for end in ends)
        self._search = partial(search, scoring=month.scoring, budget=Budget())

    def certain_owners(self) -> frozenset[int] | None:
        """Who owns, whatever the missing answers are; None if that depends on them."""
        owners = self._for_owning.plan.owners
        certain = not self._may_be_infeasible and all(group.has_certain_roles(owners) for group in self._groups)
        for price in (0, 1):
            groups = tuple(group.against(owners, price) for group in self._groups)
            worst = self._solved(groups, self._most_shared if owners else self._least_shared).plan
            certain = certain and worst.proven and worst.owners == owners
        return owners if certain else None

    def open_plan(self) -> OpenPlan:
        """What is certain and what to ask where the owners are not certain."""
        uncertain, routes = list[_RangedGroup](), dict[int, Route]()
        paid = self._overhead_is_paid
        for group, found in zip(self._groups, self._for_owning.found, strict=True):
            owners = frozenset[int]() if paid is False else found.owners
            is_certain = group.has_certain_roles(owners) and (paid is False or self._is_best(group, owners))
            if not is_certain or (paid is None and owners and list(group.missing())):
                uncertain.append(group)
            else:
                routes |= group.routes(owners, but=owners if paid is None else ())
        missing = [field for group in uncertain for field in group.missing()]
        missing += [(place, name) for place in self._may_be_infeasible for name in self._needs(place)]
        if paid is None and not self._shared_is_known:
            missing.append((None, "shared_overhead"))
        routes |= self._only_candidates()
        without = {place: route for place, route in routes.items() if place not in self._may_be_infeasible}
        return OpenPlan(without, tuple(dict.fromkeys(missing)))

    @cached_property
    def _for_owning(self) -> Solution:
        """The solution if everything that is not known favours owning."""
        return self._solved(tuple(group.favouring(owning=True) for group in self._groups), self._least_shared)

    @cached_property
    def _for_renting(self) -> Solution:
        """The solution if everything that is not known favours renting."""
        return self._solved(tuple(group.favouring(owning=False) for group in self._groups), self._most_shared)

    @property
    def _overhead_is_paid(self) -> bool | None:
        """Whether something is owned in every completion, in none, or in some."""
        if self._for_renting.plan.owners:
            return True
        may_have_to = any(None in each.candidate.hosted for each in self._month.costs.values())
        return None if self._for_owning.plan.owners or may_have_to else False

    @property
    def _may_be_infeasible(self) -> list[int]:
        """The workloads that some completion leaves without a route."""
        found = (each.candidate for each in self._month.costs.values())
        return [candidate.place for candidate in found if None in candidate.assessment.outcomes]

    def _needs(self, place: int) -> tuple[str, ...]:
        return self._month.costs[place].candidate.missing_needs()

    def _only_candidates(self) -> dict[int, Route]:
        """The routes of workloads that have one candidate."""
        found = dict[int, Route]()
        for place, costs in self._month.costs.items():
            candidate = costs.candidate
            if candidate.must_own:
                found[place] = Route.SELF_HOST
            elif not candidate.can_own and candidate.hosted_route is not None:
                found[place] = candidate.hosted_route
        return found

    def _is_best(self, group: _RangedGroup, owners: Collection[int]) -> bool:
        """Whether a group has these owners in every completion in which the shared overhead is paid."""
        worst = [self._search(group.against(owners, price)) for price in (0, 1)]
        return all(found.proven and found.owners == owners for found in worst)

    def _solved(self, groups: Sequence[Group], shared_overhead: int) -> Solution:
        return solve(OwnershipProblem(tuple(groups), shared_overhead, self._month.scoring), self._search)


@dataclass(frozen=True)
class _RangedGroup:
    """A group whose amounts are ranges."""

    pool: GpuPool | None
    members: list[MonthlyCosts]

    def favouring(self, *, owning: bool) -> Group:
        """The group where everything that is not known favours owning, or renting."""
        items = [_item(member, 1 if owning else 0, 0 if owning else 1, surely=not owning) for member in self.members]
        return self._group(items, 0 if owning else 1)

    def against(self, owners: Collection[int], price: int) -> Group:
        """The group where everything is against these owners, at the least price of GPUs (0) or the greatest (1)."""
        items = [_item(member, 0 if member.candidate.place in owners else 1, 0) for member in self.members]
        return self._group(items, price)

    def has_certain_roles(self, owners: Collection[int]) -> bool:
        """Whether each workload can have its route in every completion, and as many GPUs are then needed in each."""
        for member in self.members:
            candidate = member.candidate
            owned = candidate.place in owners
            if not (candidate.owns_surely if owned else candidate.hosted_route is not None):
                return False
        if not any(member.candidate.is_free for member in self.members):
            return True
        numbers = {self._group([_item(member, 0, end) for member in self.members], 0).gpus(owners) for end in (0, 1)}
        return len(numbers) == 1

    def routes(self, owners: Collection[int], but: Collection[int] = ()) -> dict[int, Route]:
        """The route of each workload with these owners, without some."""
        found = dict[int, Route]()
        for member in self.members:
            route = Route.SELF_HOST if member.candidate.place in owners else member.candidate.hosted_route
            if route is not None and member.candidate.place not in but:
                found[member.candidate.place] = route
        return found

    def missing(self) -> Iterator[MissingField]:
        """The missing answers on which a choice here may depend."""
        any_choice = any(member.candidate.is_free for member in self.members)
        if self.pool is not None and any_choice and self.pool.gpu_hour_price is None:
            yield None, f"pools.{self.pool.name}.gpu_hour_price"
        for member in self.members:
            candidate = member.candidate
            fields = list(candidate.missing_needs())
            if candidate.is_free:
                fields += candidate.missing_costs()
            elif candidate.can_own and candidate.shares_gpus and any_choice:
                fields += [name for name in candidate.missing_costs() if name in _OF_GPUS]
            for name in dict.fromkeys(fields):
                if candidate.pool is None or name not in POOL_FIELDS:
                    yield candidate.place, name
                else:
                    yield None, f"pools.{candidate.pool.name}.{name}"

    def _group(self, items: Sequence[Item], price: int) -> Group:
        return Group(tuple(items), self._prices[price], self.pool.min_gpus if self.pool else 1)

    @cached_property
    def _prices(self) -> tuple[int, int]:
        """The least and the greatest price of a GPU for a month, in micro-dollars."""
        if self.pool is None:
            return 0, 0
        stated, quantity = self.pool.gpu_hour_price, FIELDS["gpu_hour_price"].quantity
        assert quantity is not None
        ends = (quantity.least, quantity.most) if stated is None else (stated, stated)
        least, most = (to_micro_dollars(gpu_month(exact(price))) for price in ends)
        return least, most


def _item(costs: MonthlyCosts, gain: int, gpus: int, *, surely: bool = False) -> Item:
    """A workload at one end (0 or 1) of its gain and of the GPUs needed; ``surely``: owned only if that is certain."""
    candidate = costs.candidate
    needed = costs.gpus_range[gpus] if candidate.can_own else None
    if needed is None or (surely and not candidate.owns_surely):
        return Item(candidate.place, 0, None)
    if not candidate.can_rent:
        return Item(candidate.place, None, 0, needed)
    return Item(candidate.place, costs.gain[gain], 0, needed)
