"""How sure a decision is, in kinds that a template words."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from advisor.cost import crossover_volume, exact
from advisor.record import Decision, Status
from advisor.report.claim import Claim
from advisor.scenario import Axis, Route

_HOSTED = {Route.OPEN_WEIGHT_API: "open_price", Route.CLOSED_API: "closed_price"}
_AMOUNTS = ("gpu_hour_price", "images_per_gpu_hour", "monthly_overhead")
_NEAR = Fraction(1, 5)
"""Within this share of the crossover a small error in a figure turns the answer (Section 38.3.4)."""


def confidence_claims(decision: Decision) -> Iterator[Claim]:
    """Settled or not, how near the crossover, decided by one axis or by several, and what stays unanswered."""
    if decision.status is not Status.RECOMMENDED:
        yield Claim(f"confidence.{decision.status}", "confidence", str(decision.status), _ruling_out(decision))
        return
    asked = compared_route(decision)
    kind = {True: "settled", False: "unsettled", None: "amounts_open" if asked else "not_compared"}[decision.settled]
    yield Claim(f"confidence.{kind}", "confidence", kind, _comparing(decision))
    if asked and (near := near_crossover(decision, asked)) is not None:
        kind = "near" if near else "clear"
        figures = {"route": asked, "crossover": decision.crossovers[asked]}
        yield Claim(f"confidence.{kind}", "confidence", kind, (), ("monthly_images",), figures)
    kind = {0: "no_axis", 1: "one_axis"}.get(len(decision.deciding_axes), "over_determined")
    yield Claim(
        f"confidence.{kind}", "confidence", kind, deciding_rules(decision), figures={"axes": decision.deciding_axes}
    )
    if decision.not_needed:
        yield Claim("confidence.unanswered", "confidence", "unanswered", (), tuple(decision.not_needed))


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


def compared_route(decision: Decision) -> Route | None:
    """The hosted route whose price stood against own GPUs; None where the inequality was not asked."""
    precedence = list(Axis)
    before = {step.over for step in decision.preferences if precedence.index(step.axis) < precedence.index(Axis.COST)}
    running = [route for route in decision.feasible_routes if route not in before]
    if Route.SELF_HOST not in running:
        return None
    return next((route for route in _HOSTED if route in running), None)


def near_crossover(decision: Decision, asked: Route) -> bool | None:
    """Whether the expected month is within a fifth of the crossover; None where that is zero, not known, or none."""
    answers = decision.scenario
    if not all(name in answers for name in (_HOSTED[asked], *_AMOUNTS, "monthly_images")):
        return None
    volume = crossover_volume(answers[_HOSTED[asked]], *(answers[name] for name in _AMOUNTS)).volume
    return None if not volume else (1 - _NEAR) * volume <= exact(answers["monthly_images"]) < (1 + _NEAR) * volume
