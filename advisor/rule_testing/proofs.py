"""Proofs about a whole rulebook with Z3: each claim holds for every scenario, or one shows its fault.

Besides the claims that exclude a fault (``properties``): no rule is dead, idle, implied by another, or contradicts
another; and the walk over completions of partial answers reaches every combination of comparisons that exists, and no
other.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations, permutations
from operator import methodcaller
from typing import Any

import z3

from advisor.common.diagnostics import BadInput, Problem, did_you_mean, printable, quoted
from advisor.domain.cost_model import VOLUME_ENDS
from advisor.domain.offer import Encoded
from advisor.domain.scenario import Route
from advisor.domain.scenario_io import scenario_text
from advisor.evaluation.compiler import PLAIN
from advisor.evaluation.facts import NOT_ASKED, with_terms
from advisor.rule_testing.properties import (
    CLAIMS,
    Example,
    Findings,
    Proof,
    Property,
    SymbolicScenario,
    Violation,
    advised,
    is_advised,
)
from advisor.rule_testing.solver import ScenarioSolver, Unsettled
from advisor.rulebook.model import Comparison, Preference, Rule, Rulebook
from advisor.rulebook.symbols import FIELD_NAMES
from advisor.scenario_space.amount_regions import Truths, amount_comparisons, usual_amount
from advisor.scenario_space.completions import completions_of

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


def partial_answers(rulebook: Rulebook, search: ScenarioSolver, found: Findings) -> None:
    """For several sets of unknown amounts: the combinations of comparisons met are those that some scenario meets."""
    compared, amounts = amount_comparisons(rulebook, rulebook.preferences), completions_of(rulebook).amounts
    for known, ranged in _cases(amounts.names):
        completed = [
            with_terms(rulebook, one) for one in amounts.regions({**NOT_ASKED, **known}, ranged).witnesses.values()
        ]
        reached = {tuple(PLAIN.compare(facts, comparison)[0] for comparison in compared) for facts in completed}
        here = f"{', '.join(known) or 'no amount'} known{', the range open' if ranged else ''}"
        asked = _Asked(compared, known, ranged)
        if missed := search.find(partial(asked.beyond, reached)):
            what = f"with {here}, the completions of a partial answer miss this one"
            found.faults.append(Violation(what, (), missed))
        for region in sorted(reached):
            if not search.exists(partial(asked.within, region)):
                found.faults.append(Violation(f"with {here}, the completions contain one that no scenario reaches"))


def _cases(names: tuple[str, ...]) -> Iterator[tuple[dict[str, Encoded], bool]]:
    """No amount known; each known alone; each alone unknown. The usual amounts are the known ones."""
    usual: dict[str, Encoded] = {name: usual_amount(name) for name in names if name not in (*VOLUME_ENDS, *NOT_ASKED)}
    for ranged in (False, True):
        yield {}, ranged
        for name in usual:
            yield {name: usual[name]}, ranged
            yield {other: value for other, value in usual.items() if other != name}, ranged


@dataclass(frozen=True)
class _Asked:
    """Worlds with the known amounts; unless ``ranged``, the ends of the range of volumes are the expected month."""

    compared: tuple[Comparison, ...]
    known: Mapping[str, Encoded]
    ranged: bool

    def within(self, region: Truths, world: SymbolicScenario) -> Any:
        """Whether the world is in a region."""
        return world.carrier.every([*self._holds(world), self._in_region(region, world)])

    def beyond(self, reached: set[Truths], world: SymbolicScenario) -> Any:
        """Whether the world is in none of some regions."""
        others = [world.carrier.negate(self._in_region(region, world)) for region in sorted(reached)]
        return world.carrier.every([*self._holds(world), *others])

    def _holds(self, world: SymbolicScenario) -> list[Any]:
        amounts = world.amounts
        ends = [] if self.ranged else [amounts[end] == amounts["monthly_images"] for end in VOLUME_ENDS]
        known = self.known.items()
        return [*ends, *(amounts[name] * 10 ** (FIELD_NAMES[name].places or 0) == value for name, value in known)]

    def _in_region(self, region: Truths, world: SymbolicScenario) -> Any:
        truths = [world.carrier.compare(world.facts, comparison)[0] for comparison in self.compared]
        pairs = zip(truths, region, strict=True)
        return world.carrier.every([truth if holds else world.carrier.negate(truth) for truth, holds in pairs])


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
        confirm, speaks = partial(is_advised, advice=advice), partial(advised, advice=advice)
        examples = search.find(speaks, confirm=confirm)
        if not examples and "gpu_billing" in rulebook.reads((advice,)):
            examples = ScenarioSolver(rulebook, always_on=True).find(speaks, confirm=confirm)
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


# ---- proofs for people and for other programs, and the scenario files that show a fault again

_VERDICTS = {"holds": "holds", "fails": "FAILS", "unknown": "UNKNOWN"}


def lines(proof: Proof) -> Iterator[str]:
    """The proof in one line, and its findings below."""
    yield f"{proof.name:<18}  {_VERDICTS[proof.verdict]:<7}  {proof.milliseconds:>5} ms  {proof.claim}"
    if proof.unsettled:
        yield f"    not settled: {proof.unsettled}"
    for fault in proof.faults:
        yield f"    {fault.what}"
        if fault.rules:
            yield f"      rules: {_places(fault.rules)}"
    for name, text in fault_files(proof).items():
        yield f"    {name}:"
        yield from (f"      {line}" for line in text.splitlines())
    others = [rule for rule, example in proof.witnesses.items() if example.traits]
    if others and not proof.faults:
        yield f"    with traits that no offer has yet: {', '.join(f'`{rule}`' for rule in others)}"


def summary(found: Sequence[Proof]) -> str:
    """How many proofs hold, in how long."""
    holding = sum(proof.verdict == "holds" for proof in found)
    taken = sum(proof.milliseconds for proof in found)
    return f"{len(found)} claims: {holding} hold, {len(found) - holding} do not; {taken:,} ms with Z3 {_version()}"


def fault_files(proof: Proof) -> dict[str, str]:
    """Scenario files by name, one for each scenario that shows a fault."""
    shown = [(fault, example) for fault in proof.faults for example in fault.examples]
    return {
        f"{proof.name}{f'-{number}' if len(shown) > 1 else ''}.scenario.yaml": _scenario_file(proof, fault, example)
        for number, (fault, example) in enumerate(shown, start=1)
    }


def witness_files(proof: Proof) -> dict[str, str]:
    """Scenario files by name, one for each rule that matters in it."""
    return {
        f"witnesses/{rule}.scenario.yaml": _commented([f"here `{rule}` matters", *_traits(example)], example)
        for rule, example in proof.witnesses.items()
    }


def as_json(rulebook: Rulebook, found: Sequence[Proof]) -> dict[str, Any]:
    """Everything found, in plain values; amounts as decimal text."""
    return {
        "rulebook_digest": rulebook.digest,
        "z3_version": _version(),
        "holds": all(proof.verdict == "holds" for proof in found),
        "milliseconds": sum(proof.milliseconds for proof in found),
        "proofs": [
            {
                "name": proof.name,
                "claim": proof.claim,
                "verdict": proof.verdict,
                "milliseconds": proof.milliseconds,
                "unsettled": proof.unsettled,
                "faults": [_fault_json(fault) for fault in proof.faults],
                "witnesses": {rule: _example_json(example) for rule, example in proof.witnesses.items()},
            }
            for proof in found
        ],
    }


def _fault_json(fault: Violation) -> dict[str, Any]:
    return {
        "what": fault.what,
        "rules": [{"rule": rule.id, "file": rule.file, "line": rule.line} for rule in fault.rules],
        "scenarios": [_example_json(example) for example in fault.examples],
    }


def _example_json(example: Example) -> dict[str, Any]:
    return {"scenario": example.scenario.answers(), "traits": example.traits}


def _scenario_file(proof: Proof, fault: Violation, example: Example) -> str:
    rules = [f"rules: {_places(fault.rules)}"] if fault.rules else []
    return _commented([f"against {proof.name}: {proof.claim}", fault.what, *rules, *_traits(example)], example)


def _commented(comments: list[str], example: Example) -> str:
    return "".join(f"# {printable(comment)}\n" for comment in comments) + scenario_text(example.scenario)


def _traits(example: Example) -> list[str]:
    return [
        f"with other traits in routes.yaml: {offer}: {', '.join(f'{name}: {value}' for name, value in traits.items())}"
        for offer, traits in example.traits.items()
    ]


def _places(rules: Sequence[Rule]) -> str:
    return ", ".join(f"`{rule.id}` ({rule.file}:{rule.line})" for rule in rules)


def _version() -> str:
    return str(z3.get_version_string())
