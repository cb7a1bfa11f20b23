"""Answers as people read them: amounts with their unit, estimates with their steps, what the catalogue supplies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from advisor.catalogue.entries import LicenceForm
from advisor.common.diagnostics import BadInput, Problem, quoted
from advisor.domain.cost_model import GPU_MONTH_HOURS, PRICE_OF, VOLUME_ENDS, VOLUMES
from advisor.domain.quantity import Quantity, grouped, price
from advisor.domain.scenario import FIELDS
from advisor.interview import estimates
from advisor.interview.estimates import INPUTS, MANY_STEPS, estimated_by, few_step_throughput, rounded, worksheet
from advisor.interview.flow import CheckpointChoice, SuppliedAmount
from advisor.interview.state import QUESTIONS, UNKNOWN, InterviewState, TypedBill, answer_text
from advisor.rulebook.symbols import MODEL
from advisor.wording import interview as words
from advisor.wording.labels import FILE, InputWording, Wording, nouns, wordings

_NOTHING = Decimal(0)


class AnswerTexts:
    """The words of questions and answers, in those of one folder of templates."""

    def __init__(self, templates: Path | None = None, checkpoints: Mapping[str, str] | None = None) -> None:
        """``checkpoints``: the labels of the catalogue's checkpoints by id."""
        self.templates, self._checkpoints = templates, checkpoints or {}

    def wording(self, question: str, state: InterviewState) -> Wording | InputWording:
        """The words of a question, for images or for seconds of video. Raises BadInput for a question without."""
        parent = estimates.estimated_by(question)
        if parent not in wordings(self.templates):
            help = f"describe it in {FILE}, like the other questions"
            raise BadInput(Problem(f"the question `{parent}` has no wording", str(self.templates or FILE), help=help))
        wording = wordings(self.templates)[parent].about(**_nouns(state))
        return wording if question == parent else wording.estimate[question.removeprefix(f"{parent}.")]

    def topic(self, question: str, state: InterviewState) -> str:
        """What a question is about, in the middle of a sentence."""
        wording = self.wording(question, state)
        return (wording.topic or wording.subject if isinstance(wording, Wording) else "") or f'"{wording.ask}"'

    def unit(self, question: str, state: InterviewState) -> str | None:
        """The unit of a number; None for anything else."""
        quantity = quantity_of(question)
        if not quantity:
            return None
        nouns = _nouns(state)
        return quantity.unit.replace("images", nouns["units"]).replace("image", nouns["unit"])

    def shown(self, question: str, value: Any, state: InterviewState) -> str:
        """An answer in words, an amount with its unit."""
        if isinstance(value, TypedBill):
            bill = f"{price(value.bill)} a month"
            return f"{bill} for {grouped(value.images)}" if value.images else f"a bill of {bill}"
        quantity, unit = quantity_of(question), self.unit(question, state)
        if quantity and quantity.money:
            return f"{price(value)} {(unit or '').removeprefix('dollars').strip(' ,')}".rstrip()
        if question == "peak_to_mean":
            return words.TIMES.format(times=grouped(value))
        if quantity:
            noun, space, rest = (unit or "").partition(" ")
            return f"{grouped(value)} {noun.removesuffix('s') if value == 1 else noun}{space}{rest}"
        if question == MODEL:
            return self._checkpoints.get(value, str(value))
        known, text = self.wording(question, state).answers, answer_text(value)
        return known[text].short if text in known else str(value)

    def answered(self, question: str, state: InterviewState) -> str:
        """The answer of a question in words; if not known, what its wording calls *don't know*, or what then counts."""
        if question in state.answers:
            return self.shown(question, state.answers[question], state)
        own = self.wording(question, state).answers.get(UNKNOWN)
        if own:
            return own.short
        blank = blank_of(question, state) if question in FIELDS else None
        return (
            words.NOT_KNOWN if blank is None else words.NOT_KNOWN_SO.format(answer=self.shown(question, blank, state))
        )

    def confirmation(self, question: str, state: InterviewState) -> tuple[str, ...]:
        """The interpretation of an accepted answer; for an input, the steps and the result of the complete estimate."""
        asked = estimates.estimated_by(question)
        if asked in state.unknown or state.estimating or asked not in state.answers:
            return ()
        if question == asked:
            return (f"= {self.shown(asked, state.answers[asked], state)}",)
        return self.noted(asked, state)

    def noted(self, question: str, state: InterviewState) -> tuple[str, ...]:
        """The interpretation of the answer of a question: the steps of its estimate, and its result."""
        if estimates.known_of(question, state.inputs):
            return (*self.steps(question, state), f"= {self._result(question, state)}")
        return (f"= {self.shown(question, state.answers[question], state)}",)

    def steps(self, question: str, state: InterviewState) -> tuple[str, ...]:
        """How an estimate leads to its answer, line by line; empty for an answer that was not estimated."""
        known = estimates.known_of(question, state.inputs)
        complete = known and not estimates.missing_input(question, state.inputs, state.answers)
        if not complete or question not in state.answers:
            return ()
        if question in PRICE_OF.values():
            images = f"{grouped(known['images'])} {_nouns(state)['units']}"
            return (words.BILL.format(bill=price(known["bill"]), images=images),)
        if question == "monthly_overhead":
            return self._worksheet({**state.answers, **known})
        if question == "images_per_gpu_hour":
            faster = few_step_throughput(state.answers[question], known.get("steps"))
            before = grouped(known.get("steps") or MANY_STEPS)
            return (words.FEWER_STEPS.format(rate=grouped(faster), steps=before),) if faster else ()
        return ()

    def _result(self, question: str, state: InterviewState) -> str:
        low, expected, high = (state.answers.get(name) for name in VOLUMES)
        if question != "monthly_images" or low is None or high is None or low == high:
            return self.shown(question, state.answers[question], state)
        low, expected, high = map(grouped, (low, expected, high))
        return words.VOLUMES.format(expected=expected, low=low, high=high, units=_nouns(state)["units"])

    def _worksheet(self, known: dict[str, Any]) -> tuple[str, ...]:
        steps = {
            "engineering": words.ENGINEERING_STEP.format(
                hours=grouped(known["engineering_hours"]), rate=price(known.get("hourly_rate", _NOTHING))
            ),
            "spare_gpus": words.SPARE_STEP.format(
                gpus=grouped(known.get("spare_gpus", 0)),
                hours=GPU_MONTH_HOURS,
                rate=price(known.get("gpu_hour_price", _NOTHING)),
            ),
        }
        return tuple(
            f"{words.WORKSHEET[name]}: {steps[name] if name in steps and amount else ''}"
            f"{price(rounded(amount, 6, 'ROUND_UP'))}"
            for name, amount in worksheet(known)
            if name != "spare_gpus" or name in known
        )


def _nouns(state: InterviewState) -> dict[str, str]:
    return nouns(state.answers.get("unit"))


def quantity_of(question: str) -> Quantity | None:
    """What a numeric question or input holds; None for anything else."""
    if question in estimates.INPUTS:
        kind = estimates.INPUTS[question].kind
        return kind if isinstance(kind, Quantity) else None
    return FIELDS[question].quantity if question in FIELDS else None


def blank_of(question: str, state: InterviewState) -> Any:
    """What enter alone counts as at a question that is not answered: a number; None where it is then not known."""
    if question in VOLUME_ENDS:
        return state.answers.get("monthly_images")
    if question == "min_gpus":
        return Decimal(InterviewState().scenario().fewest_gpus)
    return estimates.blank_value(question, state.answers) if question in estimates.INPUTS else None


def supplied_text(texts: AnswerTexts, name: str, amount: SuppliedAmount, state: InterviewState) -> str:
    """``the catalogue's price, $0.0014 to $0.005 per image (4 offers, 2026-08-21 to 2026-11-22)``."""
    figure = words.THROUGHPUT if name == "images_per_gpu_hour" else words.PRICE
    return words.SUPPLIED.format(figure=figure, amount=amount_text(texts, name, amount, state))


def amount_text(texts: AnswerTexts, name: str, amount: SuppliedAmount, state: InterviewState) -> str:
    """The range of an amount with the offers and the days that it is of."""
    most, quantity = texts.shown(name, amount.most, state), quantity_of(name)
    least = price(amount.least) if quantity and quantity.money else grouped(amount.least)
    span = most if amount.least == amount.most else words.SPAN.format(least=least, most=most)
    days = amount.first_day
    if amount.first_day != amount.last_day:
        days = words.SPAN.format(least=amount.first_day, most=amount.last_day)
    source = amount.offer or _counted(amount, words.MEASUREMENTS if name == "images_per_gpu_hour" else words.OFFERS)
    return words.SPAN_OF.format(span=span, source=source, days=days)


def _counted(amount: SuppliedAmount, nouns: tuple[str, str]) -> str:
    return f"{amount.figures} {nouns[amount.figures != 1]}"


def checkpoint_text(texts: AnswerTexts, choice: CheckpointChoice, state: InterviewState) -> str:
    """The licence of a checkpoint, what it costs hosted, and whether its throughput is known."""
    parts = [_licence_text(choice.entry.licence)]
    if choice.open_price:
        least = texts.shown("open_price", choice.open_price.least, state)
        parts.append(words.HOSTED_FROM.format(least=least, offers=_counted(choice.open_price, words.OFFERS)))
    elif choice.hosted:
        parts.append(words.NO_HOSTED_PRICE)
    if choice.images_per_gpu_hour:
        parts.append(words.MEASURED)
    return "; ".join(parts)


def _licence_text(licence: LicenceForm) -> str:
    use = words.COMMERCIAL_USE[licence.commercial_use]
    if isinstance(licence.revenue_cap_usd, Decimal):
        use = words.UP_TO_REVENUE.format(use=use, cap=price(licence.revenue_cap_usd))
    return f"{licence.name.partition(' (')[0]}, {use}"


# ---- questions without words, which `advisor rules check` reports

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
