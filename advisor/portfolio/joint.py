"""The best plan of all groups: nothing is owned, or the shared overhead is paid and each group chooses alone.

Where a large group is searched, HiGHS (the extra ``portfolio``), a solver for mixed-integer programs, gives a plan to
begin with; it computes with floats, so that plan is no more than a beginning.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from advisor.common.diagnostics import BadInput, Problem
from advisor.portfolio.ownership import Budget, Group, Item, Owners, Scoring, gainful, search

SMALL = 14
"""Up to so many workloads of a group that could be owned, the search needs no plan to begin with, and always ends."""

Choose = Callable[[Group], Owners]


@dataclass(frozen=True)
class OwnershipProblem:
    """All groups, and the overhead in micro-dollars that is paid once if anything is owned."""

    groups: tuple[Group, ...]
    shared_overhead: int
    scoring: Scoring

    def item(self, place: int) -> Item:
        """A workload by its place."""
        return next(item for item in self.groups[self.group_of[place]].items if item.place == place)

    @cached_property
    def group_of(self) -> dict[int, int]:
        """The number of the group that holds each workload."""
        return {item.place: number for number, group in enumerate(self.groups) for item in group.items}


@dataclass(frozen=True)
class Solution:
    """The best owners of each group where the shared overhead is paid, and the plan that follows."""

    problem: OwnershipProblem
    found: tuple[Owners, ...]

    @cached_property
    def paid(self) -> int:
        """The score of all groups if the shared overhead is paid."""
        return self.problem.shared_overhead * self.problem.scoring.unit + sum(owners.score for owners in self.found)

    @cached_property
    def rented(self) -> int | None:
        """The score if nothing is owned; None if something must be."""
        rents = [item.rent for group in self.problem.groups for item in group.items]
        known = [rent for rent in rents if rent is not None]
        return sum(known) * self.problem.scoring.unit if len(known) == len(rents) else None

    @property
    def proven(self) -> bool:
        """Whether the owners of every group are proven to be the best."""
        return all(owners.proven for owners in self.found)

    @cached_property
    def plan(self) -> Owners:
        """The plan of least score."""
        bound = self.paid - sum(owners.score - owners.bound for owners in self.found)
        if self.rented is not None and self.rented <= self.paid:
            return Owners(frozenset(), self.rented, min(self.rented, bound))
        owners = frozenset[int]().union(*(owners.owners for owners in self.found))
        return Owners(owners, self.paid, bound if self.rented is None else min(self.rented, bound))

    def instead(self, number: int, group: Group, owners: Owners) -> Solution:
        """The solution with another group, solved, in the place of one."""
        groups, found = list(self.problem.groups), list(self.found)
        groups[number], found[number] = group, owners
        problem = OwnershipProblem(tuple(groups), self.problem.shared_overhead, self.problem.scoring)
        return Solution(problem, tuple(found))


def solve(problem: OwnershipProblem, choose: Choose | None = None) -> Solution:
    """The best owners of every group. Raises BadInput for a large group without the extra ``portfolio``."""
    return Solution(problem, tuple(map(choose or chooser(problem.scoring), problem.groups)))


def chooser(scoring: Scoring, small: int = SMALL) -> Choose:
    """Chooses the owners of groups by exact search, of large ones from the plan of HiGHS, all within one budget."""
    budget = Budget()

    def choose(group: Group) -> Owners:
        if len(gainful(group, scoring)) <= small:
            return search(group, scoring)
        return search(group, scoring, [highs_owners(group)], budget)

    return choose


_INSTALL = "pip install 'rent-or-own[portfolio]'"
_OPTIONS: dict[str, bool | int | float] = {
    "output_flag": False,  # nothing of it may be printed
    "threads": 1,
    "random_seed": 0,
    "mip_rel_gap": 0.0,
    "mip_abs_gap": 0.0,
    "mip_max_nodes": 2_000,  # and no time limit: the same plan on every machine
}
_MICRO = 10**6


def highs_owners(group: Group) -> frozenset[int]:
    """The owners that HiGHS finds; those that cannot be rented if it finds none. Raises BadInput without the extra."""
    try:
        import highspy
    except ImportError:
        what = f"a pool of {len(group.items)} workloads needs the extra `portfolio`"
        raise BadInput(Problem(what, "advisor portfolio", help=_INSTALL)) from None
    free = [item for item in group.items if item.is_free]
    forced = [item for item in group.items if item.rent is None]
    solver: Any = highspy
    model = solver.Highs()
    for name, value in _OPTIONS.items():
        model.setOptionValue(name, value)
    owned = [model.addBinary(obj=((item.own or 0) - (item.rent or 0)) / _MICRO) for item in free]
    gpus = model.addIntegral(lb=0, obj=group.gpu_month / _MICRO)
    any_owned = model.addIntegral(lb=int(bool(forced)), ub=1)
    needed = sum(float(item.gpus) for item in forced)
    model.addConstr(sum(float(item.gpus) * one for item, one in zip(free, owned, strict=True)) + needed <= gpus)
    model.addConstr(gpus >= group.min_gpus * any_owned)
    model.addConstr(sum(owned) <= len(owned) * any_owned)
    model.minimize()
    found = model.vals(owned) if model.getInfo().primal_solution_status else [0.0] * len(owned)
    chosen = [item.place for item, value in zip(free, found, strict=True) if value > 0.5]
    return frozenset((*chosen, *(item.place for item in forced)))
