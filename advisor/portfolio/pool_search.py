"""The best owners of one group, by exact search in whole numbers.

The net gain of owners is what they save on rent less the GPUs they need. Owners are added one by one, those that gain
most for each GPU first. Of two partial choices the one that needs more GPUs and gains no more is dropped, and so is one
whose bound, the best completion in which a workload may be owned in part, does not exceed the best plan found.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator
from itertools import accumulate
from math import lcm

from advisor.domain.cost_model import whole_gpus
from advisor.domain.staircase import ceiling
from advisor.portfolio.problem import Group, Item, Owners, Scoring

MAX_STATES = 400_000
"""How many partial choices are looked at before the search stops and reports its bound."""
State = tuple[int, int, int]
"""GPUs needed, gain, and the owners chosen as bits."""


def search(group: Group, scoring: Scoring, known: Iterable[Collection[int]] = ()) -> Owners:
    """The best owners of a group by exact search, starting from known plans."""
    return GroupSearch(group, scoring).search(known)


class GroupSearch:
    """One group, as gains and numbers of GPUs in whole units."""

    def __init__(self, group: Group, scoring: Scoring) -> None:
        self.group, self.scoring = group, scoring
        self._forced = [item for item in group.items if item.rent is None]
        gains = [(self._gain(item), item) for item in group.items if item.is_free]
        free = [(gain, item) for gain, item in gains if gain > 0]
        self._under = lcm(*(item.gpus.denominator for item in group.items))
        free.sort(key=lambda pair: (-pair[0] / pair[1].gpus if pair[1].gpus else -pair[0], pair[1].place))
        self.free = [item for _, item in free]
        self._gains = [gain for gain, _ in free]
        self._needs = [self._units(item) for item in self.free]
        self._gain_before = list(accumulate(self._gains, initial=0))
        self._need_before = list(accumulate(self._needs, initial=0))
        self._price = group.gpu_month * scoring.unit
        self._start = sum(map(self._units, self._forced))
        self._base = sum(
            scoring.score(item.own or 0, [item.place]) if item.rent is None else item.rent * scoring.unit
            for item in group.items
        )
        worth = (at for at, gain in enumerate(self._gains) if gain * self._under <= self._price * self._needs[at])
        self._worth = next(worth, len(self.free))

    def _gain(self, item: Item) -> int:
        return (item.rent or 0) * self.scoring.unit - self.scoring.score(item.own or 0, [item.place])

    def _units(self, item: Item) -> int:
        return int(item.gpus * self._under)

    def owners_of(self, chosen: int) -> frozenset[int]:
        """The owners of a choice, with those that cannot be rented."""
        free = (item.place for at, item in enumerate(self.free) if chosen >> at & 1)
        return frozenset((*free, *(item.place for item in self._forced)))

    def brute_force(self) -> Owners:
        """Every choice of owners, one by one."""
        needs, gains = [self._start], [0]
        for need, gain in zip(self._needs, self._gains, strict=True):
            needs += [before + need for before in needs]
            gains += [before + gain for before in gains]
        nets = [self._net(need, gain, chosen) for chosen, (need, gain) in enumerate(zip(needs, gains, strict=True))]
        best = max(range(len(nets)), key=nets.__getitem__)
        return self._found(best, nets[best], nets[best])

    def search(self, known: Iterable[Collection[int]] = (), most: int | None = None) -> Owners:
        """The best owners, starting from known plans; with a bound where the search stops after ``most`` states."""
        chosen, best = max(((at, self._net_of(at)) for at in self._starts(known)), key=lambda pair: pair[1])
        states, looked_at, most = [(self._start, 0, 0)], 0, MAX_STATES if most is None else most
        for at in range(len(self.free)):
            states = list(self._undominated(states, at))
            for need, gain, bits in states:
                net = self._net(need, gain, bits)
                if net > best:
                    chosen, best = bits, net
            states = [state for state in states if self._bound(state, at + 1) > best]
            looked_at += len(states)
            if looked_at > most and at + 1 < len(self.free):
                return self._found(chosen, best, max(self._bound(state, at + 1) for state in states))
        return self._found(chosen, best, best)

    def _found(self, chosen: int, net: int, bound: int) -> Owners:
        return Owners(self.owners_of(chosen), self._base - net, self._base - bound)

    def _net(self, need: int, gain: int, chosen: int) -> int:
        """The gain of a choice less the price of its GPUs."""
        if not chosen and not self._forced:
            return 0
        return gain - self._price * self._gpus(need)

    def _gpus(self, need: int) -> int:
        return whole_gpus(need, self._under, self.group.min_gpus)

    def _net_of(self, chosen: int) -> int:
        places = [at for at in range(len(self.free)) if chosen >> at & 1]
        need = self._start + sum(self._needs[at] for at in places)
        return self._net(need, sum(self._gains[at] for at in places), chosen)

    def _starts(self, known: Iterable[Collection[int]]) -> Iterator[int]:
        """Plans to begin with: nothing more than is forced, the known ones, and for some numbers of GPUs a full one."""
        yield 0
        for owners in known:
            yield sum(1 << at for at, item in enumerate(self.free) if item.place in owners)
        for gpus in self._likely(self._start, 0):
            room, chosen = gpus * self._under - self._start, 0
            for at, need in enumerate(self._needs):
                if need <= room:
                    room, chosen = room - need, chosen | 1 << at
            yield chosen

    def _undominated(self, states: list[State], at: int) -> Iterator[State]:
        """The states without and with one more owner, in the order of the GPUs they need, each gaining more."""
        need, gain, bit = self._needs[at], self._gains[at], 1 << at
        added = [(n + need, g + gain, bits | bit) for n, g, bits in states]
        before = -1
        for state in sorted(states + added, key=lambda state: (state[0], -state[1])):
            if state[1] > before:
                before = state[1]
                yield state

    def _bound(self, state: State, at: int) -> int:
        """No completion of a state by items from ``at`` on has a greater net gain."""
        need, gain, chosen = state
        nothing = 0 if not chosen and not self._forced else None
        nets = [
            gain + self._filled(gpus * self._under - need, at) - self._price * gpus for gpus in self._likely(need, at)
        ]
        return max(nets) if nothing is None else max(0, *nets)

    def _likely(self, need: int, at: int) -> Iterator[int]:
        """The numbers of GPUs of which one is best if a workload may be owned in part."""
        least = self._gpus(need)
        full = need + self._need_before[max(at, self._worth)] - self._need_before[at]
        yield max(least, full // self._under)
        yield max(least, ceiling(full, self._under))

    def _filled(self, room: int, at: int) -> int:
        """The most that items from ``at`` on gain in some room, the last one in part."""
        end = bisect_right(self._need_before, room + self._need_before[at]) - 1
        gain = self._gain_before[end] - self._gain_before[at]
        if end < len(self.free):
            left = room - (self._need_before[end] - self._need_before[at])
            gain += left * self._gains[end] // self._needs[end]
        return gain
