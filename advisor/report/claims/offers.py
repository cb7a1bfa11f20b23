"""The offers of the catalogue as claims: what to call or run, the shortlist, the checkpoint, and what own GPUs take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from advisor.domain.cost_model import AMOUNTS_OF
from advisor.domain.record import Decision, ModelOutcome, ShortlistEntry, Status
from advisor.domain.scenario import GpuBilling, Route
from advisor.report.claims.model import Claim

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
            "months": _months(entry),
            "checks": sorted(checks.index(check) + 1 for check in entry.conditions if check in checks),
        }
        yield Claim(f"offer.{route}.{entry.offer}", "shortlist", "row", tuple(entry.rules), figures=figures)
    if not rows and any(entry.route is route for entry in decision.shortlist):
        yield Claim(f"offers.{route}", "no_offers", "none", figures={"route": route})
    more = len(_of_catalogue(decision, route)) - len(rows) + decision.shortlist_more.get(route, 0)
    if more:
        yield Claim(f"offers.{route}", "shortlist_more", "more", figures={"route": route, "more": more})


def _months(entry: ShortlistEntry) -> Mapping[str, str]:
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
        peak = {"peak": decision.owning_up_to_peak}
        yield Claim("peak", "fleet", "up_to_peak", (), ("gpu_billing", *own), peak)
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
