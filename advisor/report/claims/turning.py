"""Where an open decision turns, as claims: from the stretches and the cost of own GPUs that the record holds."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from itertools import groupby
from typing import Any

from advisor.domain.cost_model import AMOUNTS_OF
from advisor.domain.formatting import plain
from advisor.domain.quantity import Quantity
from advisor.domain.record import Decision, TurningPoint
from advisor.domain.scenario import FIELDS, Route
from advisor.report.claims.model import Claim

SHOWN = 4
"""A sentence names at most so many stretches of one amount."""


def turning_claims(decision: Decision) -> Iterator[Claim]:
    """How the route follows from the cost of own GPUs in all, then the stretches of each amount."""
    steps = [step.model_dump() for step in decision.route_by_own_cost]
    if steps:
        fields = AMOUNTS_OF[Route.SELF_HOST]
        yield Claim("turning.own_cost", "turning", "own_cost", fields=fields, figures={"steps": steps})
    is_alone = len(decision.open_questions) == 1
    for field, stretches in groupby(decision.turning_points, lambda point: point.field):
        found = [_figures(point) for point in stretches]
        figures = {"field": field, "is_alone": is_alone, "stretches": found[:SHOWN], "more": len(found[SHOWN:])}
        yield Claim(f"turning.{field}", "turning", "stretches", fields=(field,), figures=figures)


def _figures(point: TurningPoint) -> dict[str, Any]:
    """A stretch with its ends as people write them: rounded inwards, so that what is said holds."""
    quantity = FIELDS[point.field].quantity
    assert quantity is not None
    least, most = _least(quantity, point.from_, is_round=True), _most(quantity, point.to, is_round=True)
    if least and most and Decimal(least["value"]) >= Decimal(most["value"]):
        least, most = _least(quantity, point.from_, is_round=False), _most(quantity, point.to, is_round=False)
    return {"route": point.route, "least": least, "most": most}


def _least(quantity: Quantity, value: str | None, *, is_round: bool) -> dict[str, Any] | None:
    """``included`` is false where the number before the stretch is the shorter one to write."""
    if value is None:
        return None
    before = plain(Decimal(value) - Decimal(1).scaleb(-quantity.places))
    if len(before) < len(value):
        return {"value": before, "included": False}
    return {"value": _written(quantity, value, ROUND_CEILING) if is_round else value, "included": True}


def _most(quantity: Quantity, value: str | None, *, is_round: bool) -> dict[str, Any] | None:
    """``included`` is false where the number after the stretch is the shorter one to write."""
    if value is None:
        return None
    after = plain(Decimal(value) + Decimal(1).scaleb(-quantity.places))
    if len(after) < len(value):
        return {"value": after, "included": False}
    return {"value": _written(quantity, value, ROUND_FLOOR) if is_round else value, "included": True}


def _written(quantity: Quantity, value: str, rounding: str) -> str:
    """Whole cents from a dollar up, and whole numbers from a hundred up."""
    number = Decimal(value)
    places = 2 if quantity.money and number >= 1 else 0 if not quantity.money and number >= 100 else quantity.places
    return plain(number.quantize(Decimal(1).scaleb(-places), rounding))
