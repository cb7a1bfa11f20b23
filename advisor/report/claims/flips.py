"""What would change the outcome: single figures, the nearest marked, single answers, and what takes several changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from advisor.domain.cost_model import AMOUNTS_OF
from advisor.domain.record import Decision, Flip
from advisor.domain.scenario import FIELDS, Axis
from advisor.report.claims.alternatives import changes_to, ways
from advisor.report.claims.model import Claim
from advisor.report.claims.offers import missing_of
from advisor.wording.limits import limit_text

NEAREST = 2
"""How many figures the box names."""
_SHOWN = 3
"""How many sets of several changes the memo lists for a route; the record holds all that were found."""


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
    return list(found.values())[:NEAREST]
