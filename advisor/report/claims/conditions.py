"""What a recommendation rests on and nobody has established, and what was not even asked for want of an answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product

from advisor.domain.offer import Encoded, Offer
from advisor.domain.record import Decision
from advisor.domain.scenario import validated
from advisor.evaluation.compiler import compile_condition
from advisor.evaluation.facts import answer_facts
from advisor.evaluation.python_backend import PLAIN
from advisor.report.claims.model import Claim
from advisor.rulebook.conditions import names_in_order
from advisor.rulebook.model import Gate, Rulebook
from advisor.rulebook.symbols import FIELD_NAMES
from advisor.scenario_space.values import need_values


def condition_claims(decision: Decision, rulebook: Rulebook) -> Iterator[Claim]:
    """What to verify of the route, and of single offers of it; then what an unanswered question leaves unchecked."""
    for condition in decision.conditions:
        figures = condition.model_dump()
        yield Claim(f"condition.{condition.rule}", "conditions", "condition", (condition.rule,), figures=figures)
    answers = answer_facts(validated(decision.scenario, "the record"))
    gone = {step.offer for step in decision.eliminated}
    left = {
        route: [offer for offer in rulebook.offers if offer.route is route and offer.id not in gone]
        for route in decision.possible_routes
    }
    shared = {condition.rule for condition in decision.conditions}
    for gate in rulebook.gates:
        if gate.id in shared:
            continue
        some = [offer.id for offer in left[decision.route] if _may(gate, answers, offer)] if decision.route else []
        if some:
            figures = {"offers": some, "provided": gate.provided}
            yield Claim(f"verify.{gate.id}", "offer_conditions", "verify", (gate.id,), figures=figures)
        missing = _missing(gate, answers)
        if missing and not set(missing) & set(decision.open_questions):
            completed = _completed(missing, answers, rulebook)
            if any(_to_verify(gate, whole, offers) for whole in completed for offers in left.values()):
                figures = {"fields": missing, "provided": gate.provided}
                yield Claim(f"unchecked.{gate.id}", "unchecked", "unchecked", (gate.id,), missing, figures)


def _missing(gate: Gate, answers: Mapping[str, Encoded]) -> tuple[str, ...]:
    """The questions that the gate reads and that are not answered."""
    return tuple(name for name in names_in_order(gate.when) if name in FIELD_NAMES and name not in answers)


def _completed(
    missing: tuple[str, ...], answers: Mapping[str, Encoded], rulebook: Rulebook
) -> Iterator[dict[str, Encoded]]:
    """The answers with every way to answer the questions that are missing."""
    for chosen in product(*(need_values(rulebook, name) for name in missing)):
        yield {**answers, **dict(zip(missing, chosen, strict=True))}


def _to_verify(gate: Gate, answers: Mapping[str, Encoded], offers: list[Offer]) -> bool:
    """Whether every one of these offers that the gate leaves has to be verified."""
    survive = [offer for offer in offers if not compile_condition(gate.when, PLAIN)({**answers, **offer.traits})[0]]
    return bool(survive) and all(_may(gate, answers, offer) for offer in survive)


def _may(gate: Gate, answers: Mapping[str, Encoded], offer: Offer) -> bool:
    """Whether the gate rules the offer out if an unknown trait turns out badly, and not otherwise."""
    return compile_condition(gate.when, PLAIN)({**answers, **offer.traits}) == (False, True)
