"""The state of an interview: immutable, so that going back loses nothing, and a flat mapping of text to travel.

The mapping is what a query string or a file holds: a scenario field, a question about the interview itself or an input
of an estimate, each with its answer as text; ``unknown`` is an answer too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from advisor.common.diagnostics import BadInput, Problem, did_you_mean, quoted
from advisor.domain.cost_model import VOLUME_ENDS
from advisor.domain.formatting import plain
from advisor.domain.scenario import FIELDS, Scenario, validated
from advisor.domain.scenario_io import typed_answer
from advisor.interview import estimates
from advisor.wording.labels import listed

COSTS, DETAILS = "costs", "details"
EXTRAS = (COSTS, DETAILS)
"""Questions about the interview itself, answered yes or no: work out the costs too, ask for details too."""
UNKNOWN = "unknown"
"""The text for *don't know*."""
ESTIMATING = "estimating"
"""The key in the mapping for the question whose estimate is in progress."""
QUESTIONS = (*FIELDS, *EXTRAS, *estimates.INPUTS)

_TRUTHS = {"true": True, "false": False}
_LIKE_UNKNOWN = re.compile(rf"\\*({UNKNOWN}|\s*)")
"""A free text that reads like *don't know* gets a backslash in front in the mapping."""


@dataclass(frozen=True)
class InterviewState:
    """Answers by question, the questions answered *don't know*, and the order in which all were answered.

    ``inputs`` holds what estimates are calculated from, ``estimating`` the question whose estimate is in progress.
    """

    answers: Mapping[str, Any] = field(default_factory=dict)
    unknown: frozenset[str] = frozenset()
    order: tuple[str, ...] = ()
    inputs: Mapping[str, Any] = field(default_factory=dict)
    estimating: str | None = None

    def __contains__(self, question: object) -> bool:
        return question in self.answers or question in self.unknown

    def answer(self, question: str, value: Any) -> InterviewState:
        """With one more answer, or a changed one; None is *don't know*. Range ends that no longer fit are dropped.

        Raises BadInput when the value contradicts the other answers.
        """
        answers = {name: known for name, known in self.answers.items() if name != question}
        unknown = self.unknown - {question}
        if value is None:
            unknown |= {question}
        else:
            answers[question] = value
        if question == "monthly_images":
            answers, unknown = _without_misfits(answers), unknown - set(VOLUME_ENDS)
        return self._with(answers, unknown, (*self.order, question), self._inputs_except([question]))

    def answer_text(self, question: str, text: str) -> InterviewState:
        """``answer`` with text as a person types it; also for inputs, of which the last completes the estimate.

        An input that is not known ends the estimate. Raises BadInput.
        """
        value = parse_answer(question, text)
        if question not in estimates.INPUTS:
            return self.answer(question, value)
        if value is None:
            return self.without_estimate()
        return replace(self, inputs={**self.inputs, question: value})._with_complete_estimate()

    def with_answers(self, answers: Mapping[str, Any]) -> InterviewState:
        """With several answers together; None takes one back. Raises BadInput when they do not fit."""
        kept = {name: known for name, known in {**self.answers, **answers}.items() if known is not None}
        return self._with(kept, self.unknown - set(answers), (*self.order, *answers), self._inputs_except(answers))

    def estimate(self, question: str) -> InterviewState:
        """With an estimate of a question in progress: its inputs are asked next."""
        return replace(self, estimating=question, inputs=self._inputs_except([question]))

    def without_estimate(self) -> InterviewState:
        """Without the estimate in progress."""
        return replace(self, estimating=None, inputs=self._inputs_except([self.estimating or ""]))

    def previous(self, question: str | None) -> str | None:
        """The question answered before this one; for one that is not answered yet, the last one answered."""
        if question in self.order:
            return self.order[max(0, self.order.index(question) - 1)]
        return self.order[-1] if self.order else question

    def scenario(self) -> Scenario:
        """The answers to scenario fields as a scenario. Raises BadInput."""
        return validated({name: value for name, value in self.answers.items() if name in FIELDS}, "the answers")

    def to_mapping(self) -> dict[str, str]:
        """The state as a flat mapping of text, in the order of answering."""
        text = {name: UNKNOWN if name in self.unknown else answer_text(self.answers[name]) for name in self.order}
        text |= {name: answer_text(value) for name, value in self.inputs.items()}
        return text | ({ESTIMATING: self.estimating} if self.estimating else {})

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, str], where: str = "the answers") -> InterviewState:
        """The reverse of ``to_mapping``; also reads numbers as people type them. Raises BadInput with every fault."""
        values: dict[str, Any] = {}
        problems: list[Problem] = []
        for name, text in mapping.items():
            try:
                values[name] = parse_answer(name, text, where)
            except BadInput as error:
                problems += error.problems
        if problems:
            raise BadInput(problems)
        estimating = values.pop(ESTIMATING, None)
        inputs = {name: values.pop(name) for name in estimates.INPUTS if name in values}
        answers = {name: value for name, value in values.items() if value is not None}
        known = validated({name: value for name, value in answers.items() if name in FIELDS}, where)
        answers |= known.model_dump(exclude_none=True)
        inputs = {name: value for name, value in inputs.items() if value is not None}
        state = cls(answers, frozenset(values) - set(answers), tuple(values), inputs, estimating)
        return state._with_complete_estimate()

    def _with(
        self, answers: Mapping[str, Any], unknown: frozenset[str], order: Iterable[str], inputs: Mapping[str, Any]
    ) -> InterviewState:
        kept = tuple(name for name in dict.fromkeys(order) if name in answers or name in unknown)
        changed = InterviewState(answers, unknown, kept, inputs)
        changed.scenario()
        return changed

    def _inputs_except(self, questions: Iterable[str]) -> dict[str, Any]:
        """The inputs except those of some questions."""
        gone = set(questions)
        return {name: value for name, value in self.inputs.items() if estimates.estimated_by(name) not in gone}

    def _with_complete_estimate(self) -> InterviewState:
        """With the estimate in progress turned into answers, when its inputs are complete. Raises BadInput."""
        if self.estimating is None or estimates.next_input(self.estimating, self.inputs, self.answers):
            return self
        found = estimates.estimate(self.estimating, self.inputs, self.answers)
        return replace(self.with_answers(found), inputs=self.inputs)


def parse_answer(question: str, text: str, where: str = "the answer") -> Any:
    """An answer as a person types it, for any question; None for *don't know*. Raises BadInput."""
    if question == ESTIMATING:
        return _one_of(text, estimates.ESTIMABLE, question, where)
    if question not in QUESTIONS:
        what = f"{quoted(question)} is not a question of the interview"
        raise BadInput(Problem(what, where, help=did_you_mean(question, QUESTIONS)))
    if question in EXTRAS:
        return _TRUTHS[_one_of(text, tuple(_TRUTHS), question, where)]
    if text == UNKNOWN or not text.strip():
        return None
    if question in estimates.INPUTS:
        return estimates.parse_input(question, text, where)
    return text[1:] if _LIKE_UNKNOWN.fullmatch(text) else typed_answer(question, text, where)


def answer_text(value: Any) -> str:
    """An answer as text that ``parse_answer`` reads back."""
    if isinstance(value, bool):
        return str(value).lower()
    text = plain(value) if isinstance(value, Decimal) else str(value)
    return f"\\{text}" if _LIKE_UNKNOWN.fullmatch(text) else text


def _one_of(text: str, options: tuple[str, ...], question: str, where: str) -> str:
    if text not in options:
        help = did_you_mean(text, options) or f"write {listed(options, 'or')}"
        raise BadInput(Problem(f"{quoted(text)} is not an option of `{question}`", where, field=question, help=help))
    return text


def _without_misfits(answers: dict[str, Any]) -> dict[str, Any]:
    """Without the ends of the range that no longer fit the changed expected month."""
    for end in VOLUME_ENDS:
        try:
            validated({name: answers[name] for name in ("monthly_images", end) if name in answers}, "the answers")
        except BadInput:
            answers = {name: value for name, value in answers.items() if name != end}
    return answers
