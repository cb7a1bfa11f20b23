"""Claims about single rules and pairs of rules: none is dead, idle, implied by another, or contradicts another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import combinations, permutations
from operator import methodcaller
from typing import Any

from advisor.domain.scenario import Route
from advisor.rule_testing.proofs import advice as outcome
from advisor.rule_testing.proofs.solver import ScenarioSolver
from advisor.rule_testing.proofs.symbolic_scenario import Findings, SymbolicScenario, Violation
from advisor.rulebook.model import Preference, Rule, Rulebook


def no_idle_rule(rulebook: Rulebook, search: ScenarioSolver, found: Findings) -> None:
    """Every gate and preference can decide, and every advice can fire."""
    for rule in (*rulebook.gates, *rulebook.preferences):
        decides, fires = search.find(partial(_decides, rule.id)), methodcaller("fires", rule)
        if decides:
            found.witnesses[rule.id] = decides[0]
        elif examples := search.find(fires):
            found.faults.append(
                Violation(f"`{rule.id}` fires, but never changes which routes are left", (rule,), examples)
            )
        else:
            found.faults.append(Violation(f"`{rule.id}` can never fire", (rule,)))
    for advice in rulebook.advice:
        is_advised = partial(outcome.is_advised, advice=advice)
        advised = partial(outcome.advised, advice=advice)
        examples = search.find(advised, confirm=is_advised)
        if not examples and "gpu_billing" in rulebook.reads((advice,)):
            examples = ScenarioSolver(rulebook, always_on=True).find(advised, confirm=is_advised)
        if examples:
            found.witnesses[advice.id] = examples[0]
        else:
            found.faults.append(Violation(f"the advice `{advice.id}` can never fire", (advice,)))


def no_implied_rule(rulebook: Rulebook, search: ScenarioSolver, found: Findings) -> None:
    """No rule is implied by another rule of its axis."""
    for rule, other in _pairs_of_an_axis(rulebook, permutations):
        if not search.exists(partial(_goes_beyond, rule, other)) and (
            examples := search.find(methodcaller("fires", rule))
        ):
            what = f"`{rule.id}` has no effect that `{other.id}` does not have"
            found.faults.append(Violation(what, (rule, other), examples))


def no_contradiction(rulebook: Rulebook, search: ScenarioSolver, found: Findings) -> None:
    """No two preferences of one axis prefer against each other at once."""
    for rule, other in _pairs_of_an_axis(rulebook, combinations):
        if isinstance(rule, Preference) and isinstance(other, Preference):
            examples = search.find(partial(_against_each_other, rule, other))
            if examples:
                what = f"`{rule.id}` and `{other.id}` prefer against each other, and drop both routes"
                found.faults.append(Violation(what, (rule, other), examples))


def _pairs_of_an_axis(
    rulebook: Rulebook, pairs: Callable[[list[Rule], int], Iterator[tuple[Rule, ...]]]
) -> Iterator[tuple[Rule, Rule]]:
    kinds: tuple[tuple[Rule, ...], ...] = (rulebook.gates, rulebook.preferences)
    for rules in kinds:
        for rule, other in pairs(list(rules), 2):
            if rule.axis is other.axis:
                yield rule, other


def _decides(rule: str, world: SymbolicScenario) -> Any:
    left, without = world.folded.left, world.fold(without=rule).left
    return world.carrier.some([world.differ(left[route], without[route]) for route in Route])


def _goes_beyond(rule: Rule, other: Rule, world: SymbolicScenario) -> Any:
    """Whether a rule eliminates an offer, or drops a route for another, where the other rule does not."""
    carrier = world.carrier
    if isinstance(rule, Preference) and isinstance(other, Preference):
        others = world.applied(other)
        alone = [(drops, others.get(pair)) for pair, drops in world.applied(rule).items()]
    else:
        alone = [(gates[rule.id], gates[other.id]) for gates in world.gates]
    return carrier.some([carrier.every([said, *([] if too is None else [carrier.negate(too)])]) for said, too in alone])


def _against_each_other(rule: Preference, other: Preference, world: SymbolicScenario) -> Any:
    carrier, others = world.carrier, world.applied(other)
    return carrier.some(
        [
            carrier.every([drops, others[over, preferred]])
            for (preferred, over), drops in world.applied(rule).items()
            if (over, preferred) in others
        ]
    )
