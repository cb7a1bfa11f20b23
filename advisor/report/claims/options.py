"""The options as claims: how they were narrowed down, why not the others, and the offers of the catalogue."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from itertools import groupby
from typing import Any

from advisor.domain.cost_model import AMOUNTS_OF
from advisor.domain.record import Decision, ModelOutcome, ShortlistEntry
from advisor.domain.record_parts import Elimination, Fit, PreferenceApplied, Status
from advisor.domain.scenario import FIELDS, Axis, GpuBilling, Route
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
        before = [route for route in routes if standing.get(route) == set()]
        again = [route for route in before if rule in _ruling_out(decision, route)]
        for step, _ in hit:
            standing.get(step.route, set()).discard(step.offer)
        gone = [route for route in routes if standing.get(route) == set() and route not in before]
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
            figures = {
                "route": route,
                "months": _months(decision, route),
                "by_checkpoint": _by_checkpoint(decision, route),
                "how": how,
                "axes": axes,
            }
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
    gone = [step for step in decision.eliminated if step.route is route and step.rule in _ruling_out(decision, route)]
    lost = [step for step in decision.preferences if step.over is route]
    steps: Sequence[Elimination | PreferenceApplied] = lost if feasible else gone
    reasons = {step.rule: {"axis": step.axis, "because": step.because} for step in steps}
    return reasons, "preferred" if feasible else "eliminated"


def _ruling_out(decision: Decision, route: Route) -> set[str]:
    """The rules that each eliminate every offer of an eliminated route; all that eliminate one if there is no such."""
    offers: dict[str, set[str]] = {}
    for step in decision.eliminated:
        if step.route is route:
            offers.setdefault(step.rule, set()).add(step.offer)
    every = set().union(*offers.values())
    return {rule for rule, hit in offers.items() if hit == every} or set(offers)


def _by_checkpoint(decision: Decision, route: Route) -> list[str]:
    """The least and the greatest cost of the expected month over the checkpoints; empty if one is not known."""
    costs = [one.expected[route] for one in decision.by_model if route in one.offers]
    known = [cost for cost in costs if cost is not None]
    return [min(known, key=Decimal), max(known, key=Decimal)] if known and len(known) == len(costs) else []


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


# ---- the offers of the catalogue: what to call or run, the shortlist, the checkpoint

LEFT_SHOWN, OUT_SHOWN = 5, 3
"""How many offers of a route the memo lists: those that are left, and the eliminated ones; the record holds more."""
_LOAD = ("gpu_billing", "peak_to_mean", "min_gpus")
_OPEN_ROUTES = (Route.SELF_HOST, Route.OPEN_WEIGHT_API)
ELIMINATED, CHOSEN = "eliminated", "chosen"


def offer_claims(decision: Decision) -> Iterator[Claim]:
    """The offer to take, what decides about the checkpoint, N* of its few-step twin, and the shortlist."""
    yield from _chosen(decision)
    yield from _checkpoint(decision)
    yield from _twin(decision)
    shown = {route: _shown(decision, route) for route in Route}
    left = [entry for rows in shown.values() for entry in rows if entry.status != ELIMINATED]
    checks = list(dict.fromkeys(check for entry in left for check in entry.conditions))
    for route, rows in shown.items():
        yield from _rows(decision, route, rows, checks)
    for number, check in enumerate(checks, 1):
        yield Claim(f"check.{number}", "checks", "check", figures={"number": number, "provided": check})


def missing_of(decision: Decision, fields: Sequence[str]) -> list[str]:
    """Missing amounts, with ``model`` in place of those that a named checkpoint would have from the catalogue."""
    listed = {entry.route for entry in decision.shortlist} & set(_OPEN_ROUTES)
    offered = {name for route in listed for name in AMOUNTS_OF[route] if name != "monthly_overhead"}
    if not decision.by_model or not offered & set(fields):
        return list(fields)
    return ["model", *(name for name in fields if name not in offered and name != "model")]


def _chosen(decision: Decision) -> Iterator[Claim]:
    """The offer whose price is that of the recommended route, the next cheapest, and what to verify of it alone."""
    left = _left(decision)
    if not left or left[0].status != CHOSEN:
        return
    known = {condition.provided for condition in decision.conditions}
    following = [entry.model_dump() for entry in left[1:2]]
    yield Claim("offer", "offer", "offer", figures={**left[0].model_dump(), "next": following})
    for number, check in enumerate((check for check in left[0].conditions if check not in known), 1):
        yield Claim(f"term.{number}", "terms", "term", figures={"provided": check})


def _left(decision: Decision) -> list[ShortlistEntry]:
    """The offers that are left of the recommended route, the chosen one or else the cheapest first."""
    return [entry for entry in _of_catalogue(decision, decision.route) if entry.status != ELIMINATED]


def _of_catalogue(decision: Decision, route: Route | None) -> list[ShortlistEntry]:
    """The offers of a route; what only marks that the catalogue has none of a checkpoint has no source."""
    return [entry for entry in decision.shortlist if entry.route is route and entry.source]


def _checkpoint(decision: Decision) -> Iterator[Claim]:
    """Where each checkpoint leads, while none is named and one could be run: a sentence on all, and a row for each."""
    routes = [route for route in _OPEN_ROUTES if any(route in one.offers for one in decision.by_model)]
    if not routes:
        return
    outcomes = _outcomes(decision.by_model)
    first = _left(decision)[:1]
    cheapest = [entry.model_dump() for entry in first if entry.route in routes and entry.price is not None]
    allowed = [one.label for one in decision.by_model if one.routes]
    figures = {
        "outcomes": outcomes,
        "allowed": allowed,
        "ruled_out": [one.label for one in decision.by_model if not one.routes],
        "may_be_ruled_out": [one.label for one in decision.by_model if one.routes and one.none_possible],
        "cheapest": cheapest,
    }
    if decision.route:
        yield Claim("checkpoint", "checkpoint", "whatever", (), ("model",), figures)
    elif decision.status is Status.OPEN and len(outcomes) > 1:
        yield Claim("checkpoint", "checkpoint", "matters", (), ("model",), figures)
    for one in decision.by_model:
        yield Claim(f"model.{one.model}", "models", "model", (), ("model",), {**one.model_dump(), "columns": routes})


def _outcomes(models: Sequence[ModelOutcome]) -> list[dict[str, Any]]:
    """The checkpoints by the routes they lead to."""
    found = dict[tuple[tuple[Route, ...], bool], list[str]]()
    for one in models:
        found.setdefault((tuple(one.routes), one.none_possible), []).append(one.label)
    return [
        {"routes": routes, "none_possible": none_possible, "labels": labels}
        for (routes, none_possible), labels in found.items()
    ]


def _twin(decision: Decision) -> Iterator[Claim]:
    """N* with the few-step version of the checkpoint, or with the one of many steps."""
    twin, compared = decision.few_step_twin, decision.comparison.route if decision.comparison else None
    if twin and compared in decision.owning_from and compared in twin.owning_from:
        figures = {
            **twin.model_dump(include={"label", "few_step"}),
            "route": compared,
            "volume": decision.owning_from[compared],
            "twin_volume": twin.owning_from[compared],
        }
        yield Claim("twin", "twin", "twin", (), ("model",), figures)


def _shown(decision: Decision, route: Route) -> list[ShortlistEntry]:
    rows = _of_catalogue(decision, route)
    left = [entry for entry in rows if entry.status != ELIMINATED]
    return [*left[:LEFT_SHOWN], *[entry for entry in rows if entry.status == ELIMINATED][:OUT_SHOWN]]


def _rows(decision: Decision, route: Route, rows: Sequence[ShortlistEntry], checks: Sequence[str]) -> Iterator[Claim]:
    for entry in rows:
        figures = {
            **entry.model_dump(),
            "months": _months_of(entry),
            "checks": sorted(checks.index(check) + 1 for check in entry.conditions if check in checks),
        }
        yield Claim(f"offer.{route}.{entry.offer}", "shortlist", "row", tuple(entry.rules), figures=figures)
    if not rows and any(entry.route is route for entry in decision.shortlist):
        yield Claim(f"offers.{route}", "no_offers", "none", figures={"route": route})
    more = len(_of_catalogue(decision, route)) - len(rows) + decision.shortlist_more.get(route, 0)
    if more:
        yield Claim(f"offers.{route}", "shortlist_more", "more", figures={"route": route, "more": more})


def _months_of(entry: ShortlistEntry) -> Mapping[str, str]:
    """Dollars in the expected month, or in both ends of the range; without the overhead where that is not known."""
    if entry.expected is not None:
        return {"expected": entry.expected}
    if entry.low is not None and entry.high is not None:
        return {"low": entry.low, "high": entry.high}
    return {} if entry.gpu_cost is None else {"without_overhead": entry.gpu_cost}


# ---- what own GPUs take


def fleet_claims(decision: Decision) -> Iterator[Claim]:
    """The GPUs of each month and N* where they are always on; how busy they may be where they are not."""
    own = AMOUNTS_OF[Route.SELF_HOST]
    if decision.owning_up_to_peak:
        quantity, peak = FIELDS["peak_to_mean"].quantity, Decimal(decision.owning_up_to_peak)
        kind = "any_peak" if quantity and peak == quantity.most else "up_to_peak"
        yield Claim("peak", "fleet", kind, (), ("gpu_billing", *own), {"peak": decision.owning_up_to_peak})
    flip = next((flip for flip in decision.flips if flip.to == GpuBilling.ALWAYS_ON), None)
    if flip and "peak_to_mean" not in decision.scenario:
        yield Claim("even_load", "fleet", "even_load", (), ("gpu_billing", *own), {"route": flip.route})
    if decision.scenario.get("gpu_billing") != GpuBilling.ALWAYS_ON:
        return
    if decision.fleet:
        yield Claim("fleet", "fleet", "always_on", (), (*_LOAD, *own), decision.fleet.model_dump())
    for route, volume in decision.crossovers.items():
        below = decision.owning_ranges.get(route)
        if below and below.ranges:  # without any, N* in the table of costs says it all
            figures: dict[str, Any] = {"route": route, "volume": volume, **below.model_dump(by_alias=True)}
            yield Claim(f"crossover.{route}", "fleet", "owning_from", (), (*AMOUNTS_OF[route], *own, *_LOAD), figures)


def ageing_claims(decision: Decision) -> Iterator[Claim]:
    """One claim for each turn that a figure may have passed; ``rises`` is the way to it."""
    for figure in decision.ageing:
        if figure.could_reach is not None:
            rises = Fraction(figure.could_reach) > Fraction(figure.value)
            figures = {**figure.model_dump(), "rises": rises}
            id = f"ageing.{figure.field}.{'up' if rises else 'down'}"
            yield Claim(id, "ageing", "ageing", (), (figure.field,), figures)
