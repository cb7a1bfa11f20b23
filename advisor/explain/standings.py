"""The needs: what every assignment of them comes to once the gates have judged the offers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache, reduce
from itertools import product
from typing import NamedTuple

from advisor.offers import Encoded
from advisor.readings.plain import PlainReading
from advisor.readings.relevant import need_values
from advisor.readings.verdict import fold_of
from advisor.rulebook.conditions import names_in_order
from advisor.rulebook.model import Rulebook
from advisor.rulebook.names import FIELD_NAMES, Scope
from advisor.scenario import Axis

Answers = Mapping[str, Encoded]
Witness = Mapping[str, Encoded]
"""Answers to the unknown needs that reach a standing."""


class Standing(NamedTuple):
    """What the gates leave and what the preferences will read: all that matters of the answers to the needs."""

    eliminated: tuple[frozenset[Axis], ...]
    preferred: tuple[tuple[str, Encoded], ...]


@dataclass(frozen=True)
class Group:
    """Needs that one gate reads together: each assignment of the unknown ones, with the number of its standing."""

    unknown: tuple[str, ...]
    standings: Mapping[tuple[Encoded, ...], int]


class Standings:
    """The standings of a rulebook, each known by a number.

    Needs that share a gate go together; the others are independent, so that only which offers each group eliminates
    has to be combined.
    """

    def __init__(self, rulebook: Rulebook) -> None:
        self._rulebook = rulebook
        self._fold = fold_of(rulebook)
        self._plain = PlainReading(rulebook)
        read = rulebook.reads((*rulebook.gates, *rulebook.preferences))
        self.needs = tuple(name for name in FIELD_NAMES if name in read and FIELD_NAMES[name].scope is Scope.NEED)
        self._preferred = tuple(name for name in self.needs if name in rulebook.reads(rulebook.preferences))
        self._numbers: dict[Standing, int] = {}
        self._all: list[Standing] = []
        self._nothing = self._number(Standing(tuple(frozenset[Axis]() for _ in rulebook.offers), ()))
        self._joins: dict[tuple[int, int], int] = {}
        self._together = self._needs_together()
        self._group_given = lru_cache(maxsize=1024)(self._group)
        self._of_given = lru_cache(maxsize=4096)(self._joined_groups)

    def __getitem__(self, number: int) -> Standing:
        """The standing with a number."""
        return self._all[number]

    def of(self, answers: Answers) -> Mapping[int, Witness]:
        """Every standing that some completion of the needs reaches, each with answers that reach it."""
        return self._of_given(tuple(answers.get(name) for name in self.needs))

    def groups(self, answers: Answers) -> list[Group]:
        """The needs in groups, with what the unknown ones of each come to."""
        return [
            self._group_given(needs, tuple((name, answers[name]) for name in needs if name in answers))
            for needs in self._together
        ]

    def combined(self, groups: list[Group]) -> dict[int, Witness]:
        """Every standing the groups can reach together."""
        joined: dict[int, Witness] = {self._nothing: {}}
        for group in groups:
            distinct: dict[int, Witness] = {}
            for assignment, standing in group.standings.items():
                distinct.setdefault(standing, dict(zip(group.unknown, assignment, strict=True)))
            pairs = product(joined.items(), distinct.items())
            joined = {self.join(left, right): {**some, **more} for (left, some), (right, more) in pairs}
        return joined

    def join(self, left: int, right: int) -> int:
        """What two groups' standings come to together."""
        key = (left, right)
        if key not in self._joins:
            a, b = self._all[left], self._all[right]
            eliminated = tuple(some | more for some, more in zip(a.eliminated, b.eliminated, strict=True))
            self._joins[key] = self._number(Standing(eliminated, a.preferred + b.preferred))
        return self._joins[key]

    def combine(self, numbers: Iterable[int]) -> int:
        """What the standings of all groups come to together."""
        return reduce(self.join, numbers, self._nothing)

    def values(self, name: str) -> tuple[Encoded, ...]:
        """Every value of a need; for a number, one on each side of everything it is compared with."""
        return need_values(self._rulebook, name)

    def _number(self, standing: Standing) -> int:
        if standing not in self._numbers:
            self._numbers[standing] = len(self._all)
            self._all.append(standing)
        return self._numbers[standing]

    def _joined_groups(self, values: tuple[Encoded | None, ...]) -> Mapping[int, Witness]:
        known = {name: value for name, value in zip(self.needs, values, strict=True) if value is not None}
        return self.combined(self.groups(known))

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
        standings: dict[tuple[Encoded, ...], int] = {}
        for assignment in product(*(self.values(name) for name in unknown)):
            facts = {**dict(known), **dict(zip(unknown, assignment, strict=True))}
            eliminated = self._fold.eliminating_axes(self._plain.gates(facts))
            preferred = tuple((name, facts[name]) for name in needs if name in self._preferred)
            standings[assignment] = self._number(Standing(eliminated, preferred))
        return Group(unknown, standings)
