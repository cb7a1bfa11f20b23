"""How certain a decision is, as claims whose kinds a template words."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.domain.record import Decision
from advisor.domain.scenario import Axis
from advisor.report.claims.model import Claim
from advisor.report.claims.offers import missing_of
from advisor.report.claims.turning import turning_claims


def confidence_claims(decision: Decision) -> Iterator[Claim]:
    """Settled or not, how near the crossover, and what is unanswered."""
    compared = decision.comparison
    if compared is None:
        conflicting = tuple(dict.fromkeys(rule for conflict in decision.conflicts for rule in conflict.rules))
        kind = "turns" if [*turning_claims(decision)] else str(decision.status)
        yield Claim(f"confidence.{kind}", "confidence", kind, conflicting)
        return
    missing = missing_of(decision, compared.missing)
    kind = "checkpoint_open" if missing == ["model"] and compared.outcome == "amounts_open" else compared.outcome
    figures = {"missing": missing} if missing else {}
    yield Claim(f"confidence.{kind}", "confidence", kind, _comparing(decision), figures=figures)
    if compared.route and compared.near_crossover is not None:
        kind = "near" if compared.near_crossover else "clear"
        crossover = {"route": compared.route, "owning_from": decision.owning_from[compared.route]}
        yield Claim(f"confidence.{kind}", "confidence", kind, (), ("monthly_images",), crossover)
    if decision.not_needed:
        kind = "unanswered_checkpoint" if any(one.none_possible for one in decision.by_model) else "unanswered"
        yield Claim(f"confidence.{kind}", "confidence", kind, (), tuple(decision.not_needed))


def _comparing(decision: Decision) -> tuple[str, ...]:
    """The applied preferences on cost or switching cost that compared amounts."""
    compared = {step.rule for step in decision.trace if step.kind == "prefer" and step.values}
    steps = [step for step in decision.preferences if step.axis in (Axis.COST, Axis.SWITCHING_COST)]
    return tuple(dict.fromkeys(step.rule for step in steps if step.rule in compared))
