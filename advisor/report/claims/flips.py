"""What would change the outcome: single figures, the nearest marked, single answers, and what takes several changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from advisor.domain.record import Decision, Flip
from advisor.report.claims.alternatives import ways
from advisor.report.claims.model import Claim
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
        if all(len(changes) > 1 for changes in other.changes):
            found = ways(other.changes)
            figures = {"route": other.route, "ways": found[:_SHOWN], "more": len(found) > _SHOWN}
            rules = (*other.ruled_out_by, *other.lost_by)
            yield Claim(f"together.{other.route}", "together", "together", rules, figures=figures)


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
