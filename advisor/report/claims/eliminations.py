"""How the options were narrowed down, rule by rule: gates first, because preferences only see what survives them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from advisor.domain.record import Decision
from advisor.domain.scenario import FIELDS, Axis, Route
from advisor.report.claims.model import Claim


def narrowing_claims(decision: Decision) -> Iterator[Claim]:
    """One claim for each rule that took something out, in the order of the axes."""
    running = list(Route)
    yield from _gates(decision, running)
    yield from _preferences(decision, running)


def _gates(decision: Decision, running: list[Route]) -> Iterator[Claim]:
    """What each gate eliminated: whole routes (``gone``), routes already eliminated, or single offers of a route."""
    values = [step.values for step in decision.trace if step.kind == "eliminate"]
    judged = sorted(zip(decision.eliminated, values, strict=True), key=lambda pair: list(Axis).index(pair[0].axis))
    standing: dict[Route, set[str]] = {}
    for step in decision.eliminated:
        if step.route not in decision.feasible_routes:
            standing.setdefault(step.route, set()).add(step.offer)
    for rule in dict.fromkeys(step.rule for step, _ in judged):
        hit = [(step, compared) for step, compared in judged if step.rule == rule]
        routes = dict.fromkeys(step.route for step, _ in hit)
        again = [route for route in routes if standing.get(route) == set()]
        for step, _ in hit:
            standing.get(step.route, set()).discard(step.offer)
        gone = [route for route in routes if standing.get(route) == set() and route not in again]
        running[:] = [route for route in running if route not in gone]
        first = hit[0][0]
        yield Claim(
            f"eliminated.{rule}",
            "narrowing",
            "eliminated",
            (rule,),
            tuple(dict.fromkeys(name for _, compared in hit for name in compared if name in FIELDS)),
            {
                "rule": rule,
                "axis": first.axis,
                "because": first.because,
                "source": first.source,
                "steps": [{"route": step.route, "offer": step.offer, "values": compared} for step, compared in hit],
                "gone": gone,
                "again": again,
                "offers": [step.offer for step, _ in hit if step.route not in (*gone, *again)],
                "still": list(running),
            },
        )


def _preferences(decision: Decision, running: list[Route]) -> Iterator[Claim]:
    values = {step.rule: step.values for step in decision.trace if step.kind == "prefer"}
    for rule, steps in groupby(decision.preferences, key=lambda step: step.rule):
        pairs = list(steps)
        running[:] = [route for route in running if route not in {step.over for step in pairs}]
        yield Claim(
            f"preferred.{rule}",
            "narrowing",
            "preferred",
            (rule,),
            tuple(name for name in values[rule] if name in FIELDS),
            {
                "rule": rule,
                "axis": pairs[0].axis,
                "preferred": list(dict.fromkeys(step.preferred for step in pairs)),
                "over": list(dict.fromkeys(step.over for step in pairs)),
                "because": pairs[0].because,
                "source": pairs[0].source,
                "values": values[rule],
                "still": list(running),
            },
        )
