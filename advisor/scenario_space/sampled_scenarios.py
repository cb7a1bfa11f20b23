"""Needs and offers with their gate matches, for a search over scenarios whose offers may have other traits.

Every assignment of the needs is tried with the rulebook's own offers. Then the traits are free: for each gate, those it
reads take every combination of values over all offers, with every answer to the needs it reads and to those that
preferences and advice read. Combinations of several gates, and the offers each of them eliminates, are drawn with a
fixed seed.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from itertools import chain, islice, product
from math import prod
from typing import NamedTuple, TypeVar

from advisor.domain.offer import UNKNOWN, Encoded, Offer, Unknown
from advisor.domain.scenario import FIELDS, Axis
from advisor.evaluation.compiler import PLAIN, GateMatch, PlainReading, compile_condition
from advisor.evaluation.resolution import fold_of
from advisor.rulebook.model import Gate, Rulebook, names_in_order
from advisor.rulebook.symbols import FIELD_NAMES, Scope
from advisor.scenario_space.gate_outcomes import Answers, assignments, need_values

T = TypeVar("T")
_MOST_ASSIGNMENTS = 20_000
_MOST_PATTERNS = 1000
_DRAWN = 800
_LIMIT = 1000
"""One more value of a numeric trait, in whole units."""
Needs = dict[str, Encoded]
Traits = dict[str, Encoded | Unknown]


class SearchRow(NamedTuple):
    """Needs and offers, with the matches of the gates and the axes that eliminate each offer."""

    needs: Needs
    offers: tuple[Offer, ...]
    gates: tuple[GateMatch, ...]
    eliminated: tuple[frozenset[Axis], ...]

    @property
    def fired(self) -> set[str]:
        """The gates that eliminate an offer, or would for some value of an unknown trait."""
        return {rule for match in self.gates for rules in match for rule in rules}


class SearchSpace:
    """The rows of one rulebook; the ``usual`` needs, and those that differ from them in little, come first."""

    def __init__(self, rulebook: Rulebook, usual: Answers) -> None:
        self._rulebook, self._reading, self._fold = rulebook, PlainReading(rulebook), fold_of(rulebook)
        read = rulebook.reads(tuple(rulebook.rules.values()))
        self.needs = tuple(n for n in FIELD_NAMES if n in read and FIELD_NAMES[n].scope is Scope.NEED)
        after_gates = rulebook.reads((*rulebook.preferences, *rulebook.advice))
        self._needs_after_gates = tuple(name for name in self.needs if name in after_gates)
        self._traits = {name: _trait_values(rulebook, name) for name in rulebook.traits}
        offers = [
            changed_offer(rulebook, offer, {name: value})
            for offer in rulebook.offers
            for name, values in self._traits.items()
            for value in values
        ]
        values = {name: need_values(rulebook, name, offers, steps=(-1, 0, 1)) for name in self.needs}
        self._values: dict[str, tuple[Encoded | None, ...]] = {
            name: (None, *found) if FIELDS[name].optional else found for name, found in values.items()
        }
        self._usual = _answered({name: usual.get(name, options[0]) for name, options in self._values.items()})
        self.is_sample = prod(map(len, self._values.values())) > _MOST_ASSIGNMENTS

    @cached_property
    def own(self) -> list[SearchRow]:
        """Every assignment of the needs (or as many as are tried, drawn) with the rulebook's own offers."""
        chosen = _combinations(self._values.values(), _MOST_ASSIGNMENTS, seed=1)
        found = [_answered(dict(zip(self.needs, values, strict=True))) for values in chosen]
        found.sort(key=lambda needs: sum(needs.get(name) != self._usual.get(name) for name in self.needs))
        return [self._row(needs, self._rulebook.offers) for needs in found]

    @cached_property
    def drawn(self) -> list[SearchRow]:
        """Several gates at once, each on offers of its own: a route eliminated twice, or two routes eliminated."""
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
                    offers[place] = changed_offer(self._rulebook, offers[place], changes)
            rows.append(self._row(_answered(needs), tuple(offers)))
        return rows

    def _ways(self, gate: Gate) -> list[tuple[Needs, list[Traits], list[Traits]]]:
        """Needs under which a gate can fire, with traits for which it then does, and traits for which it does not."""
        test = compile_condition(gate.when, PLAIN)
        read = names_in_order(gate.when)
        traits = {name: values for name, values in self._traits.items() if name in read}
        needs = {name: values for name, values in self._values.items() if name in read}
        found = []
        for assignment in islice(assignments(needs), _MOST_PATTERNS):
            asked = _answered(assignment)
            firing: list[Traits] = []
            silent: list[Traits] = []
            for changes in islice(assignments(traits), _MOST_PATTERNS):
                surely, maybe = test({**asked, **changes})
                if surely or not maybe:
                    (firing if surely else silent).append(changes)
            if firing:
                found.append((asked, firing, silent))
        return found

    @cached_property
    def rows(self) -> list[SearchRow]:
        """All of them."""
        freed = chain.from_iterable(map(self._freed, self._rulebook.gates))
        return [*self.own, *freed, *self.drawn]

    @cached_property
    def distinct(self) -> list[SearchRow]:
        """One row for everything that preferences and advice can distinguish."""
        found: dict[object, SearchRow] = {}
        for row in self.rows:
            found.setdefault((row.eliminated, self.after_gates(row)), row)
        return list(found.values())

    def after_gates(self, row: SearchRow) -> tuple[Encoded | None, ...]:
        """The needs that preferences and advice read."""
        return tuple(row.needs.get(name) for name in self._needs_after_gates)

    def _freed(self, gate: Gate) -> Iterator[SearchRow]:
        """Every combination of the traits that a gate reads over all offers; the other needs are as usual."""
        read = names_in_order(gate.when)
        needs = {n: values for n, values in self._values.items() if n in read or n in self._needs_after_gates}
        traits = {name: values for name, values in self._traits.items() if name in read}
        places = list(product(range(len(self._rulebook.offers)), traits))
        for pattern in _combinations([traits[name] for _, name in places], _MOST_PATTERNS, seed=3):
            changes: list[Traits] = [{} for _ in self._rulebook.offers]
            for (place, name), value in zip(places, pattern, strict=True):
                changes[place][name] = value
            offers = tuple(map(partial(changed_offer, self._rulebook), self._rulebook.offers, changes))
            for assignment in assignments(needs):
                yield self._row(_answered({**self._usual, **assignment}), offers)

    def _row(self, needs: Needs, offers: tuple[Offer, ...]) -> SearchRow:
        gates = self._reading.match_offers(needs, offers)
        return SearchRow(needs, offers, gates, self._fold.eliminating_axes(gates))


def changed_offer(rulebook: Rulebook, offer: Offer, values: Mapping[str, Encoded | Unknown]) -> Offer:
    """The offer with some traits replaced where they differ, in what is compared and in what is stated."""
    changed = {name: value for name, value in values.items() if value != offer.traits[name]}
    stated = {
        name: str(value) if isinstance(value, Unknown) else rulebook.names[name].decode(value)
        for name, value in changed.items()
    }
    return offer.with_traits(stated, changed)


def _answered(needs: Mapping[str, Encoded | None]) -> Needs:
    """The needs that are answered."""
    return {name: value for name, value in needs.items() if value is not None}


def _combinations(options: Iterable[Sequence[T]], most: int, seed: int) -> Iterable[tuple[T, ...]]:
    """Every combination of some options, or ``most`` of them, drawn, where there are more."""
    options = list(options)
    if prod(map(len, options)) <= most:
        return product(*options)
    draw = random.Random(seed)
    return [tuple(draw.choice(values) for values in options) for _ in range(most)]


def _trait_values(rulebook: Rulebook, name: str) -> tuple[Encoded | Unknown, ...]:
    """Every value of a trait; for a number, those the offers state and one more."""
    known = rulebook.names[name]
    if known.places is None:
        return (*known.values, UNKNOWN)
    stated = (offer.traits[name] for offer in rulebook.offers)
    return tuple(dict.fromkeys((_LIMIT * 10**known.places, *(v for v in stated if v is not UNKNOWN), UNKNOWN)))
