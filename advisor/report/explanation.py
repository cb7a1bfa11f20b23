"""What the explanation of a decision states; the template only phrases it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from advisor.explain.on_demand import OnDemand
from advisor.record import Change, Decision
from advisor.report.render import fill
from advisor.rulebook.model import Rulebook
from advisor.scenario import FIELDS, Route

_SHOWN = 12
"""How many ways to another route are listed; the record holds all that were found."""


@dataclass(frozen=True)
class Holding:
    """The values of one number for which the outcome stays as it is: from ``least`` to ``most``, either may be open."""

    field: str
    now: str
    least: str | None
    most: str | None


@dataclass(frozen=True)
class Step:
    """One change of a way to another route: to any of some options, or past a value."""

    field: str
    options: tuple[str, ...]
    below: str | None
    above: str | None


def explanation_text(
    decision: Decision,
    more: OnDemand,
    rulebook: Rulebook,
    why_not: Route | None = None,
    templates: Path | None = None,
) -> str:
    """The explanation for a terminal; with ``why_not``, of that route alone."""
    named = {
        "decision": decision.model_dump(mode="json"),
        "holdings": list(_holdings(decision)),
        "conflicts": [list(_reasons(decision, conflict.rules)) for conflict in decision.conflicts],
        "others": [
            {
                "route": other.route,
                "ruled_out": [rulebook.rules[id] for id in other.ruled_out_by],
                "lost": [rulebook.rules[id] for id in other.lost_by],
                "ways": ways(other.changes)[:_SHOWN],
                "more": len(ways(other.changes)[_SHOWN:]),
            }
            for other in decision.why_not
            if why_not in (None, other.route)
        ],
        "sufficient": more.sufficient,
        "leads": more.leads,
        "whole": why_not is None,
    }
    return fill("explain.txt.j2", named, templates)


def _holdings(decision: Decision) -> Iterator[Holding]:
    bounds: dict[str, dict[str, str]] = {}
    for flip in decision.flips:
        if flip.below is not None:
            bounds.setdefault(flip.field, {})["least"] = flip.below
        if flip.above is not None:
            bounds.setdefault(flip.field, {})["most"] = flip.above
    for name in FIELDS:
        if name in bounds:
            held = bounds[name]
            yield Holding(name, str(decision.scenario[name]), held.get("least"), held.get("most"))


def _reasons(decision: Decision, rules: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    """Why each rule of a conflict rules out what it does."""
    for rule in rules:
        steps = [step for step in decision.eliminated if step.rule == rule]
        routes = list(dict.fromkeys(step.route for step in steps))
        yield {"rule": rule, "because": steps[0].because, "routes": routes}


def ways(changes: Sequence[Sequence[Change]]) -> list[tuple[Step, ...]]:
    """Sets of changes, with those that differ in one option only taken together."""
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
