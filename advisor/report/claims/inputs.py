"""The answers behind a decision: which of them mattered, and what was assumed or unknown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from advisor.domain.cost_model import VOLUME_ENDS, VOLUMES
from advisor.domain.record import Decision
from advisor.domain.scenario import FIELDS, Axis
from advisor.report.claims.model import Claim

ANSWERED, ASSUMED, UNKNOWN, NOT_NEEDED = "answered", "assumed", "not known yet", "not needed"
_JUDGED = ("eliminate", "verify", "prefer")


def driver_claims(decision: Decision) -> Iterator[Claim]:
    """For each axis on which a rule fired, the answers that the rule read."""
    fired = {step.rule for step in decision.trace if step.kind in _JUDGED}
    for axis in Axis:
        rules = [rule for rule in decision.rules if rule.rule in fired and rule.axis is axis]
        read = {name for rule in rules for name in rule.fields}
        if not read.isdisjoint(VOLUMES):
            read |= set(VOLUMES)
        fields = tuple(name for name in FIELDS if name in read and name in decision.scenario)
        if fields:
            figures = {"axis": axis, "answers": [_shown(name, decision.scenario[name]) for name in fields]}
            yield Claim(f"driver.{axis}", "drivers", "driver", tuple(rule.rule for rule in rules), fields, figures)


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
