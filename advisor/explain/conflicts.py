"""Why nothing is feasible: every minimal set of answers that cannot hold together, and the smallest repairs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, product

from advisor.explain.completions import Outcome, completions_of
from advisor.offers import Encoded
from advisor.readings.verdict import Judgement
from advisor.rulebook.conditions import names_in_order
from advisor.rulebook.model import Rulebook
from advisor.rulebook.names import FIELD_NAMES

_MAX_CHOICES = 20_000
_MAX_REPAIRS = 20


@dataclass(frozen=True)
class Conflict:
    """Answers that together leave no offer; take any one back and some offer survives these rules."""

    fields: frozenset[str]
    rules: tuple[str, ...]


@dataclass(frozen=True)
class Repair:
    """Answers to relax, each to another value, and the outcomes that are then possible."""

    changes: tuple[tuple[str, Encoded], ...]
    outcomes: frozenset[Outcome]


def conflicts(rulebook: Rulebook, judgement: Judgement) -> list[Conflict]:
    """Every minimal set of answers under which each offer is eliminated. Empty while some offer survives."""
    fields_of = {
        gate.id: frozenset(name for name in names_in_order(gate.when) if name in FIELD_NAMES) for gate in rulebook.gates
    }
    ways: set[frozenset[str]] = {frozenset()}
    for match in judgement.gates:
        ways = _minimal({way | fields_of[rule] for way in ways for rule in match.eliminating})
        if len(ways) > _MAX_CHOICES:
            break
    precedence = list(FIELD_NAMES)
    found = sorted(ways, key=lambda way: (len(way), sorted(map(precedence.index, way))))
    return [
        Conflict(
            way,
            tuple(
                gate.id
                for gate in rulebook.gates
                if fields_of[gate.id] <= way and any(gate.id in match.eliminating for match in judgement.gates)
            ),
        )
        for way in found
        if way
    ]


def _minimal(ways: set[frozenset[str]]) -> set[frozenset[str]]:
    return {way for way in ways if not any(other < way for other in ways)}


def repairs(rulebook: Rulebook, answers: dict[str, Encoded], found: list[Conflict]) -> list[Repair]:
    """The smallest changes of answers that make some route feasible again, fewest answers first."""
    completions = completions_of(rulebook)
    involved = [name for name in FIELD_NAMES if any(name in conflict.fields for conflict in found)]
    for size in range(1, len(involved) + 1):
        repaired = [
            Repair(changes, outcomes)
            for changes in _changes(answers, involved, size)
            if None not in (outcomes := completions.outcomes({**answers, **dict(changes)}))
        ]
        if repaired:
            return repaired[:_MAX_REPAIRS]
    return []


def _changes(answers: dict[str, Encoded], involved: list[str], size: int) -> Iterator[tuple[tuple[str, Encoded], ...]]:
    for fields in combinations(involved, size):
        alternatives = [[(name, value) for value in other_values(name, answers[name])] for name in fields]
        yield from product(*alternatives)


def other_values(name: str, value: Encoded) -> tuple[Encoded, ...]:
    """Every other option of an answered question; none for a number."""
    known = FIELD_NAMES[name]
    return () if known.numeric else known.others(value)
