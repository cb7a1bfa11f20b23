"""What each answer to an open question would lead to."""

from __future__ import annotations

from advisor.rulebook.symbols import FIELD_NAMES, Scope
from advisor.scenario_space.completions import Completions, Outcome
from advisor.scenario_space.gate_outcomes import Answers

Lead = tuple[str, frozenset[Outcome]]
"""An option of a question, and the outcomes still possible after it."""


def leads(completions: Completions, answers: Answers, question: str, ranged: bool = False) -> tuple[Lead, ...]:
    """Where each option of a question leads; empty for a number."""
    known = FIELD_NAMES.get(question)
    if known is None or known.scope is not Scope.NEED:
        return ()
    return tuple(
        (known.decode(value), completions.outcomes({**answers, question: value}, ranged=ranged))
        for value in known.values
    )
