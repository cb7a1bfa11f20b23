"""The exit codes of the outcomes of a decision, and the message for the answers that are missing."""

from __future__ import annotations

from advisor.common.diagnostics import EXIT_ANSWERS_MISSING, EXIT_INFEASIBLE, EXIT_OK, Problem
from advisor.domain.record import Decision, Status
from advisor.domain.scenario import FIELDS

EXIT_CODES = {Status.RECOMMENDED: EXIT_OK, Status.OPEN: EXIT_ANSWERS_MISSING, Status.INFEASIBLE: EXIT_INFEASIBLE}


def missing_answers(decision: Decision) -> Problem:
    """The questions that can still change the outcome of an open decision."""
    first = decision.open_questions[0]
    spec = FIELDS[first]
    example = spec.options[-1] if spec.options else (spec.quantity.example if spec.quantity else "...")
    return Problem(
        "answers are missing: " + ", ".join(f"`{name}`" for name in decision.open_questions),
        help=f"the most decisive is `{first}`; add it to the scenario, or try --set {first}={example}",
    )
