"""How the options were narrowed down, rule by rule, why the others are not recommended, and what each offers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import groupby
from typing import Any

from advisor.domain.record import Decision
from advisor.domain.record_parts import Elimination, Fit, PreferenceApplied
from advisor.domain.scenario import FIELDS, Axis, Route
from advisor.report.claims.model import Claim


def narrowing_claims(decision: Decision) -> Iterator[Claim]:
    """One claim for each rule that took something out: gates first, because preferences only see what survives them."""
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


# ---- why the other routes are not recommended, and what that forgoes


def reason_claims(decision: Decision) -> Iterator[Claim]:
    """What the recommended route costs, and each other route with its cost and how it left the running."""
    if decision.route is None:
        return
    yield Claim("why", "why", "why", figures={"months": _months(decision, decision.route)})
    for route in Route:
        if route is not decision.route:
            reasons, how = _steps(decision, route)
            axes = list(dict.fromkeys(reason["axis"] for reason in reasons.values()))
            figures = {"route": route, "months": _months(decision, route), "how": how, "axes": axes}
            yield Claim(f"why.{route}", "others", "other", tuple(reasons), figures=figures)
    kind = {0: "no_axis", 1: "one_axis"}.get(len(decision.deciding_axes), "over_determined")
    yield Claim(f"why.{kind}", "deciding", kind, figures={"axes": decision.deciding_axes})


def forgone_claims(decision: Decision) -> Iterator[Claim]:
    """The routes that would cost less than the recommended one, how much less, and why they are not taken."""
    costs = decision.monthly_costs
    if decision.route is None or decision.route not in costs:
        return
    mine = costs[decision.route].months
    for route in (route for route in Route if route in costs):
        theirs = costs[route].months
        savings = {month: Decimal(mine[month]) - Decimal(theirs[month]) for month in mine}
        if min(savings.values()) > 0:
            reasons, how = _steps(decision, route)
            figures = {
                "route": route,
                "savings": {month: str(saving) for month, saving in savings.items()},
                "how": how,
                "reasons": list(reasons.values()),
            }
            yield Claim(f"forgone.{route}", "forgone", "forgone", tuple(reasons), figures=figures)


def _steps(decision: Decision, route: Route) -> tuple[dict[str, dict[str, Any]], str]:
    """The rules that took a route out, with axis and reason, and whether they are gates or preferences."""
    feasible = route in decision.feasible_routes
    gone = [step for step in decision.eliminated if step.route is route]
    lost = [step for step in decision.preferences if step.over is route]
    steps: Sequence[Elimination | PreferenceApplied] = lost if feasible else gone
    reasons = {step.rule: {"axis": step.axis, "because": step.because} for step in steps}
    return reasons, "preferred" if feasible else "eliminated"


def _months(decision: Decision, route: Route) -> dict[str, str]:
    cost = decision.monthly_costs.get(route)
    return cost.months if cost else {}


# ---- the options against the axes of Table 38.3.1


@dataclass(frozen=True)
class OptionCell:
    """One offer on one axis. ``stated`` is what it offers, ``mark`` how that meets the need; empty without a need."""

    offer: str
    route: str
    stated: str
    mark: str


def option_claims(decision: Decision) -> list[Claim]:
    """One claim for each trait, by axis. The first of an axis marks the routes that lose on it."""
    rows = sorted(_traits(decision), key=lambda claim: list(Axis).index(claim.figures["axis"]))
    axes = [claim.figures["axis"] for claim in rows]
    return [
        claim if axis in axes[:place] else _with_losers(claim, decision)
        for place, (claim, axis) in enumerate(zip(rows, axes, strict=True))
    ]


def _traits(decision: Decision) -> Iterator[Claim]:
    for row in decision.traits:
        cells = [
            OptionCell(offer.offer, offer.route, offer.traits[row.trait], row.fits.get(offer.offer, ""))
            for offer in decision.offers
        ]
        figures = {
            "axis": row.axis,
            "label": row.label,
            "like": row.compared_with,
            "answers": {name: decision.scenario.get(name) for name in row.fields},
            "cells": cells,
        }
        yield Claim(f"option.{row.trait}", "options", "option", tuple(row.rules), tuple(row.fields), figures)


def _with_losers(claim: Claim, decision: Decision) -> Claim:
    """The claim with the options that a preference of its axis dropped."""
    lost = {step.over: step.rule for step in decision.preferences if step.axis is claim.figures["axis"]}
    cells = [
        replace(cell, mark="loses") if cell.route in lost and cell.mark in ("", Fit.MET) else cell
        for cell in claim.figures["cells"]
    ]
    rules = tuple(dict.fromkeys((*claim.rules, *lost.values())))
    return replace(claim, rules=rules, figures={**claim.figures, "cells": cells})
