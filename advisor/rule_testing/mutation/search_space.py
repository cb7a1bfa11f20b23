"""The needs and the offers that a search goes through, with what the gates make of them.

Every assignment of the needs is tried with the rulebook's own offers. Then the traits are free: for each gate, those it
reads take every combination of values over all offers, with every answer to the needs it reads and to those that
preferences and advice read. Several gates at once, and the offers each of them takes out, are drawn with a fixed seed.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import islice, product
from math import prod
from typing import NamedTuple

from advisor.domain.offer import UNKNOWN, Encoded, Offer, Unknown
from advisor.domain.scenario import FIELDS
from advisor.evaluation.compiler import compile_condition
from advisor.evaluation.protocol import GateMatch
from advisor.evaluation.python_backend import PLAIN
from advisor.rule_testing.evaluation import Eliminated, OfferedScenario, RulebookVersion, need_values
from advisor.rulebook.conditions import names_in_order
from advisor.rulebook.model import Gate, Rulebook
from advisor.rulebook.symbols import FIELD_NAMES, Scope

_MOST_ASSIGNMENTS = 20_000
_MOST_PATTERNS = 1000
_DRAWN = 800
_LIMIT = 1000
"""One more value of a numeric trait, in whole units."""
Needs = dict[str, Encoded]
TraitValue = tuple[Encoded | Unknown, str]
"""As it is compared, and as it is written."""
Traits = dict[str, TraitValue]


class SearchRow(NamedTuple):
    """Needs and offers, and what the gates make of them."""

    needs: Needs
    offers: tuple[Offer, ...]
    gates: tuple[GateMatch, ...]
    eliminated: Eliminated

    @property
    def fired(self) -> set[str]:
        """The gates that eliminate an offer, or would if an unknown trait turned out badly."""
        return {rule for match in self.gates for rules in match for rule in rules}


class SearchSpace:
    """The rows of one rulebook; the needs of ``usual``, and what is near them, come first."""

    def __init__(self, version: RulebookVersion, usual: OfferedScenario | None) -> None:
        self._version, self._rulebook = version, version.rulebook
        read = self._rulebook.reads(tuple(self._rulebook.rules.values()))
        self.needs = tuple(n for n in FIELD_NAMES if n in read and FIELD_NAMES[n].scope is Scope.NEED)
        after_gates = self._rulebook.reads((*self._rulebook.preferences, *self._rulebook.advice))
        self._needs_after_gates = tuple(name for name in self.needs if name in after_gates)
        self._traits = {name: _trait_values(self._rulebook, name) for name in self._rulebook.traits}
        offers = [
            _changed(offer, {name: value})
            for offer in self._rulebook.offers
            for name in self._traits
            for value in self._traits[name]
        ]
        self._values = {name: self._values_of(name, tuple(offers)) for name in self.needs}
        given = usual.answers if usual else {}
        self._usual = _given(self.needs, [given.get(name, self._values[name][0]) for name in self.needs])
        self.is_sample = prod(map(len, self._values.values())) > _MOST_ASSIGNMENTS

    @cached_property
    def own(self) -> list[SearchRow]:
        """Every assignment of the needs (or as many as are tried, drawn) with the rulebook's own offers."""
        draw = random.Random(1)
        values = self._values.values()
        assignments: Iterable[tuple[Encoded | None, ...]] = product(*values)
        if self.is_sample:
            assignments = [tuple(draw.choice(options) for options in values) for _ in range(_MOST_ASSIGNMENTS)]
        found = [_given(self.needs, chosen) for chosen in assignments]
        found.sort(key=lambda needs: sum(needs.get(name) != self._usual.get(name) for name in self.needs))
        return [self._row(needs, self._rulebook.offers) for needs in found]

    @cached_property
    def drawn(self) -> list[SearchRow]:
        """Several gates at once, each on offers of its own: what leaves a route over-determined, or two of them out."""
        draw = random.Random(2)
        ways = {gate.id: self._ways(gate) for gate in self._rulebook.gates}
        usable = [id for id, found in ways.items() if found]
        rows: list[SearchRow] = []
        for _ in range(_DRAWN if usable else 0):
            needs: dict[str, Encoded | None] = {**self._usual}
            needs |= {name: draw.choice(self._values[name]) for name in self._needs_after_gates}
            offers = list(self._rulebook.offers)
            for id in draw.sample(usable, min(len(usable), draw.randint(1, 3))):
                asked, firing, silent = draw.choice(ways[id])
                needs |= asked
                hit = draw.sample(range(len(offers)), draw.randint(1, len(offers)))
                for place in range(len(offers)):
                    changes = draw.choice(firing if place in hit else silent or [{}])
                    offers[place] = _changed(offers[place], changes)
            rows.append(self._row(_given(needs, needs.values()), tuple(offers)))
        return rows

    def _ways(self, gate: Gate) -> list[tuple[Needs, list[Traits], list[Traits]]]:
        """Needs under which a gate can fire, with traits for which it then does, and traits for which it does not."""
        test = compile_condition(gate.when, PLAIN)
        read = names_in_order(gate.when)
        traits = [name for name in self._traits if name in read]
        needs = [name for name in self.needs if name in read]
        found = []
        for assignment in islice(product(*(self._values[name] for name in needs)), _MOST_PATTERNS):
            asked = _given(needs, assignment)
            firing: list[Traits] = []
            silent: list[Traits] = []
            for pattern in islice(product(*(self._traits[name] for name in traits)), _MOST_PATTERNS):
                changes = dict(zip(traits, pattern, strict=True))
                surely, maybe = test({**asked, **{name: value for name, (value, _) in changes.items()}})
                if surely or not maybe:
                    (firing if surely else silent).append(changes)
            if firing:
                found.append((asked, firing, silent))
        return found

    @cached_property
    def freed(self) -> list[SearchRow]:
        """For each gate every combination of the traits it reads over all offers; the other needs are as usual."""
        return [row for gate in self._rulebook.gates for row in self._freed(gate)]

    @cached_property
    def rows(self) -> list[SearchRow]:
        """All of them."""
        return self.own + self.freed + self.drawn

    @cached_property
    def distinct(self) -> list[SearchRow]:
        """One row for everything that preferences and advice can tell apart."""
        found: dict[object, SearchRow] = {}
        for row in self.rows:
            found.setdefault((row.eliminated, self.after_gates(row)), row)
        return list(found.values())

    def after_gates(self, row: SearchRow) -> tuple[Encoded | None, ...]:
        """What preferences and advice read of the needs."""
        return tuple(row.needs.get(name) for name in self._needs_after_gates)

    def _freed(self, gate: Gate) -> Iterator[SearchRow]:
        draw = random.Random(3)
        read = names_in_order(gate.when)
        traits = [name for name in self._traits if name in read]
        needs = [name for name in self.needs if name in read or name in self._needs_after_gates]
        offers = self._rulebook.offers
        places = [(place, name) for place in range(len(offers)) for name in traits]
        values = [self._traits[name] for _, name in places]
        patterns: Iterable[tuple[TraitValue, ...]] = product(*values)
        if prod(map(len, values)) > _MOST_PATTERNS:
            patterns = [tuple(draw.choice(options) for options in values) for _ in range(_MOST_PATTERNS)]
        for pattern in patterns:
            changed = list(offers)
            for (place, name), value in zip(places, pattern, strict=True):
                changed[place] = _changed(changed[place], {name: value})
            for assignment in product(*(self._values[name] for name in needs)):
                yield self._row(_given((*self._usual, *needs), (*self._usual.values(), *assignment)), tuple(changed))

    def _row(self, needs: Needs, offers: tuple[Offer, ...]) -> SearchRow:
        gates = self._version.match_gates(needs, offers)
        return SearchRow(needs, offers, gates, self._version.fold.eliminating_axes(gates))

    def _values_of(self, name: str, offers: tuple[Offer, ...]) -> tuple[Encoded | None, ...]:
        values = need_values(self._rulebook, offers, name)
        return (None, *values) if FIELDS[name].optional else values


def _given(names: Iterable[str], values: Iterable[Encoded | None]) -> Needs:
    """The needs that have a value; of a name that stands twice, the last one counts."""
    return {name: value for name, value in dict(zip(names, values, strict=True)).items() if value is not None}


def _trait_values(rulebook: Rulebook, name: str) -> tuple[TraitValue, ...]:
    """Every value of a trait; of a number, those the offers state and one more."""
    known = rulebook.names[name]
    if known.numeric:
        stated = {
            offer.traits[name]: offer.stated[name] for offer in rulebook.offers if offer.traits[name] is not UNKNOWN
        }
        assert known.places is not None
        values = {_LIMIT * 10**known.places: str(_LIMIT), **stated}
    else:
        values = {known.encode(option): str(option) for option in known.options} or {False: "false", True: "true"}
    return (*values.items(), (UNKNOWN, "unknown"))


def _changed(offer: Offer, changes: Traits) -> Offer:
    """The offer with other traits."""
    stated = {name: text for name, (_, text) in changes.items()}
    return offer.with_traits(stated, {name: encoded for name, (encoded, _) in changes.items()})
