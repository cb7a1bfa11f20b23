"""Decides rows one at a time: the outcome of a scenario as the columns of a sweep."""

from __future__ import annotations

from advisor.common.diagnostics import BadInput
from advisor.decision.decide import decide
from advisor.domain.record import Status
from advisor.domain.scenario import FIELDS, Scenario
from advisor.evaluation.facts import answer_facts, with_range
from advisor.evaluation.judgement import judge
from advisor.evaluation.outcome_table import RowOutcome
from advisor.evaluation.protocol import Matcher
from advisor.rulebook.model import Rulebook
from advisor.scenario_space.tabulation import table_of


def needed_fields(rulebook: Rulebook, names: tuple[str, ...] | None = None) -> tuple[str, ...]:
    """The fields that a complete row answers: those that can change an outcome, and required fields that rules read.

    ``names`` are those that can change an outcome; by default every field that rules read.
    """
    read = rulebook.reads((*rulebook.gates, *rulebook.preferences))
    matter = read if names is None else names
    return tuple(name for name, spec in FIELDS.items() if name in matter or (name in read and not spec.optional))


def names_that_matter(rulebook: Rulebook) -> tuple[str, ...] | None:
    """The fields that can change an outcome; None for a rulebook too large to tabulate."""
    try:
        return table_of(rulebook).names
    except BadInput:
        return None


class RowReading:
    """Decides scenarios one by one."""

    def __init__(self, rulebook: Rulebook, matcher: Matcher, needed: tuple[str, ...]) -> None:
        self._rulebook, self._matcher, self._needed = rulebook, matcher, needed

    def outcome(self, scenario: Scenario) -> RowOutcome | None:
        """The outcome; None if missing answers can still change it.

        Raises EngineFailure, and BadInput for rules that do not decide.
        """
        answers = answer_facts(scenario)
        if all(name in with_range(answers) for name in self._needed):
            judgement = judge(self._rulebook, self._matcher, answers)
            verdict, axes = judgement.verdict, judgement.deciding_axes
            if not verdict.undecided:
                return RowOutcome(verdict.route, axes[0] if axes else None, verdict.feasible, judgement.settled)
        decision = decide(scenario, self._rulebook, matcher=self._matcher)
        if decision.status is Status.OPEN:
            return None
        return RowOutcome(decision.route, decision.deciding_axis, tuple(decision.feasible_routes), decision.settled)
