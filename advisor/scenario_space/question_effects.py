"""What each answer to an open question would lead to."""

from __future__ import annotations

from advisor.domain.offer import Encoded
from advisor.rulebook.symbols import FIELD_NAMES, Scope
from advisor.scenario_space.completions import Completions, Outcome
from advisor.scenario_space.gate_outcomes import Answers

Lead = tuple[str, frozenset[Outcome]]
"""An option of a question, and the outcomes still possible after it."""


def leads(completions: Completions, answers: Answers, question: str, ranged: bool = False) -> tuple[Lead, ...]:
    """Where each option of a question leads; empty for a number."""
    known = FIELD_NAMES.get(question)
    options: dict[str, Encoded] = {}
    if known and not known.numeric and known.scope is Scope.NEED:
        options = {option: known.encode(option) for option in known.options} or {"false": False, "true": True}
    return tuple(
        (option, completions.outcomes({**answers, question: code}, ranged=ranged)) for option, code in options.items()
    )
