"""The options against the axes of Table 38.3.1: what each offers, and whether that meets what this scenario needs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from advisor.domain.offer import UNKNOWN, Offer, Trait
from advisor.domain.record import Decision, Status
from advisor.domain.scenario import FIELDS, Axis, validated
from advisor.evaluation.compiler import compile_rules
from advisor.evaluation.facts import answer_facts
from advisor.evaluation.python_backend import PLAIN
from advisor.report.claims.model import Claim
from advisor.rulebook.conditions import comparisons, names_in_order
from advisor.rulebook.model import Gate, Rulebook

NOT_MET, TO_VERIFY, OPEN, LOSES, MET = "not met", "to verify", "not answered", "loses", "met"
_WORST_FIRST = (NOT_MET, TO_VERIFY, OPEN, MET)


@dataclass(frozen=True)
class Cell:
    """One offer on one axis. ``stated`` is what it offers, ``mark`` how that meets the need; empty where none is."""

    offer: str
    route: str
    stated: str
    mark: str


def option_claims(decision: Decision, rulebook: Rulebook) -> list[Claim]:
    """One claim a trait, in the order of the axes, and one for cost. Only the first of an axis says who loses on it."""
    rows = [*_traits(decision, rulebook), _cost(decision, rulebook)]
    rows.sort(key=lambda claim: list(Axis).index(claim.figures["axis"]))
    said: set[Axis] = set()
    found = []
    for claim in rows:
        axis = claim.figures["axis"]
        found.append(claim if axis in said else _with_losers(claim, decision))
        said.add(axis)
    return found


def gates_asked(decision: Decision, rulebook: Rulebook) -> tuple[str, ...]:
    """The gates that ask something of an offer under these answers, whether or not any fails them."""
    marks = _Marks(decision, rulebook)
    return tuple(gate.id for gate in rulebook.gates if marks.asks(gate))


class _Marks:
    """How each offer meets each gate."""

    def __init__(self, decision: Decision, rulebook: Rulebook) -> None:
        self._facts = answer_facts(validated(decision.scenario, "the record"))
        self._tests = compile_rules(rulebook.gates, PLAIN)
        self._nothing_known = dict.fromkeys(rulebook.traits, UNKNOWN)

    def asks(self, gate: Gate) -> bool:
        """True where some offer could fail the gate under these answers."""
        return self._tests[gate.id]({**self._facts, **self._nothing_known})[1]

    def of(self, gate: Gate, offer: Offer) -> str:
        """How an offer meets a gate; empty where the gate asks nothing of it."""
        surely, maybe = self._tests[gate.id]({**self._facts, **offer.traits})
        if surely:
            return NOT_MET
        if maybe:
            return TO_VERIFY
        if self.asks(gate):
            return MET
        needs = [name for name in names_in_order(gate.when) if name in FIELDS and not FIELDS[name].optional]
        return OPEN if any(name not in self._facts for name in needs) else ""


def _traits(decision: Decision, rulebook: Rulebook) -> Iterator[Claim]:
    marks = _Marks(decision, rulebook)
    for trait in rulebook.traits.values():
        gates = [gate for gate in rulebook.gates if trait.name in names_in_order(gate.when)]
        axis = gates[0].axis if gates else _axis_named(trait)
        if axis is None:
            continue
        fields = tuple(dict.fromkeys(name for gate in gates for name in names_in_order(gate.when) if name in FIELDS))
        cells = [
            Cell(offer.id, offer.route, offer.stated[trait.name], _worst([marks.of(gate, offer) for gate in gates]))
            for offer in rulebook.offers
        ]
        figures = {
            "axis": axis,
            "label": trait.label,
            "like": _field_compared(trait, gates),
            "answers": {name: decision.scenario.get(name) for name in fields},
            "cells": cells,
        }
        asked = tuple(gate.id for gate in gates if marks.asks(gate))
        yield Claim(f"option.{trait.name}", "options", "option", asked, fields, figures)


def _cost(decision: Decision, rulebook: Rulebook) -> Claim:
    """What each option costs in the expected month, or at both ends where none is expected."""
    cells = []
    for offer in rulebook.offers:
        cost = decision.monthly_costs.get(offer.route)
        amounts = [] if cost is None else [cost.low, cost.high] if cost.expected is None else [cost.expected]
        cells.append(Cell(offer.id, offer.route, " ".join(amounts), ""))
    return Claim("option.cost", "options", "option_cost", figures={"axis": Axis.COST, "cells": cells})


def _with_losers(claim: Claim, decision: Decision) -> Claim:
    """The claim with the options that a preference of its axis dropped."""
    axis = claim.figures["axis"]
    if decision.status is Status.OPEN:
        return claim
    lost = {step.over: step.rule for step in decision.preferences if step.axis is axis}
    cells = [
        Cell(cell.offer, cell.route, cell.stated, LOSES) if cell.route in lost and cell.mark in ("", MET) else cell
        for cell in claim.figures["cells"]
    ]
    rules = tuple(dict.fromkeys((*claim.rules, *lost.values())))
    return Claim(claim.id, claim.section, claim.kind, rules, claim.fields, {**claim.figures, "cells": cells})


def _worst(found: Sequence[str]) -> str:
    return next((mark for mark in _WORST_FIRST if mark in found), "")


def _axis_named(trait: Trait) -> Axis | None:
    return Axis(trait.name) if trait.name in list(Axis) else None


def _field_compared(trait: Trait, gates: Sequence[Gate]) -> str | None:
    """The field whose values the trait takes, where a gate compares the two."""
    pairs = [set(part.names) for gate in gates for part in comparisons(gate.when) if part.against_name]
    return next((name for pair in pairs if trait.name in pair for name in pair - {trait.name}), None)
