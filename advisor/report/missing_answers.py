"""The message for a decision that is still open: the missing answers, and how to add the most decisive one."""

from __future__ import annotations

from advisor.common.diagnostics import Problem
from advisor.domain.record import Decision
from advisor.domain.scenario import FIELDS


def missing_answers(decision: Decision) -> Problem:
    """The questions that can still change the outcome of an open decision."""
    first = decision.open_questions[0]
    spec = FIELDS[first]
    example = spec.options[-1] if spec.options else (spec.quantity.example if spec.quantity else "...")
    return Problem(
        "answers are missing: " + ", ".join(f"`{name}`" for name in decision.open_questions),
        help=f"the most decisive is `{first}`; add it to the scenario, or try --set {first}={example}",
    )
