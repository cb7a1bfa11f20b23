"""Decides the example cases of a rulebook, and reports those that do not have the expected outcome."""

from __future__ import annotations

from advisor.common.diagnostics import BadInput, Problem
from advisor.decision.decide import decide
from advisor.domain.record_parts import Status
from advisor.domain.scenario import Route, validated
from advisor.evaluation.compiler import ComposedMatcher
from advisor.evaluation.durable_rules_backend import engine_reading
from advisor.rule_testing.evaluation import ANY_DAY, CheckedOutcome, OfferedScenario, of_decision, with_offers
from advisor.rulebook.model import Case, Rulebook


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
