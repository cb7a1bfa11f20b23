"""Estimates of amounts that few people know: their inputs, and the exact arithmetic.

An input has an id such as ``monthly_overhead.on_call``: the question it helps to answer, and its own name.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_CEILING, ROUND_DOWN, Decimal, localcontext
from typing import Any

from advisor.common.diagnostics import BadInput, Problem, quoted
from advisor.domain.quantity import NotANumber, Quantity
from advisor.domain.scenario import FIELDS

SECONDS_AN_HOUR = 3600
MONTHS_AHEAD = 12
MANY_STEPS, FEW_STEPS = 20, 4

_PLACES, _LEAST, _MOST = 12, Decimal("0.000001"), Decimal(10**12)
_DIGITS = 60
"""Enough for any product of inputs."""


def _amount(unit: str, example: str, least: Decimal = Decimal(0), *, money: bool = False) -> Quantity:
    return Quantity(unit, _PLACES, least, _MOST, money, example)


_VOLUME = Quantity("images a month", 0, Decimal(1), _MOST, example="50000")
_WAYS, _SHAPES = ("seconds", "steps"), ("steady", "growing", "unpredictable")
INPUTS: Mapping[str, Quantity | tuple[str, ...]] = {
    "monthly_images.expected": _VOLUME,
    "monthly_images.development": _SHAPES,
    "monthly_images.growth": _amount("percent a month", "5"),
    "monthly_images.worst": _VOLUME,
    "monthly_images.best": _VOLUME,
    "images_per_gpu_hour.known": _WAYS,
    "images_per_gpu_hour.seconds_per_image": _amount("seconds", "6", _LEAST),
    "images_per_gpu_hour.steps": _amount("steps", "20", _LEAST),
    "images_per_gpu_hour.seconds_per_step": _amount("seconds", "0.3", _LEAST),
    "monthly_overhead.engineering_hours": _amount("hours a month", "20"),
    "monthly_overhead.hourly_rate": _amount("dollars per hour", "80", money=True),
    "monthly_overhead.on_call": _amount("dollars a month", "300", money=True),
    "monthly_overhead.idle_gpu_hours": _amount("hours a month", "100"),
    "monthly_overhead.gpu_hour_price": _amount("dollars per GPU-hour", "1.20", money=True),
}
"""The type of each input: a quantity, or options."""
_DEPENDENT = {
    "monthly_images.growth": "growing",
    "monthly_images.worst": "unpredictable",
    "monthly_images.best": "unpredictable",
    "images_per_gpu_hour.seconds_per_image": "seconds",
    "images_per_gpu_hour.steps": "steps",
    "images_per_gpu_hour.seconds_per_step": "steps",
}
"""Inputs that are needed only after this option was chosen."""
ESTIMABLE = tuple(dict.fromkeys(name.partition(".")[0] for name in INPUTS))


def estimated_by(input: str) -> str:
    """The question that an input helps to answer."""
    return input.partition(".")[0]


def next_input(question: str, inputs: Mapping[str, Any], answers: Mapping[str, Any]) -> str | None:
    """The next input that the estimate of a question needs; None when all are known."""
    for name in INPUTS:
        needed = estimated_by(name) == question and name not in inputs
        known = name == "monthly_overhead.gpu_hour_price" and "gpu_hour_price" in answers
        if needed and not known and (name not in _DEPENDENT or _DEPENDENT[name] in inputs.values()):
            return name
    return None


def parse_input(name: str, text: str, where: str) -> Any:
    """An input as a person types it. Raises BadInput."""
    kind = INPUTS[name]
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
    known = {name.partition(".")[2]: value for name, value in inputs.items() if estimated_by(name) == question}
    with localcontext(prec=_DIGITS):
        if question == "monthly_overhead":
            known.setdefault("gpu_hour_price", answers.get("gpu_hour_price"))
            found = {question: overhead(**known)}
        elif question == "images_per_gpu_hour":
            by_step = known["known"] == "steps"
            seconds = known["steps"] * known["seconds_per_step"] if by_step else known["seconds_per_image"]
            found = {question: throughput(seconds)}
        else:
            found = _volumes(known)
        return {name: _kept(name, value) for name, value in found.items()}


def _volumes(known: Mapping[str, Any]) -> dict[str, Decimal]:
    expected = low = high = known["expected"]
    if known["development"] == "growing":
        high = grown(expected, known["growth"])
    elif known["development"] == "unpredictable":
        low, high = known["worst"], known["best"]
    return {
        "monthly_images": expected,
        "monthly_images_low": min(low, expected),
        "monthly_images_high": max(high, expected),
    }


def _kept(field: str, value: Decimal) -> Decimal:
    quantity = FIELDS[field].quantity
    assert quantity is not None
    try:
        in_bounds = value <= quantity.most
        return quantity.check(value.quantize(Decimal(1).scaleb(-quantity.places)) if in_bounds else value)
    except NotANumber as error:
        raise BadInput(Problem(str(error), "the estimate", field=field, help=error.help)) from None


def overhead(
    engineering_hours: Decimal, hourly_rate: Decimal, on_call: Decimal, idle_gpu_hours: Decimal, gpu_hour_price: Decimal
) -> Decimal:
    """E in dollars a month: engineering hours at their rate, on-call pay, and GPU hours paid while idle.

    >>> overhead(Decimal(20), Decimal(80), Decimal(300), Decimal(100), Decimal("1.20"))
    Decimal('2020.00')
    """
    return engineering_hours * hourly_rate + on_call + idle_gpu_hours * gpu_hour_price


def throughput(seconds_per_image: Decimal) -> Decimal:
    """r in images per GPU-hour from seconds an image (more than zero), rounded down to three places.

    >>> throughput(Decimal(6))
    Decimal('600.000')
    """
    return (SECONDS_AN_HOUR / seconds_per_image).quantize(Decimal("0.001"), rounding=ROUND_DOWN)


def few_step_throughput(images_per_hour: Decimal) -> Decimal:
    """r with four steps instead of twenty (Section 38.3, research frontier).

    >>> few_step_throughput(Decimal(600))
    Decimal('3000')
    """
    return images_per_hour * MANY_STEPS / FEW_STEPS


def grown(volume: Decimal, percent_a_month: Decimal) -> Decimal:
    """The volume a year from now at a steady monthly growth, rounded up to a whole image.

    >>> grown(Decimal(10_000), Decimal(10))
    Decimal('31385')
    """
    with localcontext(prec=_DIGITS):
        return (volume * (1 + percent_a_month / 100) ** MONTHS_AHEAD).to_integral_value(rounding=ROUND_CEILING)
