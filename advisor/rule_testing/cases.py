"""The outcome of a scenario, as far as a case can check it, under one version of a rulebook; and the cases that fail.

Versions are decided with the plain Python reading. What a version does not change is matched once, by the original, so
that hundreds of versions can be tried on every case.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple
from weakref import WeakKeyDictionary

from advisor.common.diagnostics import BadInput, Problem
from advisor.decision.decide import decide, outcome_facts
from advisor.domain.offer import Encoded, Offer
from advisor.domain.record import Decision
from advisor.domain.record_parts import Status
from advisor.domain.scenario import FIELDS, Axis, Route, Scenario, validated
from advisor.evaluation.compiler import ComposedMatcher, Facts, GateMatch, PlainReading
from advisor.evaluation.durable_rules_backend import engine_reading
from advisor.evaluation.facts import answer_facts, with_terms
from advisor.evaluation.resolution import Fold, Resolution
from advisor.rulebook.model import Case, Rulebook
from advisor.rulebook.symbols import FIELD_NAMES, Scope
from advisor.scenario_space.completions import completions_of
from advisor.scenario_space.gate_outcomes import assignments, need_values

ANY_DAY = datetime.date(2026, 1, 1)


@dataclass(frozen=True, eq=False)
class OfferedScenario:
    """A scenario, and the offers that compete in it."""

    scenario: Scenario
    offers: tuple[Offer, ...]

    @cached_property
    def answers(self) -> dict[str, Encoded]:
        """The answers a rule may read, encoded."""
        return answer_facts(self.scenario)


class CheckedOutcome(NamedTuple):
    """What a case can check. ``status`` is None if the rules leave several routes."""

    status: Status | None
    route: Route | None
    deciding_axis: Axis | None
    fired: frozenset[str]


def of_decision(decision: Decision) -> CheckedOutcome:
    """What a case can check of a record."""
    fired = frozenset(step.rule for step in decision.trace)
    return CheckedOutcome(decision.status, decision.route, decision.deciding_axis, fired)


class MatchResult(NamedTuple):
    """The matches of gates and preferences in one situation, and their resolution."""

    gates: tuple[GateMatch, ...]
    eliminated: tuple[frozenset[Axis], ...]
    matched: tuple[str, ...]
    verdict: Resolution


_CHANGED: WeakKeyDictionary[Rulebook, dict[object, Rulebook]] = WeakKeyDictionary()


def with_offers(rulebook: Rulebook, offers: tuple[Offer, ...]) -> Rulebook:
    """The rulebook with these offers in place of its own; the same traits give the same rulebook."""
    if offers == rulebook.offers:
        return rulebook
    stated = tuple(tuple(offer.stated.items()) for offer in offers)
    return _CHANGED.setdefault(rulebook, {}).setdefault(stated, replace(rulebook, offers=offers))


class RulebookVersion:
    """One version of a rulebook, decided on many situations."""

    def __init__(self, rulebook: Rulebook, original: RulebookVersion | None = None) -> None:
        self.rulebook = rulebook
        self.original = original or self
        before = self.original.rulebook
        same_terms = rulebook.terms == before.terms and rulebook.constants == before.constants
        self.same_gates = original is not None and rulebook.gates is before.gates
        self.same_terms = original is not None and same_terms
        self.same_preferences = self.same_terms and rulebook.preferences is before.preferences
        self.same_fold = original is not None and _shape(rulebook) <= _shape(before)
        self.fold: Fold = self.original.fold if self.same_fold else Fold(rulebook)
        rules = set(before.preferences) ^ set(rulebook.preferences)
        self.changed_preferences = frozenset(rule.id for rule in rules)
        self.reading = PlainReading(rulebook)
        self._known: dict[OfferedScenario, tuple[Facts, MatchResult]] = {}
        self._outcome_words: dict[tuple[object, ...], Facts | None] = {}

    def outcome_of(self, situation: OfferedScenario, gates: tuple[GateMatch, ...] | None = None) -> CheckedOutcome:
        """What a case can check of the situation, optionally with other matches of its gates.

        Those are not used while an answer is missing that can change the outcome.
        """
        facts, judged = self.judged(situation)
        if not self._is_complete(situation, judged):
            return self._decided(situation)
        if gates is not None:
            judged = self._folded(gates, judged.matched)
        left = judged.verdict.left
        fired = {rule for match in judged.gates for ids in match for rule in ids}
        fired |= {applied.rule for applied in judged.verdict.applied}
        if len(left) != 1:
            return CheckedOutcome(None if judged.verdict.undecided else Status.INFEASIBLE, None, None, frozenset(fired))
        words = self._outcome(situation, judged)
        if words is None:
            return self._decided(situation)
        axes = self.fold.deciding_axes(judged.eliminated, judged.matched)
        fired |= set(self.reading.advice({**facts, **words}))
        return CheckedOutcome(Status.RECOMMENDED, left[0], axes[0] if axes else None, frozenset(fired))

    def judged(self, situation: OfferedScenario) -> tuple[Facts, MatchResult]:
        """The facts of a situation, and the matches of gates and preferences."""
        if situation in self._known:
            return self._known[situation]
        before = self.original.judged(situation) if self.original is not self else None
        facts = before[0] if before and self.same_terms else with_terms(self.rulebook, situation.answers)
        gates = before[1].gates if before and self.same_gates else self.reading.match_offers(facts, situation.offers)
        matched = before[1].matched if before and self.same_preferences else self.reading.preferences(facts)
        judged = self._folded(gates, matched)
        if before is None:
            self._known[situation] = facts, judged
        return facts, judged

    def _folded(self, gates: tuple[GateMatch, ...], matched: tuple[str, ...]) -> MatchResult:
        eliminated = self.fold.eliminating_axes(gates)
        return MatchResult(gates, eliminated, matched, self.fold.verdict(eliminated, matched))

    def _decided(self, situation: OfferedScenario) -> CheckedOutcome:
        """Decided in full, which missing answers require."""
        rulebook = with_offers(self.rulebook, situation.offers)
        try:
            return of_decision(decide(situation.scenario, rulebook, decided_on=ANY_DAY, matcher=PlainReading(rulebook)))
        except BadInput:
            return CheckedOutcome(None, None, None, frozenset())

    def _is_complete(self, situation: OfferedScenario, judged: MatchResult) -> bool:
        """Whether no missing answer can change the outcome: what is missing are needs that eliminate nothing."""
        missing = completions_of(self.original.rulebook).unanswered(situation.answers)
        if not missing:
            return True
        if any(not FIELDS[name].optional or FIELD_NAMES[name].scope is not Scope.NEED for name in missing):
            return False
        values = {name: need_values(self.rulebook, name, situation.offers) for name in missing}
        eliminated = {
            self.fold.eliminating_axes(self.reading.match_offers({**situation.answers, **chosen}, situation.offers))
            for chosen in assignments(values)
        }
        return eliminated == {judged.eliminated}

    def _outcome(self, situation: OfferedScenario, judged: MatchResult) -> Facts | None:
        """The words of the outcome that advice may ask for, or None where they need the decision in full."""
        verdict = judged.verdict
        key = (situation, verdict.feasible, verdict.left, verdict.asked)
        remembered = self.original._outcome_words
        if key not in remembered:
            like = self.original if self.same_fold else self
            rulebook = with_offers(like.rulebook, situation.offers)
            matcher = ComposedMatcher(
                "remembered", lambda facts: judged.gates, lambda facts: judged.matched, lambda facts: ()
            )
            remembered[key] = outcome_facts(situation.scenario, rulebook, matcher)
        return remembered[key]


def _shape(rulebook: Rulebook) -> set[tuple[object, ...]]:
    """The part of the rules that the fold reads: a version with the same shape folds as the original does."""
    gates = {(gate.id, gate.axis) for gate in rulebook.gates}
    return gates | {
        (rule.id, rule.axis, rule.prefer, rule.over, rule.running, rule.out) for rule in rulebook.preferences
    }


# ---- the example cases


def failures(rulebook: Rulebook) -> list[Problem]:
    """One problem for each case that does not hold. Raises BadInput for a case that is no scenario."""
    return [problem for case in rulebook.cases if (problem := _failure(rulebook, case))]


def situation_of(case: Case) -> OfferedScenario:
    """The scenario and the offers of a case."""
    return OfferedScenario(validated(case.scenario, case.file, dict.fromkeys(case.scenario, case.line)), case.offers)


def differences(case: Case, out: CheckedOutcome) -> list[str]:
    """The differences between an outcome and what the case expects."""
    found = []
    if out.route is not case.route or (case.route is None and out.status is not Status.INFEASIBLE):
        found.append(f"the route is {_shown(out)}, not {case.route or 'none'}")
    if out.deciding_axis is not case.deciding_axis:
        found.append(f"the deciding axis is {out.deciding_axis or 'none'}, not {case.deciding_axis or 'none'}")
    silent = [rule for rule in case.rules if rule not in out.fired]
    if silent:
        found.append("these rules did not fire: " + ", ".join(silent))
    spoke = [rule for rule in case.about if rule in out.fired and rule not in case.rules]
    if spoke:
        found.append("the case is about these rules and does not expect them, and they fired: " + ", ".join(spoke))
    return found


def _shown(out: CheckedOutcome) -> Route | str:
    if out.status is Status.OPEN:
        return "open"
    return out.route or "none"


def _failure(rulebook: Rulebook, case: Case) -> Problem | None:
    situation = situation_of(case)
    rules = with_offers(rulebook, case.offers)
    # The compiled rules are shared with the rulebook's own offers, because the engine cannot release a ruleset.
    engine = engine_reading(rulebook)
    matcher = ComposedMatcher(
        engine.name, lambda facts: engine.match_offers(facts, case.offers), engine.preferences, engine.advice
    )
    try:
        out = of_decision(decide(situation.scenario, rules, decided_on=ANY_DAY, matcher=matcher))
    except BadInput as undecided:
        return Problem(f"case `{case.id}` fails: {undecided.problems[0].what}", case.file, case.line)
    found = differences(case, out)
    return Problem(f"case `{case.id}` fails: " + "; ".join(found), case.file, case.line) if found else None
