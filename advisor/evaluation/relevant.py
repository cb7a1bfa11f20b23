"""The offers that can matter to an outcome: of a catalogue of hundreds, a handful.

An outcome depends on an offer only through whether its route is feasible, under whichever axes are silenced. So an
offer does not matter where another one of its route survives whatever it survives: of offers that differ in the revenue
their licences allow, only the most generous does. An unknown trait never eliminates; what is to be verified of an offer
is therefore no part of an outcome, and is reported over all offers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from itertools import product

from advisor.domain.offer import Encoded, Offer, Unknown
from advisor.domain.scenario import FIELDS
from advisor.evaluation.compiler import compile_condition
from advisor.evaluation.python_backend import PLAIN
from advisor.rulebook.conditions import comparisons, names_in_order
from advisor.rulebook.model import Gate, Rulebook
from advisor.rulebook.symbols import FIELD_NAMES

_MOST_JUDGED = 1_000_000
"""Answers times kinds of offers that one gate is tried on; a gate that reads more is taken to tell its kinds apart."""


@lru_cache(maxsize=8)
def with_relevant_offers(rulebook: Rulebook) -> Rulebook:
    """The rulebook with only those offers that can matter to an outcome, in their order."""
    offers, judged = rulebook.offers, [_judged(rulebook, gate) for gate in rulebook.gates]

    def covers(wider: int, narrower: int) -> bool:
        return all(gate[wider] & ~gate[narrower] == 0 for gate in judged)

    kept = tuple(
        offer
        for place, offer in enumerate(offers)
        if not any(
            other.route is offer.route
            and number != place
            and covers(number, place)
            and (number < place or not covers(place, number))
            for number, other in enumerate(offers)
        )
    )
    return rulebook if kept == offers else replace(rulebook, offers=kept)


def need_values(rulebook: Rulebook, name: str) -> tuple[Encoded, ...]:
    """Every value of a need; for a number, one on each side of everything it is compared with."""
    known, quantity = FIELD_NAMES[name], FIELDS[name].quantity
    if quantity is None:
        return tuple(known.encode(option) for option in known.options) if known.options else (False, True)
    cuts = {0}
    for rule in (*rulebook.gates, *rulebook.preferences):
        for comparison in comparisons(rule.when):
            if name in comparison.names:
                cuts |= _cuts(rulebook, comparison.right if comparison.name == name else comparison.name)
    most = quantity.inside(quantity.most)
    return tuple(sorted({value for cut in cuts for value in (cut, cut + 1) if value <= most}))


def _cuts(rulebook: Rulebook, side: Encoded) -> set[int]:
    if isinstance(side, str):
        values = [offer.traits.get(side) for offer in rulebook.offers]
        return {value for value in values if isinstance(value, int) and not isinstance(value, Unknown)}
    return {int(side)}


def _judged(rulebook: Rulebook, gate: Gate) -> list[int]:
    """For each offer one bit for every combination of the answers that the gate reads: set where it eliminates it."""
    read = names_in_order(gate.when)
    needs = [name for name in read if name in FIELD_NAMES]
    values = [need_values(rulebook, name) for name in needs]
    kinds = [tuple(offer.traits.get(name) for name in read) for offer in rulebook.offers]
    distinct = dict(zip(kinds, rulebook.offers, strict=True))
    combinations = len(distinct)
    for options in values:
        combinations *= len(options)
    if combinations > _MOST_JUDGED:
        bits = {kind: 1 << place for place, kind in enumerate(distinct)}
    else:
        answers = [dict(zip(needs, chosen, strict=True)) for chosen in product(*values)]
        bits = {kind: _bits(gate, offer, answers) for kind, offer in distinct.items()}
    return [bits[kind] for kind in kinds]


def _bits(gate: Gate, offer: Offer, answers: list[dict[str, Encoded]]) -> int:
    test = compile_condition(gate.when, PLAIN)
    facts: list[Mapping[str, Encoded | Unknown]] = [{**offer.traits, **chosen} for chosen in answers]
    return int("".join("1" if test(here)[0] else "0" for here in facts), 2)
