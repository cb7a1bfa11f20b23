"""The options against the axes of Table 38.3.1: what each offers, and whether that meets this scenario's needs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from advisor.domain.record import Decision, Fit
from advisor.domain.scenario import Axis
from advisor.report.claims.model import Claim

LOSES = "loses"


@dataclass(frozen=True)
class OptionCell:
    """One offer on one axis. ``stated`` is what it offers, ``mark`` how that meets the need; empty without a need."""

    offer: str
    route: str
    stated: str
    mark: str


def option_claims(decision: Decision) -> list[Claim]:
    """One claim for each trait, by axis. The first of an axis marks the routes that lose on it."""
    rows = sorted(_traits(decision), key=lambda claim: list(Axis).index(claim.figures["axis"]))
    axes = [claim.figures["axis"] for claim in rows]
    return [
        claim if axis in axes[:place] else _with_losers(claim, decision)
        for place, (claim, axis) in enumerate(zip(rows, axes, strict=True))
    ]


def _traits(decision: Decision) -> Iterator[Claim]:
    for row in decision.traits:
        cells = [
            OptionCell(offer.offer, offer.route, offer.traits[row.trait], row.fits.get(offer.offer, ""))
            for offer in decision.offers
        ]
        figures = {
            "axis": row.axis,
            "label": row.label,
            "like": row.compared_with,
            "answers": {name: decision.scenario.get(name) for name in row.fields},
            "cells": cells,
        }
        yield Claim(f"option.{row.trait}", "options", "option", tuple(row.rules), tuple(row.fields), figures)


def _with_losers(claim: Claim, decision: Decision) -> Claim:
    """The claim with the options that a preference of its axis dropped."""
    lost = {step.over: step.rule for step in decision.preferences if step.axis is claim.figures["axis"]}
    cells = [
        replace(cell, mark=LOSES) if cell.route in lost and cell.mark in ("", Fit.MET) else cell
        for cell in claim.figures["cells"]
    ]
    rules = tuple(dict.fromkeys((*claim.rules, *lost.values())))
    return replace(claim, rules=rules, figures={**claim.figures, "cells": cells})
