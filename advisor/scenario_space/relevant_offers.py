"""The offers that can matter to an outcome: a few in a catalogue of hundreds.

An outcome depends on an offer only through whether its route is feasible, under whichever axes are silenced, and
through its price. So an offer does not matter where another one of its route, of the same checkpoint and no dearer,
survives whatever it survives: of offers that differ in the revenue their licences allow, only the most generous does.
An unknown trait never eliminates; what is to be verified of an offer is therefore no part of an outcome, and is
reported over all offers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from math import prod

from advisor.domain.offer import Encoded, Offer
from advisor.evaluation.compiler import compile_condition
from advisor.evaluation.pricing import amounts_of, costs_no_more
from advisor.evaluation.python_backend import PLAIN
from advisor.rulebook.conditions import names_in_order
from advisor.rulebook.model import Gate, Rulebook
from advisor.rulebook.symbols import FIELD_NAMES
from advisor.scenario_space.values import assignments, need_values

_MOST_JUDGED = 1_000_000
"""Combinations of answers and distinct offers; a gate with more is assumed to distinguish all of them."""


@lru_cache(maxsize=8)
def with_relevant_offers(rulebook: Rulebook) -> Rulebook:
    """The rulebook with only those offers that can matter to an outcome, in their order."""
    offers, judged = rulebook.offers, [_judged(rulebook, gate) for gate in rulebook.gates]
    prices = [amounts_of(offer) for offer in offers]

    def covers(wider: int, narrower: int) -> bool:
        one, other = offers[wider], offers[narrower]
        if one.route is not other.route or one.model != other.model:
            return False
        if one.route in rulebook.priced and not costs_no_more(one.route, prices[wider], prices[narrower]):
            return False
        return all(gate[wider] & ~gate[narrower] == 0 for gate in judged)

    kept = tuple(
        offer
        for place, offer in enumerate(offers)
        if not any(
            number != place and covers(number, place) and (number < place or not covers(place, number))
            for number in range(len(offers))
        )
    )
    return rulebook if kept == offers else replace(rulebook, offers=kept)


def _judged(rulebook: Rulebook, gate: Gate) -> list[int]:
    """For each offer one bit for every combination of the answers that the gate reads: set where it eliminates it."""
    read = names_in_order(gate.when)
    values = {name: need_values(rulebook, name) for name in read if name in FIELD_NAMES}
    kinds = [tuple(offer.traits.get(name) for name in read) for offer in rulebook.offers]
    distinct = dict(zip(kinds, rulebook.offers, strict=True))
    if len(distinct) * prod(map(len, values.values())) > _MOST_JUDGED:
        bits = {kind: 1 << place for place, kind in enumerate(distinct)}
    else:
        answers = list(assignments(values))
        bits = {kind: _bits(gate, offer, answers) for kind, offer in distinct.items()}
    return [bits[kind] for kind in kinds]


def _bits(gate: Gate, offer: Offer, answers: Iterable[Mapping[str, Encoded]]) -> int:
    test = compile_condition(gate.when, PLAIN)
    return int("".join("1" if test({**offer.traits, **chosen})[0] else "0" for chosen in answers), 2)
