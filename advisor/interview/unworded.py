"""Questions that cannot be asked, because their words are missing: a fault that ``advisor rules check`` reports."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from advisor.common.diagnostics import Problem, quoted
from advisor.domain.scenario import FIELDS
from advisor.interview.estimates import INPUTS, estimated_by
from advisor.interview.state import QUESTIONS
from advisor.wording.questions import FILE, wordings

_HELP = "write it in the same form as the other questions of the file"


def unworded(templates: Path | None = None) -> Iterator[Problem]:
    """The questions, inputs of estimates and options without words, in the order of the questions."""
    known, file = wordings(templates), str(templates / FILE) if templates else FILE
    for question in QUESTIONS:
        parent = estimated_by(question)
        wording = known.get(parent)
        words = wording and (
            wording if question == parent else wording.estimate.get(question.removeprefix(f"{parent}."))
        )
        if words is None:
            yield Problem(f"the question {quoted(question)} has no wording", file, field=question, help=_HELP)
            continue
        for option in _options(question):
            if option not in words.answers:
                what = f"the option {quoted(option)} of the question {quoted(question)} has no wording"
                yield Problem(what, file, field=question, help=_HELP)


def _options(question: str) -> tuple[str, ...]:
    if question in INPUTS:
        kind = INPUTS[question].kind
        return kind if isinstance(kind, tuple) else ()
    return FIELDS[question].options if question in FIELDS else ()
