"""How far a workload can grow before other workloads own: the least volume, exact.

Its cost rented rises with its volume, and what owning it costs never falls. So where it is rented, the next volume that
can matter is the one at which its rent exceeds what owning costs at the last one looked at; where it is owned, it is
the next at which its owners need one more GPU. Prices are those of the expected month.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from math import floor

from advisor.domain.cost_model import Costs, exact, rent, to_micro_dollars
from advisor.portfolio.joint import Solution
from advisor.portfolio.months import PortfolioMonth
from advisor.portfolio.pool_search import Budget, search
from advisor.portfolio.problem import Group, Item
from advisor.portfolio.regret import Forced

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
        self._solution, self._place, self._forced = solution, place, Forced(solution, budget)
        self._budget = budget
        self._item = solution.problem.item(place)
        self._number = solution.problem.group_of(place)
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
        owned, rented = self._forced.owned(self._item).plan, self._forced.rented(self._item).plan
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
        rented = self._forced.rented(self._item).plan
        of_others = rented.score - self._rent(self._volume)
        slope, start = self._gain_at_most(of_others)
        volume = self._volume + 1
        if slope > 0:
            volume = max(volume, floor(-start / slope) + 1)
        for _ in range(MAX_STEPS):
            if volume > self._limit or slope * volume + start <= 0:
                return Turn(None, self._limit)
            grown = self._at(volume)
            owned = self._forced.owned(next(item for item in grown.items if item.place == self._place), grown).plan
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
            if item.rent is None or item.place == self._place:
                least += self._solution.problem.scoring.score(item.own or 0, [item.place])
            else:
                least += item.rent * self._unit
            gpus = price * item.gpus
            if item.place == self._place:
                continue
            if item.rent is None:
                least += gpus
            elif item.own is not None:
                gain = item.rent * self._unit - self._solution.problem.scoring.score(item.own, [item.place])
                least -= max(Fraction(), gain - gpus)
        slope = self._price * _MICRO * self._unit - price * self._gpus.gpus_needed(1)
        return slope, of_others - least

    def _rent(self, volume: int) -> int:
        return to_micro_dollars(rent(self._price, volume)) * self._unit

    def _at(self, volume: int) -> Group:
        """The group with the workload at another volume."""
        rented = to_micro_dollars(rent(self._price, volume))
        return self._group.changed(Item(self._place, rented, self._item.own, self._gpus.gpus_needed(volume)))
