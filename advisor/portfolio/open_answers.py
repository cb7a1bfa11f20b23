"""Answers that are missing: whether they can change the plan, and which of them.

A plan is certain if it is the best one even where everything that is not known is against it: what it owns gains least
over rent, and what it rents gains most from being owned. Plans differ only in such gains and in the GPUs that are paid
for, so no completion of the answers then has a better plan. Each amount is taken to be independent of the others, so
that a question may be asked that no consistent set of answers needs; never the reverse.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

from advisor.domain.cost_model import to_micro_dollars
from advisor.domain.scenario import Route
from advisor.portfolio.candidates import ends_of
from advisor.portfolio.joint import OwnershipProblem, Solution, solve
from advisor.portfolio.months import MissingField, MonthGroup, PortfolioMonth
from advisor.portfolio.ownership import Budget, Group, search


@dataclass(frozen=True)
class OpenPlan:
    """What is certain although the plan is not, and the answers that are missing for the rest."""

    routes: dict[int, Route]
    missing: tuple[MissingField, ...]


class PartialAnswers:
    """The expected month of a portfolio, each amount with its range."""

    def __init__(self, month: PortfolioMonth) -> None:
        self._month = month
        self._groups = month.groups
        shared = ends_of("monthly_overhead", month.portfolio.shared_overhead)
        self._least_shared, self._most_shared = to_micro_dollars(shared[0]), to_micro_dollars(shared[-1])
        self._search = partial(search, scoring=month.scoring, budget=Budget())

    def certain_owners(self) -> frozenset[int] | None:
        """Who owns, whatever the missing answers are; None if that depends on them."""
        owners = self._for_owning.plan.owners
        certain = not self._may_be_infeasible and all(group.has_certain_roles(owners) for group in self._groups)
        for price in (0, -1):
            groups = tuple(group.against(owners, price) for group in self._groups)
            worst = self._solved(groups, self._most_shared if owners else self._least_shared).plan
            certain = certain and worst.proven and worst.owners == owners
        return owners if certain else None

    def open_plan(self) -> OpenPlan:
        """What is certain and what to ask where the owners are not certain."""
        uncertain, routes = list[MonthGroup](), dict[int, Route]()
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
        if paid is None and self._month.portfolio.shared_overhead is None:
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

    def _is_best(self, group: MonthGroup, owners: Collection[int]) -> bool:
        """Whether a group has these owners in every completion in which the shared overhead is paid."""
        worst = [self._search(group.against(owners, price)) for price in (0, -1)]
        return all(found.proven and found.owners == owners for found in worst)

    def _solved(self, groups: Sequence[Group], shared_overhead: int) -> Solution:
        return solve(OwnershipProblem(tuple(groups), shared_overhead, self._month.scoring), self._search)
