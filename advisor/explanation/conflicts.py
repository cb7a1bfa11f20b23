"""Why nothing is feasible: every minimal set of answers that cannot hold together."""

from __future__ import annotations

from dataclasses import dataclass

from advisor.evaluation.judgement import Judgement
from advisor.rulebook.conditions import names_in_order
from advisor.rulebook.model import Rulebook
from advisor.rulebook.symbols import ANSWER_NAMES, MODEL

_MAX_CHOICES = 20_000


@dataclass(frozen=True)
class MinimalConflict:
    """Answers that together leave no offer; without any one of them some offer survives these rules."""

    fields: frozenset[str]
    rules: tuple[str, ...]


def conflicts(rulebook: Rulebook, judgement: Judgement) -> list[MinimalConflict]:
    """Every minimal set of answers under which each offer is eliminated. Empty while some offer survives."""
    fields_of = {
        gate.id: frozenset(name for name in names_in_order(gate.when) if name in ANSWER_NAMES)
        for gate in rulebook.gates
    }
    ways: set[frozenset[str]] = {frozenset()}
    reasons = [[fields_of[rule] for rule in match.eliminating] for match in judgement.gates]
    reasons += [[frozenset((MODEL,)), *map(fields_of.__getitem__, match.eliminating)] for match in judgement.others]
    for found in set(map(frozenset, reasons)):
        ways = _minimal({way | fields for way in ways for fields in found})
        if len(ways) > _MAX_CHOICES:
            break
    precedence = list(ANSWER_NAMES)
    ordered = sorted(ways, key=lambda way: (len(way), sorted(map(precedence.index, way))))
    return [
        MinimalConflict(
            way,
            tuple(
                gate.id
                for gate in rulebook.gates
                if fields_of[gate.id] <= way and any(gate.id in match.eliminating for match in judgement.gates)
            ),
        )
        for way in ordered
        if way
    ]


def _minimal(ways: set[frozenset[str]]) -> set[frozenset[str]]:
    return {way for way in ways if not any(other < way for other in ways)}
