"""The views of an interview: each question, the review of the answers, and the remarks between them.

Pure and free of any terminal: a view holds text and options only, so that a page can render it as JSON.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from advisor.common.diagnostics import BadInput
from advisor.domain.cost_model import PRICE_OF
from advisor.domain.scenario import FIELDS, Route
from advisor.interview import estimates
from advisor.interview.answer_texts import AnswerTexts, amount_text, blank_of, checkpoint_text, supplied_text
from advisor.interview.flow import Flow
from advisor.interview.state import (
    ASIDES,
    CLASH,
    COSTS,
    DETAILS,
    OWN_PRICES,
    UNKNOWN,
    InterviewState,
    answer_text,
    parse_answer,
)
from advisor.report.templates import fill
from advisor.rulebook.symbols import MODEL
from advisor.wording import interview as words
from advisor.wording.labels import InputWording, Wording, listed

_CERTAIN = ("unit",)
"""Questions that everybody can answer."""


@dataclass(frozen=True)
class Option:
    """An answer to choose: its text in ``InterviewState``, and what people read."""

    value: str
    label: str
    meaning: str = ""


@dataclass(frozen=True)
class QuestionCount:
    """How many questions are answered, how many more can change the route, and about how many there are in all."""

    answered: int
    open: int
    about: int


@dataclass(frozen=True)
class QuestionView:
    """One question to ask.

    ``help`` explains it and ``hints`` say what may be typed. ``options`` is empty for a number or a text, and the first
    one is the harmless one; ``current`` is the answer so far; ``estimable`` says that the answer ``help`` estimates it.
    ``standing`` is what is decided so far, ``out`` what no answer can bring back, and ``skipped`` the questions passed
    over.
    """

    id: str
    text: str
    help: str
    hints: tuple[str, ...]
    options: tuple[Option, ...]
    unit: str | None
    current: Option | None
    estimable: bool
    standing: str
    out: tuple[str, ...]
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
    out: tuple[str, ...]


@dataclass(frozen=True)
class InterviewViews:
    """The views of an interview over one flow, in the words of one folder of templates and of a terminal or a page."""

    flow: Flow
    templates: Path | None = None
    hints: words.HintWords = words.IN_TERMINAL

    @cached_property
    def texts(self) -> AnswerTexts:
        """The words of questions and answers."""
        catalogue = self.flow.catalogue
        return AnswerTexts(self.templates, {entry.id: entry.label for entry in catalogue.models} if catalogue else {})

    def next(self, state: InterviewState, change: str | None = None) -> QuestionView | ReviewView:
        """The question to change, else the next question, else the review."""
        question = change or self.flow.next(state)
        return self.question(question, state) if question else self.review(state)

    def question(self, question: str, state: InterviewState) -> QuestionView:
        """One question or input of an estimate."""
        wording = self.texts.wording(question, state)
        position = self.flow.position(state)
        return QuestionView(
            id=question,
            text=wording.ask,
            help=wording.help,
            hints=self._hints(question, state),
            options=self._options(question, wording, state),
            unit=self.texts.unit(question, state),
            current=self._current(question, state),
            estimable=estimates.can_be_estimated(question, state.answers),
            standing=self.standing(state),
            out=self.out(state),
            progress=QuestionCount(
                len(state.counted),
                sum(name not in state and not self.flow.is_unknown(name, state) for name in position.open),
                self.flow.about(state),
            ),
            skipped=self.flow.skipped(state) if question in (COSTS, DETAILS) and question not in state else (),
        )

    def place(self, view: QuestionView, state: InterviewState) -> str:
        """Which question it is, of about how many; empty for one about the interview itself or an input."""
        if view.id in (*ASIDES, *estimates.INPUTS):
            return ""
        before = state.counted
        number = before.index(view.id) + 1 if view.id in before else view.progress.answered + 1
        return words.NUMBER.format(number=number, about=max(number, view.progress.about))

    def review(self, state: InterviewState) -> ReviewView:
        """The answers in the order of answering, then the amounts that the catalogue supplies instead."""
        names = dict.fromkeys((*state.order, *self.flow.position(state).supplied))
        lines = tuple(
            ReviewLine(name, self.texts.wording(name, state).ask, self._answered(name, state))
            for name in names
            if name not in ASIDES
        )
        return ReviewView(
            words.CHECK_ANSWERS, words.CHECK_HELP, words.DECIDE, lines, self.standing(state), self.out(state)
        )

    def standing(self, state: InterviewState) -> str:
        """What is decided so far, in words."""
        return self._filled("interview_standing.txt.j2", state).rstrip("\n")

    def out(self, state: InterviewState) -> tuple[str, ...]:
        """The routes that no answer can bring back, each with the reason, in words."""
        return tuple(filter(None, self._filled("interview_out.txt.j2", state).split("\n")))

    def skipped(self, names: Sequence[str], state: InterviewState) -> str:
        """That some questions were skipped, and why."""
        topics = [self.texts.topic(name, state) for name in names]
        return self._filled("interview_skipped.txt.j2", state, skipped=topics)

    def why(self, question: str, state: InterviewState) -> str:
        """Why a question is asked: the rules that read it, and where each of its options would lead."""
        asked = estimates.estimated_by(question)
        reason = self.flow.why(state, asked)
        options = [
            {"short": self.texts.shown(asked, _typed(option), state), **_possible(outcomes)}
            for option, outcomes in reason.leads_to
        ]
        named = {"question": asked, "rules": reason.rules, "options": options, "decision": {"scenario": {}}}
        return fill("interview_why.txt.j2", named, self.templates)

    def complaint(self, question: str, text: str) -> str | None:
        """The fault of an answer as it is typed; None if it is valid."""
        try:
            parse_answer(question, text)
        except BadInput as error:
            return f"{error.problems[0].what}; {error.problems[0].help or ''}".rstrip("; ")
        return None

    def understood(self, question: str, text: str, state: InterviewState) -> str:
        """The interpretation of an answer as it is typed, before it is accepted."""
        try:
            value = parse_answer(question, text)
        except BadInput as error:
            return error.problems[0].what
        return "" if value is None else f"= {self.texts.shown(question, value, state)}"

    def _hints(self, question: str, state: InterviewState) -> tuple[str, ...]:
        """What may be typed at a question for a number or a text."""
        said = self.hints
        wording, supplied = self.texts.wording(question, state), self.flow.position(state).supplied
        if question == OWN_PRICES and supplied:
            topics = [
                f"{self.texts.topic(name, state)}, {amount_text(self.texts, name, amount, state)}"
                for name, amount in supplied.items()
            ]
            return (words.IN_CATALOGUE.format(topics="; ".join(topics)),)
        if wording.answers or question == CLASH:
            return ()
        current, blank = self._current(question, state), blank_of(question, state)
        hints = [said.not_known_yet]
        if current and current.value != UNKNOWN:
            hints = [said.keeps.format(answer=current.label), *([said.takes_back] if question in FIELDS else [])]
        elif question in supplied:
            hints = [said.blank.format(answer=supplied_text(self.texts, question, supplied[question], state))]
        elif blank is not None:
            hints = [said.blank.format(answer=self.texts.shown(question, blank, state))]
        elif question in estimates.INPUTS:
            hints = [said.leaves]
        if estimates.can_be_estimated(question, state.answers):
            hints.append(said.estimates)
        if question in PRICE_OF.values():
            hints.append(said.bill)
        return tuple(filter(None, hints))

    def _options(self, question: str, wording: Wording | InputWording, state: InterviewState) -> tuple[Option, ...]:
        options = [Option(value, answer.short, answer.means) for value, answer in wording.answers.items()]
        if question == CLASH:
            return (*self._ways_out(state), *options)
        if question == MODEL:
            return (*options, *self._checkpoints(state))
        named = {option.value for option in options}
        if options and question in FIELDS and question not in _CERTAIN and UNKNOWN not in named:
            options.append(Option(UNKNOWN, words.DO_NOT_KNOW))
        return tuple(options)

    def _ways_out(self, state: InterviewState) -> tuple[Option, ...]:
        """The changes after which some option is left, and what each leads to; the value answers ``clash``."""
        found = []
        for way in self.flow.ways_out(state):
            changes = [
                f"{self.texts.wording(name, state).ask} {self.texts.shown(name, _typed(text), state)}"
                for name, text in way.changes
            ]
            value = "&".join(f"{name}={text}" for name, text in way.changes)
            found.append(Option(value, listed(changes), self._leads(way.outcomes)))
        return tuple(found)

    def _checkpoints(self, state: InterviewState) -> Iterator[Option]:
        """The checkpoints that compete, each with what it leads to where that is less than without it."""
        possible = self.flow.position(state).outcomes
        for choice in self.flow.checkpoints(state):
            text = checkpoint_text(self.texts, choice, state)
            leads = f"; {self._leads(choice.outcomes)}" if choice.outcomes != possible else ""
            yield Option(choice.entry.id, choice.entry.label, text + leads)

    def _leads(self, outcomes: frozenset[Route | None]) -> str:
        """The outcomes that an answer leaves, in words."""
        named = {**_possible(outcomes), "decision": {"scenario": {}}}
        return fill("interview_leads.txt.j2", named, self.templates).strip()

    def _answered(self, question: str, state: InterviewState) -> str:
        """The answer of a question in words; the amount of the catalogue where that counts instead."""
        supplied = self.flow.position(state).supplied
        if question in supplied and question not in state.answers:
            return supplied_text(self.texts, question, supplied[question], state)
        return self.texts.answered(question, state)

    def _current(self, question: str, state: InterviewState) -> Option | None:
        if question in state.inputs:
            value = state.inputs[question]
            return Option(answer_text(value), self.texts.shown(question, value, state))
        if question in state.answers:
            return Option(answer_text(state.answers[question]), self.texts.answered(question, state))
        return Option(UNKNOWN, self._answered(question, state)) if question in state.unknown else None

    def _filled(self, template: str, state: InterviewState, **more: Any) -> str:
        position = self.flow.position(state)
        unknown = [name for name in position.open if self.flow.is_unknown(name, state)]
        waiting = [name for name in position.open if name not in state and name not in unknown]
        asked = state.answers.get(OWN_PRICES) is False or all(name in state for name in position.supplied)
        named = {
            "decision": {"scenario": state.scenario().answers()},
            "settled": position.settled,
            "at_catalogue_prices": position.own_prices_matter and not asked,
            "route": next(iter(position.outcomes)) if position.settled else None,
            **_possible(position.outcomes),
            "open": len(waiting),
            "next": self.texts.topic(waiting[0], state) if waiting else None,
            "unknown": [self.texts.topic(name, state) for name in unknown],
            "out": [
                {"route": each.route, "axis": each.rule.axis, "because": each.rule.because}
                for each in position.eliminated
            ],
            "because": list(dict.fromkeys(each.rule.because for each in position.eliminated)),
        }
        return fill(template, named | more, self.templates)


def accepted(view: QuestionView, text: str, state: InterviewState) -> InterviewState:
    """The state with an answer to a view as it is typed; empty text keeps the current answer. Raises BadInput."""
    kept = view.current.value if view.current else "" if view.id in estimates.INPUTS else UNKNOWN
    return state.answer_text(view.id, text if text.strip() else kept)


def _possible(outcomes: frozenset[Route | None]) -> dict[str, Any]:
    return {"possible": [route for route in Route if route in outcomes], "none_possible": None in outcomes}


def _typed(text: str) -> Any:
    return {"true": True, "false": False}.get(text, text)
