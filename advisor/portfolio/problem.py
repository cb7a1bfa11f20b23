"""The choice of owners as whole numbers: what each workload costs rented and owned, and the GPUs that some share.

Costs are micro-dollars. Ties are broken by the numbers themselves: the *score* of a plan is its cost times a number
greater than every tie-break, plus one tie-break an owner, which prefers fewer owners, then earlier ones. So no two
plans have the same score, and the plan of least score is the one sought.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property

from advisor.domain.cost_model import whole_gpus


@dataclass(frozen=True)
class Item:
    """A workload by its place in the portfolio: what it costs rented, and owned; None where it cannot be.

    In a group with a price of GPUs, ``own`` is without them, and ``gpus`` is how many it needs in the busiest hour.
    """

    place: int
    rent: int | None
    own: int | None
    gpus: Fraction = Fraction(0)

    @property
    def is_free(self) -> bool:
        """Whether there is a choice."""
        return self.rent is not None and self.own is not None

    def only(self, *, owned: bool) -> Item:
        """The same workload without the other choice."""
        return replace(self, rent=None) if owned else replace(self, own=None)


@dataclass(frozen=True)
class Group:
    """Workloads whose owners share GPUs that are always on, or one workload without such GPUs.

    ``gpu_month`` is what one GPU costs for a month, 0 where nothing is shared.
    """

    items: tuple[Item, ...]
    gpu_month: int = 0
    min_gpus: int = 1

    def gpus(self, owners: Collection[int]) -> int:
        """How many whole GPUs the owners need."""
        if not owners:
            return 0
        needed = sum((item.gpus for item in self.items if item.place in owners), Fraction())
        return whole_gpus(needed.numerator, needed.denominator, self.min_gpus)

    def cost(self, owners: Collection[int]) -> int:
        """What a month costs with these owners."""
        found = self.gpu_month * self.gpus(owners)
        for item in self.items:
            cost = item.own if item.place in owners else item.rent
            assert cost is not None
            found += cost
        return found

    def changed(self, item: Item) -> Group:
        """The group with another item in the place of one."""
        return replace(self, items=tuple(item if old.place == item.place else old for old in self.items))


@dataclass(frozen=True)
class Scoring:
    """How the score of a plan follows from its cost and its owners, with so many workloads."""

    workloads: int

    @cached_property
    def unit(self) -> int:
        """The score of one micro-dollar; the tie-breaks of a plan are less in all."""
        return (self.workloads + 1) << self.workloads

    def tie_break(self, place: int) -> int:
        """What one owner adds."""
        return (1 << self.workloads) - (1 << (self.workloads - 1 - place))

    def score(self, cost: int, owners: Iterable[int]) -> int:
        """The score of a plan."""
        return cost * self.unit + sum(map(self.tie_break, owners))

    def cost_of(self, score: int) -> int:
        """The cost of a plan, from its score; of a bound, the least cost that a plan above it can have."""
        return score // self.unit


@dataclass(frozen=True)
class Owners:
    """The owners found for a group, their score, and a bound that no score of other owners is below."""

    owners: frozenset[int]
    score: int
    bound: int

    @property
    def proven(self) -> bool:
        """Whether these are the best owners."""
        return self.bound == self.score
