"""Proofs about a whole rulebook with Z3: each claim holds for every scenario, or one shows its fault."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from functools import partial

from advisor.common.diagnostics import BadInput, Problem, did_you_mean, quoted
from advisor.rule_testing.proofs.completions import partial_answers
from advisor.rule_testing.proofs.properties import CLAIMS, Property
from advisor.rule_testing.proofs.rules import no_contradiction, no_idle_rule, no_implied_rule
from advisor.rule_testing.proofs.solver import ScenarioSolver, Unsettled
from advisor.rule_testing.proofs.symbolic_scenario import Example, Findings, Proof, Violation
from advisor.rulebook.model import Rule, Rulebook

Question = Callable[[Rulebook, ScenarioSolver, Findings], None]
"""Looks for faults of a rulebook, and notes what it finds."""


def proofs(rulebook: Rulebook, only: Collection[str] = ()) -> Iterator[Proof]:
    """Every claim in turn, or some by name, as soon as it is settled. Raises BadInput for an unknown name."""
    questions = _questions()
    for name in only:
        if name not in questions:
            help = did_you_mean(name, questions) or "one of " + ", ".join(questions)
            raise BadInput(Problem(f"{quoted(name)} is no claim", help=help))
    search = ScenarioSolver(rulebook)
    for name, (sentence, question) in questions.items():
        if not only or name in only:
            yield _proof(name, sentence, partial(question, rulebook, search))


def _questions() -> dict[str, tuple[str, Question]]:
    return {
        **{claim.name: (_sentence(claim), partial(_claimed, claim)) for claim in CLAIMS},
        "no-idle-rule": (
            "every gate and preference changes in some scenario what is left, and every advice fires in some",
            no_idle_rule,
        ),
        "no-implied-rule": (
            "with any traits of the offers, no rule is implied by another rule of its axis",
            no_implied_rule,
        ),
        "no-contradiction": (
            "with any traits of the offers, no two preferences of one axis prefer against each other at once",
            no_contradiction,
        ),
        "partial-answers": (
            "with amounts unknown, GPU-hours paid as used, completions reach every possible combination, and no other",
            partial_answers,
        ),
    }


def _sentence(claim: Property) -> str:
    """What is claimed, and of which ways to pay for GPUs."""
    billing = "however GPUs are paid" if claim.always_on_too else "where GPU-hours are paid as used"
    return f"{claim.sentence} ({billing})"


def _proof(name: str, claim: str, question: Callable[[Findings], None]) -> Proof:
    start, unsettled, found = time.perf_counter(), None, Findings()
    try:
        question(found)
    except Unsettled as reason:
        unsettled = str(reason)
    milliseconds = round(1000 * (time.perf_counter() - start))
    return Proof(name, claim, milliseconds, tuple(found.faults), unsettled, found.witnesses)


def _claimed(claim: Property, rulebook: Rulebook, search: ScenarioSolver, found: Findings) -> None:
    if claim.trait and claim.trait not in rulebook.traits:
        found.faults.append(Violation(f"no offer states the trait `{claim.trait}`"))
    elif examples := search.find(claim.fault, claim.worlds):
        found.faults.append(Violation(_shown(examples), _to_blame(claim, rulebook, examples), examples))
    elif claim.always_on_too and ScenarioSolver(rulebook, always_on=True).exists(claim.fault, claim.worlds):
        raise Unsettled("with GPUs that are always on it is not proved, and no scenario is known in which it fails")


def _shown(examples: tuple[Example, ...]) -> str:
    left = [", ".join(f"`{route}`" for route in example.left) or "none" for example in examples]
    return f"what is left: {left[0]}" + "".join(f"; in the second scenario: {other}" for other in left[1:])


def _to_blame(claim: Property, rulebook: Rulebook, examples: tuple[Example, ...]) -> tuple[Rule, ...]:
    """The rules that the fault depends on; those that fire in one of two scenarios only."""
    rules = tuple(rulebook.rules.values())
    if claim.trait:
        return tuple(rule for rule in rules if claim.trait in rulebook.reads((rule,)))
    fired = [frozenset(rule.id for rule in example.fired) for example in examples]
    turned = fired[0] if len(fired) == 1 else fired[0] ^ fired[1]
    blamed = tuple(rule for rule in rules if rule.id in turned and claim.axis in (None, rule.axis))
    return blamed or tuple(rule for rule in rules if claim.axis is rule.axis)
