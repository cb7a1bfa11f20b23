"""The plain Python reading: the shared compiler over Python values."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping

from advisor.domain.offer import Encoded, Offer, Unknown
from advisor.evaluation.compiler import Compiled, compile_rules
from advisor.evaluation.protocol import Facts, GateMatch, match_each
from advisor.rulebook.conditions import Comparison, names_in_order
from advisor.rulebook.model import Rulebook

Value = Encoded | Unknown


class PlainLogic:
    """Carrier of Python values and bools. A comparison of a missing fact does not hold; one of an unknown trait may."""

    def compare(self, facts: Mapping[str, Value], comparison: Comparison) -> tuple[bool, bool]:
        left = facts.get(comparison.name)
        right = facts.get(str(comparison.right)) if comparison.against_name else comparison.right
        if left is None or right is None:
            return False, False
        if isinstance(left, Unknown) or isinstance(right, Unknown):
            return False, True
        holds: bool = getattr(operator, comparison.op)(left, right)
        return holds, holds

    def every(self, truths: list[bool]) -> bool:
        return all(truths)

    def some(self, truths: list[bool]) -> bool:
        return any(truths)

    def negate(self, truth: bool) -> bool:
        return not truth


PLAIN = PlainLogic()


class PlainReading:
    """Matches rules by evaluating their compiled conditions in Python."""

    name = "python"

    def __init__(self, rulebook: Rulebook) -> None:
        self._offers = rulebook.offers
        self._gates = compile_rules(rulebook.gates, PLAIN)
        read = {name for gate in rulebook.gates for name in names_in_order(gate.when)}
        self._traits = tuple(name for name in rulebook.traits if name in read)
        self._preferences = compile_rules(rulebook.preferences, PLAIN)
        self._advice = compile_rules(rulebook.advice, PLAIN)

    def gates(self, facts: Facts) -> tuple[GateMatch, ...]:
        return self.match_offers(facts, self._offers)

    def match_offers(self, facts: Facts, offers: Iterable[Offer]) -> tuple[GateMatch, ...]:
        return match_each(offers, self._traits, lambda offer: match_offer(self._gates, {**facts, **offer.traits}))

    def preferences(self, facts: Facts) -> tuple[str, ...]:
        return tuple(rule for rule, test in self._preferences.items() if test(facts)[0])

    def advice(self, facts: Facts) -> tuple[str, ...]:
        return tuple(rule for rule, test in self._advice.items() if test(facts)[0])


def match_offer(gates: Mapping[str, Compiled[Value, bool]], facts: Facts) -> GateMatch:
    """Needs and one offer's traits against compiled gates."""
    answers = [(rule, test(facts)) for rule, test in gates.items()]
    return GateMatch(
        tuple(rule for rule, (surely, _) in answers if surely),
        tuple(rule for rule, (surely, maybe) in answers if maybe and not surely),
    )
