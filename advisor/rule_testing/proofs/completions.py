"""Partial answers: what the walk over completions reaches is all there is, and nothing that is not there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import partial
from typing import Any

from advisor.domain.offer import Encoded
from advisor.domain.scenario import FIELDS
from advisor.evaluation.facts import with_terms
from advisor.evaluation.python_backend import PLAIN
from advisor.rule_testing.proofs.results import Findings, Violation
from advisor.rule_testing.proofs.solver import ScenarioSolver
from advisor.rule_testing.proofs.symbolic_scenario import SymbolicScenario
from advisor.rulebook.conditions import Comparison, comparisons
from advisor.rulebook.model import Rulebook
from advisor.rulebook.symbols import FIELD_NAMES, Scope
from advisor.scenario_space.amount_regions import VOLUME_ENDS
from advisor.scenario_space.completions import completions_of

Cell = tuple[bool, ...]


def partial_answers(rulebook: Rulebook, search: ScenarioSolver, found: Findings) -> None:
    """For several sets of unknown amounts: the combinations of comparisons met are those that some scenario meets."""
    compared, amounts = _amounts_compared(rulebook), completions_of(rulebook).amounts
    for known, ranged in _cases(amounts.names):
        completed = [with_terms(rulebook, one) for one in amounts.cells(known, ranged).witnesses.values()]
        reached = {tuple(PLAIN.compare(facts, comparison)[0] for comparison in compared) for facts in completed}
        here = f"{', '.join(known) or 'no amount'} known{', the range open' if ranged else ''}"
        missed = search.find(partial(_beyond, compared, known, ranged, reached))
        if missed:
            found.faults.append(
                Violation(f"with {here}, the completions of a partial answer miss this one", (), missed)
            )
        for cell in sorted(reached):
            if not search.exists(partial(_within, compared, known, ranged, cell)):
                found.faults.append(Violation(f"with {here}, the completions hold one that no scenario reaches"))


def _amounts_compared(rulebook: Rulebook) -> tuple[Comparison, ...]:
    found = [
        comparison
        for rule in rulebook.preferences
        for comparison in comparisons(rule.when)
        if rulebook.names[comparison.name].numeric and rulebook.names[comparison.name].scope is not Scope.NEED
    ]
    return tuple(dict.fromkeys(found))


def _cases(names: tuple[str, ...]) -> Iterator[tuple[dict[str, Encoded], bool]]:
    """No amount known; each known alone; each alone unknown. The usual amounts are the known ones."""
    usual: dict[str, Encoded] = {}
    for name in names:
        quantity = FIELDS[name].quantity
        if quantity and name not in VOLUME_ENDS:
            usual[name] = quantity.inside(Decimal(quantity.example))
    for ranged in (False, True):
        yield {}, ranged
        for name in usual:
            yield {name: usual[name]}, ranged
            yield {other: value for other, value in usual.items() if other != name}, ranged


def _asked(known: Mapping[str, Encoded], ranged: bool, world: SymbolicScenario) -> list[Any]:
    amounts = world.amounts
    ends = [] if ranged else [amounts[end] == amounts["monthly_images"] for end in VOLUME_ENDS]
    return [*ends, *(amounts[name] * 10 ** (FIELD_NAMES[name].places or 0) == value for name, value in known.items())]


def _in_cell(compared: tuple[Comparison, ...], cell: Cell, world: SymbolicScenario) -> Any:
    truths = [world.carrier.compare(world.facts, comparison)[0] for comparison in compared]
    pairs = zip(truths, cell, strict=True)
    return world.carrier.every([truth if holds else world.carrier.negate(truth) for truth, holds in pairs])


def _within(
    compared: tuple[Comparison, ...], known: Mapping[str, Encoded], ranged: bool, cell: Cell, world: SymbolicScenario
) -> Any:
    return world.carrier.every([*_asked(known, ranged, world), _in_cell(compared, cell, world)])


def _beyond(
    compared: tuple[Comparison, ...],
    known: Mapping[str, Encoded],
    ranged: bool,
    reached: set[Cell],
    world: SymbolicScenario,
) -> Any:
    others = [world.carrier.negate(_in_cell(compared, cell, world)) for cell in sorted(reached)]
    return world.carrier.every([*_asked(known, ranged, world), *others])
