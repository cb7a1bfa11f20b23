"""Estimates of amounts that few people know: which inputs each one takes, in which order, and how they are read.

An input has an id such as ``monthly_overhead.on_call``: the question it helps to answer, and its own name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from advisor.common.diagnostics import BadInput, Problem, quoted
from advisor.domain.cost_model import PRICE_OF, VOLUME_ENDS
from advisor.domain.quantity import NotANumber, Quantity
from advisor.interview.estimate_formulas import Known, calculated

_PLACES, _LEAST, _MOST = 6, Decimal("0.000001"), Decimal(10**12)
_MAX_GROWTH, _MAX_HORIZON, _MAX_YEARS = Decimal(1_000), Decimal(120), Decimal(100)


@dataclass(frozen=True)
class Input:
    """One input: a quantity or options; ``when`` the estimate needs it, and what enter alone (``blank``) means."""

    kind: Quantity | tuple[str, ...]
    when: Callable[[Known, Known], bool] = lambda known, answers: True
    blank: Callable[[Known], Decimal | None] = lambda answers: None


def _amount(unit: str, example: str, least: Decimal = Decimal(0), most: Decimal = _MOST) -> Quantity:
    return Quantity(unit, _PLACES, least, most, False, example)


def _whole(unit: str, example: str, most: Decimal = _MOST) -> Quantity:
    return Quantity(unit, 0, Decimal(1), most, False, example)


def _dollars(unit: str, example: str, least: Decimal = Decimal(0)) -> Quantity:
    return Quantity(unit, _PLACES, least, _MOST, True, example)


def _after(name: str, option: str) -> Callable[[Known, Known], bool]:
    return lambda known, answers: known.get(name) == option


def _is(value: int) -> Callable[[Known], Decimal | None]:
    return lambda answers: Decimal(value)


_BILL: Mapping[str, Input] = {
    "bill": Input(_dollars("dollars a month", "1900")),
    "images": Input(_whole("images", "45000"), blank=lambda answers: answers.get("monthly_images")),
}
_SHARE: Mapping[str, Input] = {"percent": Input(_amount("percent", "50"))}
_ESTIMATES: Mapping[str, Mapping[str, Input]] = {
    **dict.fromkeys(PRICE_OF.values(), _BILL),
    "monthly_images": {
        "known": Input(("month", "day", "users")),
        "expected": Input(_whole("images a month", "50000"), _after("known", "month")),
        "per_day": Input(_amount("images a day", "1500", _LEAST), _after("known", "day")),
        "users": Input(_whole("users", "1000"), _after("known", "users")),
        "per_user": Input(_amount("images a month", "20", _LEAST), _after("known", "users")),
        "kept": Input(_amount("generated for each one kept", "3", Decimal(1)), blank=_is(1)),
        "development": Input(("steady", "growing", "unpredictable")),
        "growth": Input(_amount("percent a month", "5", most=_MAX_GROWTH), _after("development", "growing")),
        "horizon": Input(_whole("months", "12", _MAX_HORIZON), _after("development", "growing"), _is(12)),
        "quietest": Input(_whole("images a month", "20000"), _after("development", "unpredictable")),
        "busiest": Input(_whole("images a month", "90000"), _after("development", "unpredictable")),
    },
    **dict.fromkeys(VOLUME_ENDS, _SHARE),
    "gpu_hour_price": {
        "known": Input(("monthly", "bought")),
        "rent": Input(_dollars("dollars a month", "900"), _after("known", "monthly")),
        "purchase": Input(_dollars("dollars", "30000"), _after("known", "bought")),
        "years": Input(_amount("years", "3", Decimal("0.1"), _MAX_YEARS), _after("known", "bought")),
        "running": Input(_dollars("dollars a month", "150"), _after("known", "bought"), _is(0)),
    },
    "images_per_gpu_hour": {
        "known": Input(("image", "batch", "steps")),
        "seconds": Input(_amount("seconds", "6", _LEAST), _after("known", "image")),
        "batch": Input(_whole("images", "4"), _after("known", "batch")),
        "batch_seconds": Input(_amount("seconds", "20", _LEAST), _after("known", "batch")),
        "steps": Input(_whole("steps", "20"), _after("known", "steps")),
        "step_seconds": Input(_amount("seconds", "0.3", _LEAST), _after("known", "steps")),
    },
    "monthly_overhead": {
        "engineering_hours": Input(_amount("hours a month", "20"), blank=_is(0)),
        "hourly_rate": Input(
            _dollars("dollars per hour", "80"), lambda known, answers: bool(known.get("engineering_hours"))
        ),
        "on_call": Input(_dollars("dollars a month", "300"), blank=_is(0)),
        "monitoring": Input(_dollars("dollars a month", "50"), blank=_is(0)),
        "spare_gpus": Input(
            _amount("GPUs", "1"), lambda known, answers: answers.get("gpu_billing") != "always_on", _is(0)
        ),
        "gpu_hour_price": Input(
            _dollars("dollars per GPU-hour", "1.20"),
            lambda known, answers: bool(known.get("spare_gpus")) and "gpu_hour_price" not in answers,
        ),
    },
    "peak_to_mean": {
        "busiest_hour": Input(_amount("images", "250", _LEAST)),
        "images": Input(_whole("images a month", "50000"), blank=lambda answers: answers.get("monthly_images")),
    },
    "migration_cost": {
        "weeks": Input(_amount("weeks", "4"), blank=_is(0)),
        "weekly_cost": Input(_dollars("dollars a week", "3000"), lambda known, answers: bool(known.get("weeks"))),
        "running_both": Input(_dollars("dollars", "1000"), blank=_is(0)),
    },
    "annual_revenue_usd": {"monthly_revenue": Input(_dollars("dollars a month", "80000"))},
}
INPUTS: Mapping[str, Input] = {
    f"{question}.{name}": input for question, inputs in _ESTIMATES.items() for name, input in inputs.items()
}
ESTIMABLE = tuple(_ESTIMATES)
"""The questions that can be estimated."""


def estimated_by(input: str) -> str:
    """The question that an input helps to answer; a question itself is its own."""
    return input.partition(".")[0]


def known_of(question: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs of one estimate by their short names."""
    return {name.partition(".")[2]: value for name, value in inputs.items() if estimated_by(name) == question}


def can_be_estimated(question: str, answers: Mapping[str, Any]) -> bool:
    """Whether ``help`` estimates this question now; an end of the range is a share of the expected month."""
    return question in _ESTIMATES and (question not in VOLUME_ENDS or "monthly_images" in answers)


def needed_inputs(question: str, inputs: Mapping[str, Any], answers: Mapping[str, Any]) -> tuple[str, ...]:
    """The inputs an estimate takes, in the order they are asked for, as far as the ones known decide that."""
    known = known_of(question, inputs)
    return tuple(f"{question}.{name}" for name, input in _ESTIMATES[question].items() if input.when(known, answers))


def layout(question: str, answers: Mapping[str, Any]) -> dict[str, dict[str, tuple[str, ...]]]:
    """The inputs to ask for together, in order; for one with options, the inputs that only some of them need.

    >>> layout("images_per_gpu_hour", {})["images_per_gpu_hour.known"]["image"]
    ('images_per_gpu_hour.seconds',)
    """
    options = {f"{question}.{name}": each.kind for name, each in _ESTIMATES[question].items()}
    some = {name: Decimal(1) if isinstance(kind, Quantity) else kind[0] for name, kind in options.items()}
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for name, kind in options.items():
        if isinstance(kind, Quantity):
            continue
        needed = {option: needed_inputs(question, {**some, name: option}, answers) for option in kind}
        always = set.intersection(*map(set, needed.values()))
        found[name] = {option: tuple(each for each in names if each not in always) for option, names in needed.items()}
    under = {each for by_option in found.values() for names in by_option.values() for each in names}
    return {name: found.get(name, {}) for name in needed_inputs(question, some, answers) if name not in under}


def missing_input(question: str, inputs: Mapping[str, Any], answers: Mapping[str, Any]) -> str | None:
    """The first input that the estimate needs and that is not known."""
    return next((name for name in needed_inputs(question, inputs, answers) if name not in inputs), None)


def neighbour(input: str, inputs: Mapping[str, Any], answers: Mapping[str, Any], step: int) -> str | None:
    """The input asked after this one (``step`` 1) or before it (-1); None at either end."""
    needed = needed_inputs(estimated_by(input), inputs, answers)
    place = needed.index(input) + step if input in needed else -1
    return needed[place] if 0 <= place < len(needed) else None


def blank_value(input: str, answers: Mapping[str, Any]) -> Decimal | None:
    """What enter alone counts as; None where the input is then not known."""
    return INPUTS[input].blank(answers)


def parse_input(name: str, text: str, where: str) -> Any:
    """An input as a person types it. Raises BadInput."""
    kind = INPUTS[name].kind
    try:
        if isinstance(kind, Quantity):
            return kind.parse(text)
        if text in kind:
            return text
        raise NotANumber(f"{quoted(text)} is not an option of `{name}`", f"write one of {', '.join(kind)}")
    except NotANumber as error:
        raise BadInput(Problem(str(error), where, field=name, help=error.help)) from None


def estimate(question: str, inputs: Mapping[str, Any], answers: Mapping[str, Any]) -> dict[str, Decimal]:
    """The answers that complete inputs lead to. Raises BadInput for one out of bounds."""
    needed = needed_inputs(question, inputs, answers)
    return calculated(question, known_of(question, {name: inputs[name] for name in needed}), answers)
