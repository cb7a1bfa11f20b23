"""From answers to facts: encodes the scenario and computes every term whose amounts are known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache

from advisor.offers import Encoded, Offer, Unknown
from advisor.readings.compile import compile_term
from advisor.readings.matching import Facts
from advisor.readings.plain import PLAIN, Value
from advisor.rulebook.model import Rulebook
from advisor.rulebook.names import FIELD_NAMES, Scope
from advisor.scenario import FIELDS, Scenario

_NEEDS = tuple(name for name, known in FIELD_NAMES.items() if known.scope is Scope.NEED)
_RANGE_DEFAULTS = {"monthly_images_low": "monthly_images", "monthly_images_high": "monthly_images"}


def answer_facts(scenario: Scenario) -> dict[str, Encoded]:
    """The answers a rule may read, encoded; absent where not known."""
    facts: dict[str, Encoded] = {}
    for name, known in FIELD_NAMES.items():
        value = getattr(scenario, name)
        if value is not None:
            quantity = FIELDS[name].quantity
            facts[name] = quantity.inside(value) if quantity else known.encode(value)
    return facts


def with_terms(rulebook: Rulebook, answers: Mapping[str, Encoded]) -> dict[str, Encoded]:
    """The answers, the range of volumes filled in from the expected month, the constants, and the terms."""
    facts: dict[str, Encoded] = {**rulebook.constants, **answers}
    for name, default in _RANGE_DEFAULTS.items():
        if name not in facts and default in facts:
            facts[name] = facts[default]
    present = facts.keys()
    for name, reads, compute in _terms(rulebook):
        if reads <= present:
            value = compute(facts)
            assert not isinstance(value, Unknown)
            facts[name] = value
    return facts


@lru_cache(maxsize=8)
def _terms(rulebook: Rulebook) -> list[tuple[str, frozenset[str], Callable[[Mapping[str, Value]], Value]]]:
    return [(name, term.reads, compile_term(term.expression, PLAIN)) for name, term in rulebook.terms.items()]


def offer_facts(answers: Mapping[str, Encoded], offer: Offer) -> Facts:
    """Needs and one offer's traits together, for the gates."""
    needs = {name: answers[name] for name in _NEEDS if name in answers}
    return {**needs, **offer.traits}
