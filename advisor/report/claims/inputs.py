"""The answers behind a decision, and what was assumed or unknown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from advisor.domain.cost_model import VOLUME_ENDS
from advisor.domain.record import Decision
from advisor.domain.scenario import FIELDS
from advisor.report.claims.model import Claim

ANSWERED, ASSUMED, UNKNOWN, NOT_NEEDED = "answered", "assumed", "not known yet", "not needed"


def input_claims(decision: Decision) -> Iterator[Claim]:
    """Every question with its answer, the assumed value, or that it is not known."""
    for name, spec in FIELDS.items():
        if name == "title":
            continue
        state, value = ANSWERED, decision.scenario.get(name)
        if value is None:
            value = _assumed(decision, name)
            state = UNKNOWN if value is None else ASSUMED
            if name in decision.not_needed:
                state = NOT_NEEDED
        if value is not None or not spec.optional:
            yield Claim(f"input.{name}", "inputs", "input", (), (name,), {**_shown(name, value), "state": state})


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
