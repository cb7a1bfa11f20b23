"""The state of an interview: immutable, so that going back loses nothing, and a flat mapping of text to travel.

The mapping is what a query string or a file holds: a scenario field, a question about the interview itself or an input
of an estimate, each with its answer as text; ``unknown`` is an answer too."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import reduce
from pathlib import Path
from typing import Any, NamedTuple

from advisor.common.diagnostics import BadInput, Problem, did_you_mean, quoted
from advisor.common.files import is_file, read_text, write_whole
from advisor.domain.cost_model import PRICE_OF, VOLUME_ENDS
from advisor.domain.quantity import NotANumber, plain, typed
from advisor.domain.scenario import FIELDS, Scenario, validated
from advisor.domain.scenario_io import typed_answer
from advisor.interview import estimates
from advisor.wording.labels import listed

COSTS, OWN_PRICES, DETAILS, CLASH = "costs", "own_prices", "details", "clash"
EXTRAS = (COSTS, OWN_PRICES, DETAILS)
"""Questions about the interview itself, answered yes or no: work out the costs too, ask for prices that the catalogue
supplies, ask for details too."""
ASIDES = (*EXTRAS, CLASH)
"""All questions that are no fields of the scenario. ``clash`` is asked where the answers leave no option; its answer
is ``keep``, or changes such as ``residency=anywhere&quality=open_suffices``."""
UNKNOWN, HELP, KEEP = "unknown", "help", "keep"
"""The texts for *don't know*, for *estimate it*, and for answers that are kept although they leave no option."""
ESTIMATING = "estimating"
"""The key in the mapping for the input that is asked now, or for the question whose inputs all arrive together."""
QUESTIONS = (*FIELDS, *ASIDES, *estimates.INPUTS)

_TRUTHS = {"true": True, "false": False}
_LIKE_UNKNOWN = re.compile(rf"\\*({UNKNOWN}|\s*)")
"""A free text that reads like *don't know* gets a backslash in front in the mapping."""
_NOT_KNOWN = re.compile(r"(?:i )?(?:unknown|(?:do not|don'?t) know(?: yet)?|not known(?: yet)?|no idea)", re.IGNORECASE)
"""How people take a number back to *don't know*."""


@dataclass(frozen=True)
class InterviewState:
    """Answers by question, the questions answered *don't know*, and the order in which all were answered.

    ``inputs`` holds what estimates are calculated from; ``estimating`` is the input that is asked now.
    """

    answers: Mapping[str, Any] = field(default_factory=dict)
    unknown: frozenset[str] = frozenset()
    order: tuple[str, ...] = ()
    inputs: Mapping[str, Any] = field(default_factory=dict)
    estimating: str | None = None

    def __contains__(self, question: object) -> bool:
        return question in self.answers or question in self.unknown

    @property
    def counted(self) -> tuple[str, ...]:
        """The questions answered, in order, without those about the interview and those that an estimate answered."""
        estimated = VOLUME_ENDS if estimates.known_of("monthly_images", self.inputs) else ()
        return tuple(name for name in self.order if name not in (*ASIDES, *estimated))

    def answer(self, question: str, value: Any) -> InterviewState:
        """With one more answer, or a changed one; None is *don't know*. What no longer fits is dropped: ends of the
        range, and the decision to keep answers that clash.

        Raises BadInput when the value contradicts the other answers.
        """
        replaced = (question, CLASH) if question in self else (question,)
        answers = {name: known for name, known in self.answers.items() if name not in replaced}
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

        ``help`` starts the estimate of an amount, a bill without its images starts one with the bill, and a change of
        ``clash`` answers the question it names. An input that is not known leaves the estimate; its inputs are kept.
        Raises BadInput.
        """
        if question == CLASH and text != KEEP:
            changes = [change.partition("=")[::2] for change in text.split("&")]
            return reduce(lambda state, change: state.answer(change[0], _changed(*change)), changes, self)
        if text.strip().lower() == HELP and estimates.can_be_estimated(question, self.answers):
            return self.estimate(question)
        value = parse_answer(question, text)
        if isinstance(value, TypedBill):
            return self._from_bill(question, value)
        if question not in estimates.INPUTS:
            return self.answer(question, value)
        if value is None and not text.strip():
            value = estimates.blank_value(question, self.answers)
        if value is None:
            return self.without_estimate()
        inputs = {**self.inputs, question: value}
        return replace(self, inputs=inputs)._at(estimates.neighbour(question, inputs, self.answers, 1), question)

    def with_answers(self, answers: Mapping[str, Any]) -> InterviewState:
        """With several answers together; None takes one back. Raises BadInput when they do not fit."""
        so_far = {name: known for name, known in self.answers.items() if name != CLASH or not answers}
        kept = {name: known for name, known in {**so_far, **answers}.items() if known is not None}
        return self._with(kept, self.unknown - set(answers), (*self.order, *answers), self._inputs_except(answers))

    def estimate(self, question: str) -> InterviewState:
        """With an estimate of a question in progress: each input is asked, with its earlier answer where it has one."""
        return replace(self, estimating=estimates.needed_inputs(question, self.inputs, self.answers)[0])

    def estimated(self, question: str, inputs: Mapping[str, Any]) -> InterviewState:
        """With the inputs of an estimate together, and the answers they lead to; the first one that is missing is
        asked next. Raises BadInput for a result out of bounds.
        """
        return replace(self, inputs={**self._inputs_except([question]), **inputs})._at(None, question)

    def without_estimate(self) -> InterviewState:
        """Without the estimate in progress; its inputs are kept."""
        return replace(self, estimating=None)

    def back_in_estimate(self) -> InterviewState:
        """At the input before; before the first one, at the question itself."""
        if self.estimating is None:
            return self
        return replace(self, estimating=estimates.neighbour(self.estimating, self.inputs, self.answers, -1))

    def previous(self, question: str | None) -> str | None:
        """The question answered before this one; for one that is not answered yet, the last one answered."""
        order = [name for name in self.order if name != CLASH]
        if question in order:
            return order[max(0, order.index(question) - 1)]
        return order[-1] if order else question

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
        bills = {name: values.pop(name) for name, value in [*values.items()] if isinstance(value, TypedBill)}
        answers = {name: value for name, value in values.items() if value is not None}
        known = validated({name: value for name, value in answers.items() if name in FIELDS}, where)
        answers |= known.model_dump(exclude_none=True)
        if estimating and not estimates.can_be_estimated(estimates.estimated_by(estimating), answers):
            estimating = None
        if estimating in estimates.ESTIMABLE:
            blank = {name: estimates.blank_value(name, answers) for name, value in inputs.items() if value is None}
            inputs |= {name: value for name, value in blank.items() if estimates.estimated_by(name) == estimating}
        inputs = {name: value for name, value in inputs.items() if value is not None}
        state = cls(answers, frozenset(values) - set(answers), tuple(values), inputs)
        for name, bill in bills.items():
            state = state._from_bill(name, bill)
        if estimating in estimates.ESTIMABLE:
            return state._at(estimates.missing_input(estimating, inputs, answers), estimating)
        return replace(state, estimating=estimating) if estimating else state

    def _at(self, input: str | None, of: str) -> InterviewState:
        """Asking an input next; after the last one the first that is missing, else the estimate's answers."""
        question = estimates.estimated_by(of)
        input = input or estimates.missing_input(question, self.inputs, self.answers)
        if input:
            return replace(self, estimating=input)
        found = estimates.estimate(question, self.inputs, self.answers)
        return replace(self.with_answers(found), inputs=self.inputs)

    def _from_bill(self, question: str, bill: TypedBill) -> InterviewState:
        """A price from a bill; where its images were not typed, they are asked next."""
        inputs = self._inputs_except([question])
        for name, value in bill._asdict().items():
            if value is not None:
                inputs[f"{question}.{name}"] = estimates.parse_input(f"{question}.{name}", plain(value), "the answer")
        return replace(self, inputs=inputs)._at(None if bill.images is not None else f"{question}.images", question)

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


def parse_answer(question: str, text: str, where: str = "the answer") -> Any:
    """An answer as a person types it, for any question; None for *don't know*. Raises BadInput.

    A price may be typed as a bill, which is then a TypedBill.
    """
    if question == ESTIMATING:
        return _one_of(text, (*estimates.ESTIMABLE, *estimates.INPUTS), question, where)
    if question not in QUESTIONS:
        what = f"{quoted(question)} is not a question of the interview"
        raise BadInput(Problem(what, where, help=did_you_mean(question, QUESTIONS)))
    if question in EXTRAS:
        return _TRUTHS[_one_of(text, tuple(_TRUTHS), question, where)]
    if question == CLASH:
        return _one_of(text, (KEEP,), question, where)
    if text == UNKNOWN or not text.strip() or (_is_number(question) and _NOT_KNOWN.fullmatch(text.strip())):
        return None
    if question in estimates.INPUTS:
        return estimates.parse_input(question, text, where)
    if question in PRICE_OF.values():
        try:
            bill = typed_bill(text)
        except NotANumber as error:
            raise BadInput(Problem(str(error), where, field=question, help=error.help)) from None
        if bill:
            return bill
    return text[1:] if _LIKE_UNKNOWN.fullmatch(text) else typed_answer(question, text, where)


def _changed(field: str, text: str) -> Any:
    """The new answer in a change of ``clash``. Raises BadInput."""
    value = parse_answer(_one_of(field, tuple(FIELDS), CLASH, "the answer"), text)
    if isinstance(value, TypedBill):
        raise BadInput(Problem(f"{quoted(text)} is a bill, not a change", "the answer", field=CLASH))
    return value


def _is_number(question: str) -> bool:
    return question in estimates.INPUTS or FIELDS[question].quantity is not None


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


_MAX_TYPED = 200
_QUOTIENT = re.compile(r"(?P<bill>[^/]+)/(?P<images>[^/]+)")
_SENTENCE = re.compile(
    r"(?:(?:my|our|the)\s+)?(?:monthly\s+)?bill\s*(?:is|was|of|:|=)?\s*(?:about\s+)?(?P<bill>.*?)"
    r"(?:\s+(?:a|per|each)\s+month)?(?:\s*(?:/|\bfor\b|\bper\b)\s*(?P<images>[^/]*))?",
    re.IGNORECASE,
)
_UNITS = re.compile(
    r"\s*(?:(?:images?|pictures?|seconds?(?: of video)?)(?:\s+(?:a|per|each)\s+month)?)\s*$", re.IGNORECASE
)


class TypedBill(NamedTuple):
    """A bill in dollars, and how many images it was for; None where that was not typed."""

    bill: Decimal
    images: Decimal | None


def typed_bill(text: str) -> TypedBill | None:
    """The bill in a text; None for a text that is no bill. Raises NotANumber for a number in it that is none.

    >>> typed_bill("1900/45000"), typed_bill("my bill is $1,900 a month"), typed_bill("0.03")
    (TypedBill(bill=Decimal('1900'), images=Decimal('45000')), TypedBill(bill=Decimal('1900'), images=None), None)
    >>> typed_bill("our bill was 1.9k for 45k images")
    TypedBill(bill=Decimal('1900'), images=Decimal('45000'))
    """
    if len(text) > _MAX_TYPED:
        return None
    match = _SENTENCE.fullmatch(text.strip()) or _QUOTIENT.fullmatch(text.strip())
    if not match:
        return None
    images = _UNITS.sub("", match["images"] or "").strip()
    bill = typed(match["bill"].strip(), money=True)
    if match["images"] is not None and not images:
        raise NotANumber("the images that the bill was for are missing", "write the bill and the images: 1900/45000")
    return TypedBill(bill, typed(images, money=False, whole=True) if images else None)


# ---- the draft on disk: written whole after every answer, read again by ``--resume``


def draft_path(folder: Path, name: str) -> Path:
    """Where the draft of an interview is kept."""
    return folder / f"{name}.interview.json"


def save_draft(path: Path, state: InterviewState) -> None:
    """Writes the draft, with the inputs of estimates. Raises BadInput when the folder cannot be written."""
    write_whole(path, json.dumps({"answers": state.to_mapping()}, indent=2, ensure_ascii=False) + "\n")


def load_draft(path: Path) -> InterviewState:
    """Reads a draft. Raises BadInput for a missing or a damaged one."""
    if not is_file(path):
        raise BadInput(Problem("there is no interview to resume", str(path), help="start one: advisor interview"))
    try:
        mapping = json.loads(read_text(str(path)))["answers"]
        if not isinstance(mapping, dict) or not all(isinstance(text, str) for text in mapping.values()):
            raise ValueError
        return InterviewState.from_mapping(mapping, str(path))
    except (ValueError, KeyError, TypeError, RecursionError):
        help = "start again without --resume, or repair the file"
        raise BadInput(Problem("this is not the draft of an interview", str(path), help=help)) from None
