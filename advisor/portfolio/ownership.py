"""The choice of owners as whole numbers, and the best owners of one group by exact search.

Costs are micro-dollars. Ties are broken by the numbers themselves: the *score* of a plan is its cost times a number
greater than every tie-break, plus one tie-break an owner, which prefers fewer owners, then earlier ones. So no two
plans have the same score, and the plan of least score is the one sought.

The net gain of owners is what they save on rent less the GPUs they need. A workload that gains far more, or far less,
than its part of the GPUs costs is owned, or rented, in every plan that is better than the best one known; the choice is
searched among the others. They are added one by one, those that gain most for each GPU first. Of two partial choices
the one that needs more GPUs and gains no more is dropped, and so is one whose bound, the best completion in which a
workload may be owned in part, does not exceed the best plan found.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property, cmp_to_key
from itertools import accumulate
from math import lcm

from advisor.domain.cost_model import whole_gpus
from advisor.domain.staircase import ceiling


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
    """The owners found for a group or for a whole plan, their score, and a bound that no score of others is below."""

    owners: frozenset[int]
    score: int
    bound: int

    @property
    def proven(self) -> bool:
        """Whether these are the best owners."""
        return self.bound == self.score


MAX_STATES = 400_000
"""How many partial choices the searches of a plan look at before they stop and report their bounds."""

State = tuple[int, int, int]
"""GPUs needed, gain, and the owners chosen as bits."""


@dataclass
class Budget:
    """How many partial choices may still be looked at, by several searches together."""

    states: int = MAX_STATES

    def spend(self, states: int) -> bool:
        """Whether so many may be looked at."""
        self.states -= states
        return self.states >= 0


@dataclass(frozen=True)
class _Choices:
    """What is left to choose: workloads by their number, with gain and need of each, those of most gain a GPU first.

    ``start`` is the choice made already. ``under`` units are one GPU, which costs ``price``.
    """

    numbers: Sequence[int]
    gains: Sequence[int]
    needs: Sequence[int]
    start: State
    is_empty: bool
    price: int
    under: int
    min_gpus: int

    def net(self, state: State) -> int:
        """The gain of a choice less the price of its GPUs."""
        need, gain, chosen = state
        return 0 if self.is_empty and not chosen else gain - self.price * self.gpus(need)

    def gpus(self, need: int) -> int:
        """Whole GPUs."""
        return whole_gpus(need, self.under, self.min_gpus)

    def added(self, state: State, at: int) -> State:
        """A choice with one more owner."""
        return state[0] + self.needs[at], state[1] + self.gains[at], state[2] | 1 << self.numbers[at]

    def with_all(self, wanted: Collection[int]) -> State:
        """The choice of all that are wanted."""
        state = self.start
        for at, number in enumerate(self.numbers):
            if number in wanted:
                state = self.added(state, at)
        return state

    def full(self) -> Iterator[State]:
        """For some numbers of GPUs a choice that fills them."""
        for gpus in self._likely(self.start[0], 0):
            state = self.start
            for at, need in enumerate(self.needs):
                if state[0] + need <= gpus * self.under:
                    state = self.added(state, at)
            yield state

    def undecided(self, best: int) -> _Choices:
        """The choices left for plans of a net gain above ``best``.

        GPUs in part cost no more than whole ones. At that price each workload has a gain of its own, positive or
        negative, and a plan without a positive one, or with a negative one, is worse by it than all positive ones.
        """
        own_gains = [gain * self.under - self.price * need for gain, need in zip(self.gains, self.needs, strict=True)]
        need, gain, _ = self.start
        most = gain * self.under - self.price * need + sum(own for own in own_gains if own > 0)
        state, left = self.start, list[int]()
        for at, own_gain in enumerate(own_gains):
            if most - abs(own_gain) > best * self.under:
                left.append(at)
            elif own_gain > 0:
                state = self.added(state, at)
        return replace(
            self,
            numbers=[self.numbers[at] for at in left],
            gains=[self.gains[at] for at in left],
            needs=[self.needs[at] for at in left],
            start=state,
        )

    def undominated(self, states: Sequence[State], at: int) -> Iterator[State]:
        """The states without and with one more owner, in the order of the GPUs they need, each gaining more."""
        before = None
        both = [*states, *(self.added(state, at) for state in states)]
        for state in sorted(both, key=lambda state: (state[0], -state[1])):
            if before is None or state[1] > before:
                before = state[1]
                yield state

    def bound(self, state: State, at: int) -> int:
        """No completion of a state by workloads from ``at`` on has a greater net gain."""
        need, gain, chosen = state
        filled = (
            gain + self._filled(gpus * self.under - need, at) - self.price * gpus for gpus in self._likely(need, at)
        )
        return max(0, *filled) if self.is_empty and not chosen else max(filled)

    def _likely(self, need: int, at: int) -> Iterator[int]:
        """The numbers of GPUs of which one is best if a workload may be owned in part."""
        least = self.gpus(need)
        full = need + self._need_before[max(at, self._worth)] - self._need_before[at]
        yield max(least, full // self.under)
        yield max(least, ceiling(full, self.under))

    def _filled(self, room: int, at: int) -> int:
        """The most that workloads from ``at`` on gain in some room, the last one in part."""
        end = bisect_right(self._need_before, room + self._need_before[at]) - 1
        gain = self._gain_before[end] - self._gain_before[at]
        if end < len(self.numbers):
            left = room - (self._need_before[end] - self._need_before[at])
            gain += left * self.gains[end] // self.needs[end]
        return gain

    @cached_property
    def _gain_before(self) -> list[int]:
        return list(accumulate(self.gains, initial=0))

    @cached_property
    def _need_before(self) -> list[int]:
        return list(accumulate(self.needs, initial=0))

    @cached_property
    def _worth(self) -> int:
        """How many gain more than their part of the GPUs costs."""
        pairs = enumerate(zip(self.gains, self.needs, strict=True))
        return next((at for at, (gain, need) in pairs if gain * self.under <= self.price * need), len(self.numbers))


def gainful(group: Group, scoring: Scoring) -> list[tuple[int, int, Item]]:
    """The workloads that may be owned and then cost less, GPUs left out: gain and need, most gain a GPU first.

    Needs are in units of which ``_under(group)`` are one GPU.
    """
    under, found = _under(group), list[tuple[int, int, Item]]()
    for item in group.items:
        if item.rent is not None and item.own is not None:
            gain = item.rent * scoring.unit - scoring.score(item.own, [item.place])
            found += [(gain, _units(item, under), item)] if gain > 0 else []
    return sorted(found, key=cmp_to_key(_more_gain_a_gpu))


def search(
    group: Group, scoring: Scoring, known: Iterable[Collection[int]] = (), budget: Budget | None = None
) -> Owners:
    """The best owners of a group by exact search, starting from known plans; with a bound where the budget ends."""
    budget, free, under = budget or Budget(), gainful(group, scoring), _under(group)
    forced = [item for item in group.items if item.rent is None]
    base = sum(
        scoring.score(item.own or 0, [item.place]) if item.rent is None else item.rent * scoring.unit
        for item in group.items
    )
    choices = _Choices(
        numbers=range(len(free)),
        gains=[gain for gain, _, _ in free],
        needs=[need for _, need, _ in free],
        start=(sum(_units(item, under) for item in forced), 0, 0),
        is_empty=not forced,
        price=group.gpu_month * scoring.unit,
        under=under,
        min_gpus=group.min_gpus,
    )
    budget.spend(len(free))
    numbers = ([at for at, (_, _, item) in enumerate(free) if item.place in owners] for owners in known)
    chosen = max([choices.start, *choices.full(), *map(choices.with_all, numbers)], key=choices.net)
    best = choices.net(chosen)
    choices = choices.undecided(best)
    states = [choices.start]
    for at in range(len(choices.numbers) + 1):
        if at:
            states = list(choices.undominated(states, at - 1))
        top = max(states, key=choices.net, default=choices.start)
        if choices.net(top) > best:
            chosen, best = top, choices.net(top)
        states = [state for state in states if choices.bound(state, at) > best]
        if states and not budget.spend(len(states) + 1):
            bound = max(choices.bound(state, at) for state in states)
            break
    else:
        bound = best
    places = (item.place for at, (_, _, item) in enumerate(free) if chosen[2] >> at & 1)
    return Owners(frozenset((*places, *(item.place for item in forced))), base - best, base - bound)


def _under(group: Group) -> int:
    return lcm(*(item.gpus.denominator for item in group.items))


def _units(item: Item, under: int) -> int:
    return item.gpus.numerator * (under // item.gpus.denominator)


def _more_gain_a_gpu(one: tuple[int, int, Item], other: tuple[int, int, Item]) -> int:
    """Orders workloads by gain for each GPU, most first."""
    left, right = other[0] * one[1], one[0] * other[1]
    return (left > right) - (left < right)
