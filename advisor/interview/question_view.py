"""The views of an interview: each question, the review of the answers, and the remarks between them.

Pure and free of any terminal: a view holds text and options only, so that a page can render it as JSON.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from advisor.common.diagnostics import BadInput
from advisor.domain.cost_model import VOLUMES
from advisor.domain.formatting import grouped, price
from advisor.domain.quantity import Quantity
from advisor.domain.scenario import FIELDS, Route
from advisor.interview import estimates
from advisor.interview.flow import Flow
from advisor.interview.state import DETAILS, EXTRAS, UNKNOWN, InterviewState, answer_text, parse_answer
from advisor.report.templates import fill
from advisor.wording import interview as words
from advisor.wording.questions import InputWording, OptionWording, Wording, wordings


@dataclass(frozen=True)
class Option:
    """An answer to choose: its text in ``InterviewState``, and what people read."""

    value: str
    label: str
    meaning: str = ""


@dataclass(frozen=True)
class QuestionCount:
    """How many questions are answered, and how many more can change the route."""

    answered: int
    open: int


@dataclass(frozen=True)
class QuestionView:
    """One question to ask.

    ``options`` is empty for a number or a text; ``current`` is the answer so far, or the option to preselect;
    ``estimable`` says that ``InterviewState.estimate`` helps with it; ``skipped`` names the questions passed over.
    """

    id: str
    text: str
    help: str
    options: tuple[Option, ...]
    unit: str | None
    current: Option | None
    estimable: bool
    standing: str
    progress: QuestionCount
    skipped: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReviewLine:
    """An answered question."""

    id: str
    text: str
    answer: str


@dataclass(frozen=True)
class ReviewView:
    """All answers, to check before the decision."""

    text: str
    help: str
    decide: str
    lines: tuple[ReviewLine, ...]
    standing: str


@dataclass(frozen=True)
class InterviewViews:
    """The views of an interview over one flow, in the words of one folder of templates."""

    flow: Flow
    templates: Path | None = None

    def next(self, state: InterviewState, change: str | None = None) -> QuestionView | ReviewView:
        """The question to change, else the next question, else the review."""
        question = change or self.flow.next(state)
        return self.question(question, state) if question else self.review(state)

    def question(self, question: str, state: InterviewState) -> QuestionView:
        """One question or input of an estimate."""
        wording = self.wording(question, state)
        position = self.flow.position(state)
        quantity = _quantity(question)
        return QuestionView(
            id=question,
            text=wording.ask,
            help=wording.help if isinstance(wording, Wording) else "",
            options=_options(question, wording.answers),
            unit=quantity.unit if quantity else None,
            current=self._current(question, state),
            estimable=question in estimates.ESTIMABLE,
            standing=self.standing(state),
            progress=QuestionCount(
                sum(name not in EXTRAS for name in state.order), sum(name not in state for name in position.open)
            ),
            skipped=self.flow.skipped(state) if question in EXTRAS and question not in state else (),
        )

    def review(self, state: InterviewState) -> ReviewView:
        """The answers in the order of answering."""
        asked = [name for name in state.order if name not in EXTRAS]
        lines = tuple(ReviewLine(name, self.wording(name, state).ask, self._answered(name, state)) for name in asked)
        return ReviewView(words.CHECK_ANSWERS, words.CHECK_HELP, words.DECIDE, lines, self.standing(state))

    def wording(self, question: str, state: InterviewState) -> Wording | InputWording:
        """The words of a question, for images or for seconds of video."""
        parent = estimates.estimated_by(question)
        video = state.answers.get("unit") == "video_second"
        wording = wordings(self.templates)[parent].about(
            units="seconds of video" if video else "images",
            unit="second of video" if video else "image",
            media="video" if video else "images",
        )
        return wording if question == parent else wording.estimate[question.removeprefix(f"{parent}.")]

    def standing(self, state: InterviewState) -> str:
        """What is decided so far, in words."""
        return self._filled("interview_standing.txt.j2", state)

    def skipped(self, names: Sequence[str], state: InterviewState) -> str:
        """That some questions were skipped, and why."""
        return self._filled("interview_skipped.txt.j2", state, skipped=names)

    def why(self, question: str, state: InterviewState) -> str:
        """Why a question is asked: the rules that read it, and where each of its options would lead."""
        asked = estimates.estimated_by(question)
        reason, answers = self.flow.why(state, asked), self.wording(asked, state).answers
        options = [
            {
                "short": answers[option].short if option in answers else option,
                "possible": [route for route in Route if route in outcomes],
                "none_possible": None in outcomes,
            }
            for option, outcomes in reason.leads_to
        ]
        named = {"rules": reason.rules, "options": options, "decision": {"scenario": {}}}
        return fill("interview_why.txt.j2", named, self.templates)

    def complaint(self, question: str, text: str) -> str | None:
        """The fault of an answer as it is typed; None if it is valid."""
        try:
            parse_answer(question, text)
        except BadInput as error:
            return f"{error.problems[0].what}; {error.problems[0].help or ''}".rstrip("; ")
        return None

    def understood(self, question: str, text: str) -> str:
        """The interpretation of an answer as it is typed, before it is accepted."""
        try:
            value = parse_answer(question, text)
        except BadInput as error:
            return error.problems[0].what
        return "" if value is None else f"= {self.shown(question, value)}"

    def confirmation(self, question: str, state: InterviewState) -> tuple[str, ...]:
        """The interpretation of an accepted answer; for an input, the result of the complete estimate."""
        asked = estimates.estimated_by(question)
        if asked in state.unknown or (question != asked and state.estimating):
            return ()
        if question != asked and asked == "monthly_images":
            low, expected, high = (grouped(state.answers[name]) for name in VOLUMES)
            return (words.VOLUMES.format(expected=expected, low=low, high=high),)
        result = f"= {self.shown(asked, state.answers[asked])}"
        if question != asked and asked == "images_per_gpu_hour":
            faster = estimates.few_step_throughput(state.answers[asked])
            return words.FEWER_STEPS.format(rate=grouped(faster)), result
        return (result,)

    def shown(self, question: str, value: Any) -> str:
        """An answer in words, an amount with its unit."""
        quantity = _quantity(question)
        if quantity and quantity.money:
            return f"{price(value)} {quantity.unit.removeprefix('dollars').strip(' ,')}"
        if quantity:
            return f"{grouped(value)} {quantity.unit}"
        wording = wordings(self.templates).get(question)
        text = answer_text(value)
        return wording.answers[text].short if wording and text in wording.answers else str(value)

    def _answered(self, question: str, state: InterviewState) -> str:
        return self.shown(question, state.answers[question]) if question in state.answers else words.NOT_KNOWN

    def _current(self, question: str, state: InterviewState) -> Option | None:
        if question in state.answers:
            return Option(answer_text(state.answers[question]), self._answered(question, state))
        if question in state.unknown:
            return Option(UNKNOWN, words.NOT_KNOWN)
        return Option("false", self.shown(question, False)) if question == DETAILS else None

    def _filled(self, template: str, state: InterviewState, **more: Any) -> str:
        position = self.flow.position(state)
        named = {
            "decision": {"scenario": state.scenario().answers()},
            "settled": position.settled,
            "route": next(iter(position.outcomes)) if position.settled else None,
            "possible": [each for each in Route if each in position.outcomes],
            "none_possible": None in position.outcomes,
            "open": sum(name not in state for name in position.open),
            "unknown": [name for name in position.open if name in state.unknown],
            "out": [
                {"route": each.route, "axis": each.rule.axis, "because": each.rule.because}
                for each in position.eliminated
            ],
            "because": list(dict.fromkeys(each.rule.because for each in position.eliminated)),
        }
        return fill(template, named | more, self.templates)


def _options(question: str, answers: Mapping[str, OptionWording]) -> tuple[Option, ...]:
    options = tuple(Option(value, answer.short, answer.means) for value, answer in answers.items())
    can_be_unknown = options and question in FIELDS
    return (*options, Option(UNKNOWN, words.DO_NOT_KNOW)) if can_be_unknown else options


def _quantity(question: str) -> Quantity | None:
    if question in estimates.INPUTS:
        kind = estimates.INPUTS[question]
        return kind if isinstance(kind, Quantity) else None
    return FIELDS[question].quantity if question in FIELDS else None
