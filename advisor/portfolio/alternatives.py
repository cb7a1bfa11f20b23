"""Other plans: with one workload on another route, without shared overhead, and with one workload grown.

A workload can grow up to the least volume at which other workloads own, exact. Its cost rented rises with its volume,
and what owning it costs never falls. So where it is rented, the next volume that can matter is the one at which its
rent exceeds what owning costs at the last one looked at; where it is owned, it is the next at which its owners need one
more GPU. Prices are those of the expected month.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from math import floor

from advisor.domain.cost_model import Costs, exact, rent, to_micro_dollars
from advisor.domain.scenario import Route
from advisor.portfolio.joint import OwnershipProblem, Solution, solve
from advisor.portfolio.months import PortfolioMonth
from advisor.portfolio.ownership import Budget, Group, Item, Owners, search

MAX_STEPS = 12
"""How many volumes are looked at for one workload that shares GPUs."""
_MICRO = 10**6


@dataclass(frozen=True)
class Turn:
    """The least volume at which other workloads own, and who does then; None up to ``searched_up_to``."""

    volume: int | None
    searched_up_to: int
    owners: frozenset[int] = frozenset()


def turn_of(month: PortfolioMonth, solution: Solution, place: int, budget: Budget) -> Turn:
    """How far a workload that can be owned as well as rented can grow, the others unchanged."""
    return _Growth(month, solution, place, budget).turn()


class _Growth:
    def __init__(self, month: PortfolioMonth, solution: Solution, place: int, budget: Budget) -> None:
        candidate, volume = month.costs[place].candidate, month.costs[place].volume
        hosted = candidate.hosted_route
        assert hosted is not None
        self._costs: Costs = candidate.costs
        self._shares = candidate.shares_gpus
        self._solution, self._place, self._budget = solution, place, budget
        self._item = solution.problem.item(place)
        self._number = solution.problem.group_of[place]
        self._group = solution.problem.groups[self._number]
        self._unit = solution.problem.scoring.unit
        price, gpus = self._costs.price(hosted), self._costs.own_gpus()
        assert price is not None
        assert gpus is not None
        assert volume is not None
        self._price, self._gpus, self._volume = exact(price), gpus, int(volume)
        self._limit = self._costs.largest_volume()

    def turn(self) -> Turn:
        """The least volume above the present one at which the set of owners changes."""
        if not self._shares:
            return self._alone()
        return self._owned_in_pool() if self._place in self._solution.plan.owners else self._rented_in_pool()

    def _alone(self) -> Turn:
        """Without shared GPUs: what the others lose if it is owned counts as if its overhead were greater."""
        owned, rented = (self._replanned(self._item.only(owned=is_owned)) for is_owned in (True, False))
        of_others = (owned.score - (self._item.own or 0) * self._unit) - (rented.score - self._rent(self._volume))
        least_gain = of_others // self._unit + 1
        gpus = replace(self._gpus, monthly_overhead=self._gpus.monthly_overhead + Fraction(least_gain, _MICRO))
        volume = gpus.next_change(self._price, self._volume)
        if volume is None or volume > self._limit:
            return Turn(None, self._limit)
        return Turn(volume, volume, (rented if self._place in self._solution.plan.owners else owned).owners)

    def _owned_in_pool(self) -> Turn:
        owners = self._solution.found[self._number].owners
        of_others = sum((item.gpus for item in self._group.items if item.place in owners - {self._place}), Fraction())
        volume = self._volume
        for _ in range(MAX_STEPS):
            enough = self._at(volume).gpus(owners) - of_others
            volume = floor(enough / self._gpus.gpus_needed(1)) + 1
            if volume > self._limit:
                return Turn(None, self._limit)
            grown = self._at(volume)
            found = search(grown, self._solution.problem.scoring, [owners], self._budget)
            plan = self._solution.instead(self._number, grown, found).plan
            if not plan.proven:
                return Turn(None, volume - 1)
            if plan.owners != self._solution.plan.owners:
                return Turn(volume, volume, plan.owners)
        return Turn(None, volume)

    def _rented_in_pool(self) -> Turn:
        rented = self._replanned(self._item.only(owned=False))
        of_others = rented.score - self._rent(self._volume)
        slope, start = self._gain_at_most(of_others)
        volume = self._volume + 1
        if slope > 0:
            volume = max(volume, floor(-start / slope) + 1)
        for _ in range(MAX_STEPS):
            if volume > self._limit or slope * volume + start <= 0:
                return Turn(None, self._limit)
            grown = self._at(volume)
            item = next(item for item in grown.items if item.place == self._place)
            owned = self._replanned(item.only(owned=True), grown)
            if not owned.proven:
                return Turn(None, volume - 1)
            if owned.score < self._rent(volume) + of_others:
                return Turn(volume, volume, owned.owners)
            volume = floor((owned.score - of_others) / (self._price * _MICRO * self._unit)) + 1
        return Turn(None, volume - 1)

    def _gain_at_most(self, of_others: int) -> tuple[Fraction, Fraction]:
        """A line, by its slope and start, that the gain of owning at a volume does not exceed: with GPUs in part."""
        price = self._group.gpu_month * self._unit
        least = Fraction(self._solution.paid - self._solution.found[self._number].score)
        for item in self._group.items:
            own, gpus = self._solution.problem.scoring.score(item.own or 0, [item.place]), price * item.gpus
            if item.place == self._place:
                least += own
            elif item.rent is None:
                least += own + gpus
            else:
                rented = Fraction(item.rent * self._unit)
                least += rented if item.own is None else min(rented, own + gpus)
        slope = self._price * _MICRO * self._unit - price * self._gpus.gpus_needed(1)
        return slope, of_others - least

    def _replanned(self, item: Item, group: Group | None = None) -> Owners:
        return replanned(self._solution, self._budget, item, group).plan

    def _rent(self, volume: int) -> int:
        return to_micro_dollars(rent(self._price, volume)) * self._unit

    def _at(self, volume: int) -> Group:
        """The group with the workload at another volume."""
        rented = to_micro_dollars(rent(self._price, volume))
        return self._group.changed(Item(self._place, rented, self._item.own, self._gpus.gpus_needed(volume)))


def replanned(solution: Solution, budget: Budget, item: Item, group: Group | None = None) -> Solution:
    """The solution with one workload only owned, or only rented, as its item says, and all others planned anew.

    ``group`` replaces the one that the workload is in.
    """
    problem = solution.problem
    number = problem.group_of[item.place]
    changed = (group or problem.groups[number]).changed(item)
    before = solution.found[number]
    owners = before.owners | {item.place} if item.rent is None else before.owners - {item.place}
    if group is None and owners == before.owners:
        dearer = 0 if item.rent is None else (item.rent - (problem.item(item.place).rent or 0)) * problem.scoring.unit
        return solution.instead(number, changed, Owners(owners, before.score + dearer, before.bound + dearer))
    return solution.instead(number, changed, search(changed, problem.scoring, [owners], budget))


def regrets(month: PortfolioMonth, solution: Solution, place: int, budget: Budget) -> dict[Route, int | None]:
    """What a month costs more, in micro-dollars, with a workload on each route that can serve it.

    None where the cost on that route is not known, or where no plan with it was proven to be the best.
    """
    costs, item = month.costs[place], solution.problem.item(place)
    hosted, plan, cost_of = costs.candidate.hosted_route, solution.plan, solution.problem.scoring.cost_of
    found = dict[Route, int | None]()
    for route in costs.candidate.feasible_routes:
        rent = item.rent if route is hosted else costs.rent(route)
        if route is Route.SELF_HOST:
            other = replanned(solution, budget, item.only(owned=True))
        elif rent is None or (route is not hosted and costs.rent(hosted) is None):
            found[route] = None
            continue
        else:
            other = replanned(solution, budget, replace(item, rent=rent, own=None))
        is_proven = other.plan.proven and plan.proven
        found[route] = cost_of(other.plan.score) - cost_of(plan.score) if is_proven else None
    return found


def shared_overhead_pays_below(solution: Solution) -> int | None:
    """What the shared overhead has to be less than for owning to pay, in micro-dollars; None if it is paid anyway."""
    if solution.rented is None or not solution.proven:
        return None
    scoring = solution.problem.scoring
    without = solution.paid - solution.problem.shared_overhead * scoring.unit
    return scoring.cost_of(solution.rented) - scoring.cost_of(without)


def owned_because_of_others(solution: Solution) -> Iterator[int]:
    """The owners that would be rented in a portfolio of themselves alone."""
    problem = solution.problem
    for place in sorted(solution.plan.owners):
        group = problem.groups[problem.group_of[place]]
        item = problem.item(place)
        if item.rent is None:
            continue
        alone = replace(group, items=(item,))
        alone_problem = OwnershipProblem((alone,), problem.shared_overhead, problem.scoring)
        if not solve(alone_problem, partial(search, scoring=problem.scoring)).plan.owners:
            yield place
