"""How sure a decision is, in kinds that a template words."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

from advisor.domain.cost_model import crossover_volume, exact
from advisor.domain.record import Decision, Status
from advisor.domain.scenario import Axis, Route, validated
from advisor.evaluation.facts import answer_facts
from advisor.report.claims.amounts import HOSTED, PRICED_BY, missing_amounts
from advisor.report.claims.model import Claim
from advisor.rulebook.model import Rulebook
from advisor.scenario_space.completions import completions_of

_NEAR = Fraction(1, 5)
"""Within this share of the crossover a small error in a figure turns the answer (Section 38.3.4)."""


def confidence_claims(decision: Decision, rulebook: Rulebook) -> Iterator[Claim]:
    """Settled or not, how near the crossover, decided by one axis or by several, and what stays unanswered."""
    if decision.status is not Status.RECOMMENDED:
        yield Claim(f"confidence.{decision.status}", "confidence", str(decision.status), _ruling_out(decision))
        return
    compared = completions_of(rulebook).asked(answer_facts(validated(decision.scenario, "the record")))
    kind, figures = _comparison(decision, rulebook, compared)
    yield Claim(f"confidence.{kind}", "confidence", kind, _comparing(decision), figures=figures)
    asked = next(iter(compared)) if len(compared) == 1 else None
    if asked and (near := near_crossover(decision, asked)) is not None:
        kind = "near" if near else "clear"
        crossover = {"route": asked, "crossover": decision.crossovers[asked]}
        yield Claim(f"confidence.{kind}", "confidence", kind, (), ("monthly_images",), crossover)
    kind = {0: "no_axis", 1: "one_axis"}.get(len(decision.deciding_axes), "over_determined")
    yield Claim(
        f"confidence.{kind}", "confidence", kind, deciding_rules(decision), figures={"axes": decision.deciding_axes}
    )
    if decision.not_needed:
        yield Claim("confidence.unanswered", "confidence", "unanswered", (), tuple(decision.not_needed))


def _comparison(
    decision: Decision, rulebook: Rulebook, compared: frozenset[Route | None]
) -> tuple[str, dict[str, tuple[str, ...]]]:
    """How the comparison of cost comes out, and the questions that keep that open."""
    if decision.settled is not None:
        return ("settled" if decision.settled else "unsettled"), {}
    if compared == {None}:
        return "not_compared", {}
    if len(compared) > 1:
        return "comparison_open", {"missing": _turning(decision, rulebook, compared)}
    hosted = next(route for route in HOSTED if route in compared)
    if missing := missing_amounts(decision, (hosted, Route.SELF_HOST), ("low", "high")):
        return "amounts_open", {"missing": missing}
    rent, own = decision.monthly_costs[hosted], decision.monthly_costs[Route.SELF_HOST]
    wins = [Decimal(price) < Decimal(cost) for price, cost in ((rent.low, own.low), (rent.high, own.high))]
    return ("agrees" if wins[0] == wins[1] else "differs"), {}


def _turning(decision: Decision, rulebook: Rulebook, compared: frozenset[Route | None]) -> tuple[str, ...]:
    """The unanswered needs some answer to which says more about which price is compared; all questions if none does."""
    completions, answers = completions_of(rulebook), answer_facts(validated(decision.scenario, "the record"))
    found = tuple(
        name
        for name in completions.gate_outcomes.needs
        if name not in answers
        and any(
            completions.asked({**answers, name: value}) != compared for value in completions.gate_outcomes.values(name)
        )
    )
    return found or tuple(decision.not_needed)


def _comparing(decision: Decision) -> tuple[str, ...]:
    """The preferences that compared amounts, on cost or because cost is not settled."""
    compared = {step.rule for step in decision.trace if step.kind == "prefer" and step.values}
    steps = [step for step in decision.preferences if step.axis in (Axis.COST, Axis.SWITCHING_COST)]
    return tuple(dict.fromkeys(step.rule for step in steps if step.rule in compared))


def deciding_rules(decision: Decision) -> tuple[str, ...]:
    """The rules of the deciding axes that took options out."""
    steps = [(step.rule, step.axis) for step in decision.eliminated]
    steps += [(step.rule, step.axis) for step in decision.preferences]
    return tuple(dict.fromkeys(rule for rule, axis in steps if axis in decision.deciding_axes))


def _ruling_out(decision: Decision) -> tuple[str, ...]:
    found = (rule for conflict in decision.conflicts for rule in conflict.rules)
    return tuple(dict.fromkeys(found))


def near_crossover(decision: Decision, asked: Route) -> bool | None:
    """Whether the expected month is within a fifth of the crossover; None where that is zero, not known, or none."""
    answers, needed = decision.scenario, (*PRICED_BY[asked], *PRICED_BY[Route.SELF_HOST])
    if not all(name in answers for name in (*needed, "monthly_images")):
        return None
    volume = crossover_volume(*(answers[name] for name in needed)).volume
    return None if not volume else (1 - _NEAR) * volume <= exact(answers["monthly_images"]) < (1 + _NEAR) * volume
