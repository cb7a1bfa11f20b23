"""Answers as people read them: amounts with their unit, options by their short names, estimates with their steps."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from advisor.common.diagnostics import BadInput, Problem
from advisor.domain.cost_model import GPU_MONTH_HOURS, PRICE_OF, VOLUME_ENDS, VOLUMES
from advisor.domain.formatting import grouped, price
from advisor.domain.quantity import Quantity
from advisor.domain.scenario import FIELDS
from advisor.interview import estimates
from advisor.interview.estimate_formulas import MANY_STEPS, few_step_throughput, rounded, worksheet
from advisor.interview.state import UNKNOWN, InterviewState, answer_text
from advisor.interview.typed_bills import TypedBill
from advisor.rulebook.symbols import MODEL
from advisor.wording import interview as words
from advisor.wording.questions import FILE, InputWording, Wording, wordings

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
        wording = wordings(self.templates)[parent].about(**self._nouns(state))
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
        nouns = self._nouns(state)
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
            return f"{grouped(value)} {unit.removesuffix('s') if unit == 'GPUs' and value == 1 else unit}"
        if question == MODEL:
            return self._checkpoints.get(value, str(value))
        known, text = self.wording(question, state).answers, answer_text(value)
        return known[text].short if text in known else str(value)

    def answered(self, question: str, state: InterviewState) -> str:
        """The answer of a question in words; what its wording calls *don't know* where it is not known."""
        if question in state.answers:
            return self.shown(question, state.answers[question], state)
        own = self.wording(question, state).answers.get(UNKNOWN)
        return own.short if own else words.NOT_KNOWN

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
        if not known or question not in state.answers:
            return ()
        if estimates.missing_input(question, state.inputs, state.answers):
            return ()
        if question in PRICE_OF.values():
            images = f"{grouped(known['images'])} {self._nouns(state)['units']}"
            return (words.BILL.format(bill=price(known["bill"]), images=images),)
        if question == "monthly_overhead":
            return self._worksheet({**known, "gpu_hour_price": self._gpu_price(known, state)})
        if question == "images_per_gpu_hour":
            faster = few_step_throughput(state.answers[question], known.get("steps"))
            before = grouped(known.get("steps") or MANY_STEPS)
            return (words.FEWER_STEPS.format(rate=grouped(faster), steps=before),) if faster else ()
        return ()

    def _result(self, question: str, state: InterviewState) -> str:
        if question != "monthly_images" or any(name not in state.answers for name in VOLUMES):
            return self.shown(question, state.answers[question], state)
        low, expected, high = (grouped(state.answers[name]) for name in VOLUMES)
        if low == high:
            return self.shown(question, state.answers[question], state)
        return words.VOLUMES.format(expected=expected, low=low, high=high, units=self._nouns(state)["units"])

    def _worksheet(self, known: dict[str, Any]) -> tuple[str, ...]:
        steps = {
            "engineering": words.ENGINEERING_STEP.format(
                hours=grouped(known["engineering_hours"]), rate=price(known.get("hourly_rate", _NOTHING))
            ),
            "spare_gpus": words.SPARE_STEP.format(
                gpus=grouped(known.get("spare_gpus", 0)),
                hours=GPU_MONTH_HOURS,
                rate=price(known["gpu_hour_price"] or _NOTHING),
            ),
        }
        return tuple(
            f"{words.WORKSHEET[name]}: {steps[name] if name in steps and amount else ''}"
            f"{price(rounded(amount, 6, 'ROUND_UP'))}"
            for name, amount in worksheet(known)
            if name != "spare_gpus" or name in known
        )

    def _gpu_price(self, known: dict[str, Any], state: InterviewState) -> Any:
        return known.get("gpu_hour_price", state.answers.get("gpu_hour_price"))

    def _nouns(self, state: InterviewState) -> dict[str, str]:
        video = state.answers.get("unit") == "video_second"
        return {
            "units": "seconds of video" if video else "images",
            "unit": "second of video" if video else "image",
            "media": "video" if video else "images",
        }


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
