"""Explanations that take longer or more room than a record has: worked out when somebody asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from advisor.domain.scenario import Scenario
from advisor.evaluation.facts import answer_facts
from advisor.explanation.sufficient_reasons import sufficient_reasons
from advisor.rulebook.model import Rulebook
from advisor.scenario_space.completions import completions_of
from advisor.scenario_space.question_effects import Lead, leads


@dataclass(frozen=True)
class OnDemand:
    """``sufficient``: the minimal sets of answers that force the outcome; None while it is open.

    ``leads``: for each open question, the most decisive first, where each of its options leads; none for a number.
    """

    sufficient: list[tuple[str, ...]] | None
    leads: Mapping[str, tuple[Lead, ...]]


def on_demand(scenario: Scenario, rulebook: Rulebook) -> OnDemand:
    """Works them out for one scenario."""
    completions, answers = completions_of(rulebook), answer_facts(scenario)
    outcomes = completions.outcomes(answers)
    if len(outcomes) > 1:
        questions = completions.open_questions(answers)
        return OnDemand(None, {name: leads(completions, answers, name) for name in questions})
    return OnDemand(sufficient_reasons(completions, answers, next(iter(outcomes))), {})
