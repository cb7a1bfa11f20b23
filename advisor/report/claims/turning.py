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

FIRST_SHOWN = 3
"""A sentence names so many stretches of one amount, and the last one."""


def turning_claims(decision: Decision) -> Iterator[Claim]:
    """How the route follows from the cost of own GPUs in all, then the stretches of each amount."""
    steps = [step.model_dump() for step in decision.route_by_own_cost]
    if steps:
        fields = AMOUNTS_OF[Route.SELF_HOST]
        yield Claim("turning.own_cost", "turning", "own_cost", fields=fields, figures={"steps": steps})
    is_alone = len(decision.open_questions) == 1
    for field, stretches in groupby(decision.turning_points, lambda point: point.field):
        found = [_figures(point) for point in stretches]
        shown = [*found[:FIRST_SHOWN], *found[FIRST_SHOWN:][-1:]]
        figures = {"field": field, "is_alone": is_alone, "stretches": shown, "more": len(found) - len(shown)}
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
    return None if value is None else _edge(quantity, Decimal(value), -1, ROUND_CEILING if is_round else None)


def _most(quantity: Quantity, value: str | None, *, is_round: bool) -> dict[str, Any] | None:
    """``included`` is false where the number after the stretch is the shorter one to write."""
    return None if value is None else _edge(quantity, Decimal(value), 1, ROUND_FLOOR if is_round else None)


def _edge(quantity: Quantity, value: Decimal, outwards: int, rounding: str | None) -> dict[str, Any]:
    """The last number of a stretch, or the next one, in whole cents from a dollar and whole numbers from a hundred."""
    beyond = value + outwards * Decimal(1).scaleb(-quantity.places)
    places = 2 if quantity.money and value >= 1 else 0 if not quantity.money and value >= 100 else quantity.places
    written = Decimal(1).scaleb(-places)
    if len(plain(beyond)) < len(plain(value)) and beyond == beyond.quantize(written):
        return {"value": plain(beyond), "included": False}
    return {"value": plain(value.quantize(written, rounding) if rounding else value), "included": True}
