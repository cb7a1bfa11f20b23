"""The answers behind a decision, and what was assumed or unknown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from advisor.domain.cost_model import AMOUNTS_OF, VOLUME_ENDS, VOLUMES
from advisor.domain.record import Decision
from advisor.domain.scenario import FIELDS, Route
from advisor.report.claims.model import Claim

ANSWERED, ASSUMED, UNKNOWN, NOT_NEEDED = "answered", "assumed", "not known yet", "not needed"
CATALOGUE, BY_CHECKPOINT, NO_OFFER = "from the catalogue", "by checkpoint, see Offers", "no price in the catalogue"
RULED_OUT = "every offer is ruled out, see Offers"


def input_claims(decision: Decision) -> Iterator[Claim]:
    """Every question with its answer, the assumed value, the amount of an offer, or that it is not known."""
    quotes = {quote.field: quote for quote in decision.quotes if quote.origin == "catalogue"}
    for name, spec in FIELDS.items():
        if name == "title":
            continue
        state, value = ANSWERED, decision.scenario.get(name)
        if value is None:
            value = _assumed(decision, name)
            state = _unknown(decision, name) if value is None else ASSUMED
            if name in decision.not_needed:
                state = NOT_NEEDED
        quote = quotes.get(name)
        if quote:
            value, state = quote.value, CATALOGUE
        if value is not None or not spec.optional:
            figures = {**_shown(name, value), "state": state, "quote": quote and quote.model_dump()}
            yield Claim(f"input.{name}", "inputs", "input", (), (name,), figures)


def _unknown(decision: Decision, name: str) -> str:
    """Why an amount is not known: on a route with offers of the catalogue it is not asked for."""
    asked = (*VOLUMES, "monthly_overhead")
    listed = {entry.route for entry in decision.shortlist if name in AMOUNTS_OF[entry.route]}
    if name in asked or not listed:
        return UNKNOWN
    if not listed & {*decision.feasible_routes}:
        return RULED_OUT
    return BY_CHECKPOINT if decision.by_model and name not in AMOUNTS_OF[Route.CLOSED_API] else NO_OFFER


def _assumed(decision: Decision, name: str) -> Any:
    """The default of a field in the scenario's definition."""
    if name in VOLUME_ENDS:
        return decision.scenario.get("monthly_images")
    if name == "payback_limit_months" and decision.migration:
        return decision.migration.payback_limit_months
    return "image" if name == "unit" else None


def _shown(name: str, value: Any) -> dict[str, Any]:
    quantity = FIELDS[name].quantity
    return {
        "field": name,
        "value": value,
        "unit": quantity.unit if quantity else "",
        "money": bool(quantity and quantity.money),
    }
