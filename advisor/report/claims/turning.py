"""Where an open decision turns, as claims: from the stretches and the cost of own GPUs that the record holds.

What helps nobody to decide stays in the record: stretches that the cost of own GPUs implies, and stretches without any
amount that is seen in practice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from itertools import groupby
from typing import Any

from advisor.domain.cost_model import AMOUNTS_OF, PRICE_OF, VOLUMES
from advisor.domain.formatting import plain
from advisor.domain.quantity import Quantity
from advisor.domain.record import Decision, TurningPoint
from advisor.domain.scenario import FIELDS, Route
from advisor.report.claims.model import Claim
from advisor.rulebook.symbols import MODEL

CENT = Decimal("0.01")
FIRST_SHOWN = 3
"""A sentence names so many stretches of one amount, and the last one."""
SEEN: Mapping[str, tuple[str, str]] = {
    **dict.fromkeys(VOLUMES, ("1", "1000000000")),
    **dict.fromkeys(PRICE_OF.values(), ("0.0001", "20")),
    "gpu_hour_price": ("0.05", "100"),
    "images_per_gpu_hour": ("1", "100000"),
    "monthly_overhead": ("1", "1000000"),
    "peak_to_mean": ("1", "100"),
}
"""The least and the most of each amount, as in `Scenario`, that a sentence is made of: generous bounds of practice."""


def turning_claims(decision: Decision) -> Iterator[Claim]:
    """How the route follows from the cost of own GPUs in all, and the stretches of each amount.

    The stretches come first where the cost of own GPUs is compared with no figure.
    """
    bills = [bill for step in decision.route_by_own_cost for bill in step.unless]
    has_figures = any(bill.bill or bill.price or bill.own_cost for bill in bills)
    stretches = [*_stretch_claims(decision, {Decimal(bill.bill) for bill in bills if bill.bill})]
    if not has_figures:
        yield from stretches
    if decision.route_by_own_cost:
        steps = [step.model_dump() for step in decision.route_by_own_cost]
        fields = AMOUNTS_OF[Route.SELF_HOST]
        yield Claim("turning.own_cost", "turning", "own_cost", fields=fields, figures={"steps": steps})
    if has_figures:
        yield from stretches


def _stretch_claims(decision: Decision, bills: Set[Decimal]) -> Iterator[Claim]:
    """The stretches of each amount that are worth saying; ``bills`` are those that own GPUs are compared with."""
    for field, points in groupby(decision.turning_points, lambda point: point.field):
        said = [point for point in points if _is_seen(point) and not _is_implied(point, bills)]
        found = [_figures(point) for point in said]
        shown = [*found[:FIRST_SHOWN], *found[FIRST_SHOWN:][-1:]]
        if shown:
            others = _others(decision, field)
            figures = {"field": field, "others": others, "stretches": shown, "more": len(found) - len(shown)}
            yield Claim(f"turning.{field}", "turning", "stretches", fields=(field,), figures=figures)


def _others(decision: Decision, field: str) -> list[str]:
    """What else is open, as the sentence on the stretches of one amount names it."""
    named = {MODEL: "the checkpoint", "annual_revenue_usd": "the annual revenue"}
    others = [name for name in decision.open_questions if name != field]
    figures = ["the other open figures"] if any(name not in named for name in others) else []
    return [*(text for name, text in named.items() if name in others), *figures]


def _is_seen(point: TurningPoint) -> bool:
    """Whether the stretch has amounts that are seen in practice."""
    least, most = map(Decimal, SEEN[point.field])
    return (point.from_ is None or Decimal(point.from_) <= most) and (point.to is None or Decimal(point.to) >= least)


def _is_implied(point: TurningPoint, bills: Set[Decimal]) -> bool:
    """Whether it only says that own GPUs whose overhead alone is a bill, to the cent, cost no less than that."""
    return (
        point.field == "monthly_overhead"
        and point.to is None
        and point.from_ is not None
        and any(abs(Decimal(point.from_) - bill) < CENT for bill in bills)
    )


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
