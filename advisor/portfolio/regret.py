"""What it costs to have one workload on another route, what the shared overhead may cost, and who owns for others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from advisor.domain.scenario import Route
from advisor.portfolio.joint import OwnershipProblem, Solution, solve
from advisor.portfolio.months import PortfolioMonth
from advisor.portfolio.pool_search import Budget, search
from advisor.portfolio.problem import Group, Item, Owners


class Forced:
    """The plans with one workload owned, or rented, and all others planned anew."""

    def __init__(self, solution: Solution, budget: Budget) -> None:
        self._solution, self._budget = solution, budget

    def owned(self, item: Item, group: Group | None = None) -> Solution:
        """With a workload owned; ``group`` replaces the one that it is in."""
        return self._with(item.only(owned=True), group)

    def rented(self, item: Item, group: Group | None = None) -> Solution:
        """With a workload rented at the price of the item; ``group`` replaces the one that it is in."""
        return self._with(item.only(owned=False), group)

    def _with(self, item: Item, group: Group | None) -> Solution:
        problem = self._solution.problem
        number = problem.group_of(item.place)
        changed = (group or problem.groups[number]).changed(item)
        before = self._solution.found[number]
        owners = before.owners | {item.place} if item.rent is None else before.owners - {item.place}
        if group is None and owners == before.owners:
            dearer = (
                0 if item.rent is None else (item.rent - (problem.item(item.place).rent or 0)) * problem.scoring.unit
            )
            return self._solution.instead(number, changed, Owners(owners, before.score + dearer, before.bound + dearer))
        return self._solution.instead(number, changed, search(changed, problem.scoring, [owners], self._budget))


def regrets(month: PortfolioMonth, solution: Solution, place: int, budget: Budget) -> dict[Route, int | None]:
    """What a month costs more, in micro-dollars, with a workload on each route that can serve it.

    None where the cost on that route is not known, or where no plan with it was proven to be the best.
    """
    costs, item, forced = month.costs[place], solution.problem.item(place), Forced(solution, budget)
    hosted, plan, cost_of = costs.candidate.hosted_route, solution.plan, solution.problem.scoring.cost_of
    found = dict[Route, int | None]()
    for route in costs.candidate.feasible_routes:
        rent = item.rent if route is hosted else costs.rent(route)
        if route is Route.SELF_HOST:
            other = forced.owned(item)
        elif rent is None or (route is not hosted and costs.rent(hosted) is None):
            found[route] = None
            continue
        else:
            other = forced.rented(replace(item, rent=rent))
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
        group = problem.groups[problem.group_of(place)]
        item = problem.item(place)
        if item.rent is None:
            continue
        alone = replace(group, items=(item,))
        alone_problem = OwnershipProblem((alone,), problem.shared_overhead, problem.scoring)
        if not solve(alone_problem, partial(search, scoring=problem.scoring)).plan.owners:
            yield place
