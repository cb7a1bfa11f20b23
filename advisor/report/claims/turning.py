"""What would change the outcome, as claims: the flips of a recommendation, and where an open decision turns.

What helps nobody to decide stays in the record: stretches that the cost of own GPUs implies, and stretches without any
amount that is seen in practice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from itertools import groupby
from typing import Any

from advisor.domain.cost_model import AMOUNTS_OF, PRICE_OF, VOLUMES
from advisor.domain.quantity import Quantity, plain
from advisor.domain.record import Decision
from advisor.domain.record_parts import Change, Flip, TurningPoint, WhyNot
from advisor.domain.scenario import FIELDS, Axis, Route
from advisor.report.claims.model import Claim
from advisor.report.claims.options import missing_of
from advisor.rulebook.symbols import MODEL
from advisor.wording.labels import limit_text

_NEAREST = 2
"""How many figures the box names."""
_SHOWN = 3
"""How many sets of several changes the memo lists for a route; the record holds all that were found."""
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
    least, most = _edge(quantity, point.from_, -1, ROUND_CEILING), _edge(quantity, point.to, 1, ROUND_FLOOR)
    if least and most and Decimal(least["value"]) >= Decimal(most["value"]):
        least, most = _edge(quantity, point.from_, -1, None), _edge(quantity, point.to, 1, None)
    return {"route": point.route, "least": least, "most": most}


def _edge(quantity: Quantity, end: str | None, outwards: int, rounding: str | None) -> dict[str, Any] | None:
    """The last number of a stretch, in whole cents from a dollar and whole numbers from a hundred.

    ``included`` is false where the number next to the stretch is the shorter one to write.
    """
    if end is None:
        return None
    value = Decimal(end)
    beyond = value + outwards * Decimal(1).scaleb(-quantity.places)
    places = 2 if quantity.money and value >= 1 else 0 if not quantity.money and value >= 100 else quantity.places
    written = Decimal(1).scaleb(-places)
    if len(plain(beyond)) < len(plain(value)) and beyond == beyond.quantize(written):
        return {"value": plain(beyond), "included": False}
    return {"value": plain(value.quantize(written, rounding) if rounding else value), "included": True}


def changes_to(decision: Decision, other: WhyNot) -> Sequence[Sequence[Change]]:
    """The sets of changes that lead to a route; of a number that gates compare, only the flips are known."""
    flips = [flip for flip in decision.flips if flip.route is other.route]
    return other.changes or [[flip] for flip in flips]


@dataclass(frozen=True)
class Step:
    """One change in a set: to any of some options, or past a value."""

    field: str
    options: tuple[str, ...]
    below: str | None
    above: str | None


def ways(changes: Sequence[Sequence[Change]]) -> list[tuple[Step, ...]]:
    """Sets of changes, with those that differ in one option only merged."""
    found = [
        tuple(Step(one.field, () if one.to is None else (str(one.to).lower(),), one.below, one.above) for one in way)
        for way in changes
    ]
    for place in range(max(map(len, found), default=0)):
        merged: dict[tuple[object, ...], tuple[Step, ...]] = {}
        for way in found:
            if place >= len(way) or not way[place].options:
                merged[way] = way
                continue
            step = way[place]
            key = (*way[:place], step.field, *way[place + 1 :])
            before = merged[key][place].options if key in merged else ()
            together = Step(step.field, (*before, *step.options), None, None)
            merged[key] = (*way[:place], together, *way[place + 1 :])
        found = list(merged.values())
    return found


# ---- the flips of a recommendation


def flip_claims(decision: Decision) -> Iterator[Claim]:
    """The flips of a recommendation, and for the routes that no single change leads to the sets that do.

    Infeasible answers have none: the claims on their repairs say what leads out.
    """
    if decision.route is None:
        return
    nearest, numbers = _nearest(decision.flips), {id(flip): at for at, flip in enumerate(decision.flips, 1)}
    for flip, options in answer_flips(decision):
        figures = {**flip.model_dump(), "options": options, "rank": None, "limit": None}
        yield Claim(f"flip.{numbers[id(flip)]}", "flips", "answer_flip", (), (flip.field,), figures)
    for flip in decision.flips:
        if flip.turn is not None:
            rank = nearest.index(flip) + 1 if flip in nearest else None
            figures = {**flip.model_dump(), "rank": rank, "limit": limit_text(flip, decision)}
            yield Claim(f"flip.{numbers[id(flip)]}", "flips", "number_flip", (), (flip.field,), figures)
    for other in decision.why_not:
        changes = changes_to(decision, other)
        if all(len(together) > 1 for together in changes):
            found = ways(changes)
            figures = {"route": other.route, "ways": found[:_SHOWN], "more": len(found) > _SHOWN}
            rules = (*other.ruled_out_by, *other.lost_by)
            yield Claim(f"together.{other.route}", "together", "together", rules, figures=figures)
    unknown = unknown_amounts(decision)
    if unknown and all(flip.turn is None for flip in decision.flips):
        yield Claim("unknown_amounts", "unknown_amounts", "unknown_amounts", (), tuple(unknown))


def unknown_amounts(decision: Decision) -> list[str]:
    """The amounts, or ``model``, without which it is not known which number would change the route."""
    known, routes = decision.priced_scenario, decision.feasible_routes
    if len(routes) < 2:
        return []
    of_offers = [name for route in routes for name in AMOUNTS_OF[route] if decision.shortlist and name not in known]
    wanted = {*(name for name in decision.not_needed if FIELDS[name].axis is Axis.COST), *of_offers}
    return missing_of(decision, [name for name in FIELDS if name in wanted])


def answer_flips(decision: Decision) -> list[tuple[Flip, list[str]]]:
    """The flips of answers, each with its options; checkpoints with one outcome are one flip."""
    found: dict[tuple[object, ...], tuple[Flip, list[str]]] = {}
    for flip in decision.flips:
        if flip.turn is None:
            key = (flip.field, flip.status, flip.route) if flip.field == "model" else (flip.field, flip.to)
            found.setdefault(key, (flip, []))[1].append(str(flip.to).lower())
    return list(found.values())


def _nearest(flips: Sequence[Flip]) -> list[Flip]:
    """For each of the figures that have to change least, its nearer turn; the least change first."""
    found: dict[str, Flip] = {}
    for flip in sorted((flip for flip in flips if flip.turn is not None), key=lambda flip: flip.factor):
        found.setdefault(flip.field, flip)
    return list(found.values())[:_NEAREST]
