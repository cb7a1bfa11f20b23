"""Sets of changes that lead to another route, with sets that differ in one option only merged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from advisor.domain.record import Change, Decision, WhyNot

SHOWN = 12
"""How many sets of changes are listed for a route; the record holds all that were found."""


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
    found = [tuple(_step(change) for change in together) for together in changes]
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


def _step(change: Change) -> Step:
    options = () if change.to is None else (str(change.to).lower(),)
    return Step(change.field, options, change.below, change.above)
