"""Decides the example cases that stand beside the rules, and says which do not come out as written."""

from __future__ import annotations

import datetime

from advisor.decision import decide
from advisor.errors import BadInput, Problem
from advisor.rulebook.model import Case, Rulebook
from advisor.scenario import validated

_ANY_DAY = datetime.date(2026, 1, 1)


def failures(rulebook: Rulebook) -> list[Problem]:
    """One problem for each expectation that does not hold. Raises BadInput for a case that is no scenario."""
    return [problem for case in rulebook.cases if (problem := _failure(rulebook, case))]


def _failure(rulebook: Rulebook, case: Case) -> Problem | None:
    scenario = validated(case.scenario, case.file, dict.fromkeys(case.scenario, case.line))
    try:
        decision = decide(scenario, rulebook, decided_on=_ANY_DAY)
    except BadInput as undecided:
        return Problem(f"case `{case.id}` fails: {undecided.problems[0].what}", case.file, case.line)
    fired = {step.rule for step in decision.trace}
    differences = []
    if decision.route is not case.route:
        differences.append(f"the route is {decision.route or 'none'}, not {case.route or 'none'}")
    if decision.deciding_axis is not case.deciding_axis:
        differences.append(f"the deciding axis is {decision.deciding_axis}, not {case.deciding_axis}")
    silent = [rule for rule in case.rules if rule not in fired]
    if silent:
        differences.append("these rules did not fire: " + ", ".join(silent))
    if not differences:
        return None
    return Problem(f"case `{case.id}` fails: " + "; ".join(differences), case.file, case.line)
