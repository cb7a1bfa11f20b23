"""Decides rows one at a time: the outcome of a scenario as the columns of a sweep."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from functools import lru_cache

from advisor.catalogue.loader import Catalogue
from advisor.common.diagnostics import BadInput, Problem
from advisor.decision.assessment import Assessment
from advisor.decision.competition import competing, model_faults
from advisor.domain.record import Status
from advisor.domain.scenario import FIELDS, Scenario
from advisor.evaluation.facts import answer_facts, with_range
from advisor.evaluation.judgement import judge
from advisor.evaluation.outcome_table import RowOutcome
from advisor.evaluation.pricing import FIELDS_OF
from advisor.evaluation.protocol import Matcher
from advisor.rulebook.model import Rulebook
from advisor.scenario_space.tabulation import table_of

PRICES = frozenset(name for fields in FIELDS_OF.values() for name in fields)


def needed_fields(rulebook: Rulebook, names: tuple[str, ...] | None, has_catalogue: bool) -> tuple[str, ...]:
    """The fields that a complete row answers: those that can change an outcome, and required fields that rules read.

    ``names`` are those that can change an outcome; None means every field that rules read. Where there is a catalogue,
    every price is one: without it the catalogue's offers compete.
    """
    read = rulebook.reads((*rulebook.gates, *rulebook.preferences))
    matter = {*(read if names is None else names), *(PRICES if has_catalogue else ())}
    return tuple(name for name, spec in FIELDS.items() if name in matter or (name in read and not spec.optional))


def names_that_matter(rulebook: Rulebook) -> tuple[str, ...] | None:
    """The fields that can change an outcome; None for a rulebook too large to tabulate."""
    try:
        return table_of(rulebook).names
    except BadInput:
        return None


class RowReading:
    """Decides scenarios one by one."""

    def __init__(
        self,
        rulebook: Rulebook,
        matcher_of: Callable[[Rulebook], Matcher],
        needed: tuple[str, ...],
        catalogue: Catalogue | None,
        decided_on: datetime.date,
    ) -> None:
        self._rulebook, self._matcher_of, self._needed = rulebook, lru_cache(maxsize=32)(matcher_of), needed
        self._catalogue, self._decided_on = catalogue, decided_on

    def faults(self, scenario: Scenario) -> tuple[Problem, ...]:
        """Why the checkpoint that a row names cannot be used."""
        return model_faults(self._catalogue, scenario)

    def outcome(self, scenario: Scenario) -> RowOutcome | None:
        """The outcome of a scenario without ``faults``; None if missing answers can still change it.

        Raises EngineFailure, and BadInput for rules that do not decide.
        """
        rulebook = competing(self._rulebook, self._catalogue, scenario, self._decided_on)
        answers, matcher = answer_facts(scenario), self._matcher_of(rulebook)
        if rulebook is self._rulebook and all(name in with_range(answers) for name in self._needed):
            judgement = judge(rulebook, matcher, answers)
            verdict, axes = judgement.verdict, judgement.deciding_axes
            if not verdict.undecided:
                return RowOutcome(verdict.route, axes[0] if axes else None, verdict.feasible, judgement.settled)
        assessment = Assessment(scenario, rulebook, matcher)
        if assessment.status is Status.OPEN:
            return None
        axes = assessment.deciding_axes
        feasible = assessment.judgement.verdict.feasible
        return RowOutcome(assessment.route, axes[0] if axes else None, feasible, assessment.settled)
