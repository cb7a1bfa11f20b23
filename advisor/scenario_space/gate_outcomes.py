"""The needs: what every assignment of them comes to once the gates have judged the offers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache, reduce
from itertools import accumulate, pairwise, product
from math import prod
from typing import Any, NamedTuple

from advisor.common.diagnostics import BadInput, Problem
from advisor.domain.offer import Encoded
from advisor.domain.scenario import Axis
from advisor.evaluation.judgement import fold_of
from advisor.evaluation.python_backend import PlainReading
from advisor.evaluation.relevant import need_values
from advisor.rulebook.conditions import names_in_order
from advisor.rulebook.model import Rulebook
from advisor.rulebook.symbols import FIELD_NAMES, Scope

MAX_STANDINGS = 2**18
"""Gone through in some seconds; 200 offers of which each allows something that no other one does have half as many."""
Answers = Mapping[str, Encoded]
Witness = Mapping[str, Encoded]
"""Answers to the unknown needs that reach a standing, or a kind of them."""


Standing = tuple[int, tuple[tuple[str, Encoded], ...]]
"""What some gates leave, and what the preferences will read of some needs.

The number has a byte for each offer, those of one route side by side, and in it a bit for each axis that takes it
out.
"""


class Kind(NamedTuple):
    """Standings of all needs that come to the same: ``eliminated`` holds for each offer the axes that take it out.

    Of the offers of one route only those count that no other one survives; they stand in for the others.
    """

    eliminated: tuple[frozenset[Axis], ...]
    preferred: tuple[tuple[str, Encoded], ...]


@dataclass(frozen=True)
class Group:
    """Needs that one gate reads together: each assignment of the unknown ones, with its standing."""

    unknown: tuple[str, ...]
    standings: Mapping[tuple[Encoded, ...], Standing]


class Standings:
    """The standings of a rulebook, and their kinds, each known by a number.

    Needs that share a gate go together; the others are independent, so that only which offers each group eliminates
    has to be combined.
    """

    def __init__(self, rulebook: Rulebook) -> None:
        self._rulebook = rulebook
        self._fold = fold_of(rulebook)
        read = rulebook.reads((*rulebook.gates, *rulebook.preferences))
        self.needs = tuple(name for name in FIELD_NAMES if name in read and FIELD_NAMES[name].scope is Scope.NEED)
        self._preferred = tuple(name for name in self.needs if name in rulebook.reads(rulebook.preferences))
        self._of_route = [
            [place for place, offer in enumerate(rulebook.offers) if offer.route is route] for route in rulebook.routes
        ]
        self._kinds: list[Kind] = []
        self._numbers: dict[tuple[object, ...], int] = {}
        self._together = self._needs_together()
        self.kind = lru_cache(maxsize=MAX_STANDINGS)(self._kind)
        self._reading = lru_cache(maxsize=None)(self._reading_of)
        self._group_given = lru_cache(maxsize=1024)(self._group)
        self._of_given = lru_cache(maxsize=4096)(self._joined_groups)

    def __getitem__(self, number: int) -> Kind:
        """The kind with a number."""
        return self._kinds[number]

    def of(self, answers: Answers) -> Mapping[int, Witness]:
        """Every kind of standing that some completion of the needs reaches, each with answers that reach it.

        Raises BadInput where there are too many standings.
        """
        return self._of_given(tuple(answers.get(name) for name in self.needs))

    def groups(self, answers: Answers) -> list[Group]:
        """The needs in groups, with what the unknown ones of each come to."""
        return [
            self._group_given(needs, tuple((name, answers[name]) for name in needs if name in answers))
            for needs in self._together
        ]

    def combined(self, groups: list[Group]) -> dict[Standing, tuple[Any, ...]]:
        """Every standing the groups can reach together. Raises BadInput where there are too many.

        With each stand answers that reach it: nothing, or a pair of such answers and the witness of the last group.
        """
        most = prod(len(set(group.standings.values())) for group in groups)
        if most > MAX_STANDINGS:
            what = f"the answers that are missing can be given in {most:,} ways that offers tell apart"
            help = "answer more questions, or leave out offers that differ in little"
            raise BadInput(Problem(f"{what}, more than {MAX_STANDINGS:,}", "the rulebook", help=help))
        joined: dict[Standing, tuple[Any, ...]] = {NOTHING_OUT: ()}
        for group in groups:
            distinct: dict[Standing, Witness] = {}
            for assignment, standing in group.standings.items():
                distinct.setdefault(standing, dict(zip(group.unknown, assignment, strict=True)))
            joined = {
                (out | more_out, preferred + more_preferred): (some, more)
                for (out, preferred), some in joined.items()
                for (more_out, more_preferred), more in distinct.items()
            }
        return joined

    def combine(self, standings: Iterable[Standing]) -> int:
        """The kind of what the standings of all groups come to together."""
        return self.kind(reduce(join, standings, NOTHING_OUT))

    def values(self, name: str) -> tuple[Encoded, ...]:
        """Every value of a need; for a number, one on each side of everything it is compared with."""
        return need_values(self._rulebook, name)

    def _kind(self, standing: Standing) -> int:
        """The number of the kind of a standing of all needs."""
        out = standing[0].to_bytes(len(self._rulebook.offers), "little")
        starts = pairwise(accumulate(map(len, self._of_route), initial=0))
        least = tuple(_least(frozenset(out[start:end])) for start, end in starts)
        key = (least, standing[1])
        if key not in self._numbers:
            eliminated = {
                place: _axes(masks[min(number, len(masks) - 1)])
                for places, masks in zip(self._of_route, least, strict=True)
                for number, place in enumerate(places)
            }
            self._numbers[key] = len(self._kinds)
            self._kinds.append(Kind(tuple(eliminated[place] for place in sorted(eliminated)), standing[1]))
        return self._numbers[key]

    def _joined_groups(self, values: tuple[Encoded | None, ...]) -> Mapping[int, Witness]:
        known = {name: value for name, value in zip(self.needs, values, strict=True) if value is not None}
        found = {self.kind(standing): reached for standing, reached in self.combined(self.groups(known)).items()}
        return {kind: _witness(reached) for kind, reached in found.items()}

    def _reading_of(self, needs: tuple[str, ...]) -> PlainReading:
        """The gates that read these needs, and those that read none."""
        others = set(self.needs) - set(needs)
        gates = tuple(gate for gate in self._rulebook.gates if others.isdisjoint(names_in_order(gate.when)))
        return PlainReading(replace(self._rulebook, gates=gates))

    def _needs_together(self) -> list[tuple[str, ...]]:
        """Needs that share a gate go together; a need no gate reads stands alone."""
        together: list[set[str]] = [{name} for name in self.needs]
        for gate in self._rulebook.gates:
            read = {name for name in names_in_order(gate.when) if name in self.needs}
            touched = [group for group in together if group & read]
            together = [group for group in together if not group & read]
            if touched:
                together.append(set().union(*touched))
        together.sort(key=lambda group: min(self.needs.index(name) for name in group))
        return [tuple(name for name in self.needs if name in group) for group in together]

    def _group(self, needs: tuple[str, ...], known: tuple[tuple[str, Encoded], ...]) -> Group:
        unknown = tuple(name for name in needs if name not in dict(known))
        standings: dict[tuple[Encoded, ...], Standing] = {}
        for assignment in product(*(self.values(name) for name in unknown)):
            facts = {**dict(known), **dict(zip(unknown, assignment, strict=True))}
            eliminated = self._fold.eliminating_axes(self._reading(needs).gates(facts))
            preferred = tuple((name, facts[name]) for name in needs if name in self._preferred)
            out = bytes(_mask(eliminated[place]) for places in self._of_route for place in places)
            standings[assignment] = (int.from_bytes(out, "little"), preferred)
        return Group(unknown, standings)


NOTHING_OUT: Standing = (0, ())


def join(left: Standing, right: Standing) -> Standing:
    """What two groups' standings come to together."""
    return left[0] | right[0], left[1] + right[1]


def _witness(reached: tuple[Any, ...]) -> Witness:
    witness: dict[str, Encoded] = {}
    while reached:
        reached, last = reached
        witness = {**last, **witness}
    return witness


@lru_cache(maxsize=1024)
def _mask(axes: frozenset[Axis]) -> int:
    return sum(1 << place for place, axis in enumerate(Axis) if axis in axes)


@lru_cache(maxsize=1024)
def _axes(mask: int) -> frozenset[Axis]:
    return frozenset(axis for place, axis in enumerate(Axis) if mask >> place & 1)


@lru_cache(maxsize=4096)
def _least(masks: frozenset[int]) -> tuple[int, ...]:
    """Those that hold no other one."""
    return tuple(sorted(mask for mask in masks if not any(other != mask and other & ~mask == 0 for other in masks)))
