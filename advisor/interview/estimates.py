"""Estimates of amounts that few people know: their inputs, in which order, and what they amount to.

An input has an id such as ``monthly_overhead.on_call``: the question it helps to answer, and its own name. A formula
takes the inputs of one estimate by their short names, as Decimal, with the answers so far.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_UP, Decimal
from fractions import Fraction
from typing import Any

from advisor.common.diagnostics import BadInput, Problem, quoted
from advisor.domain.cost_model import GPU_MONTH_HOURS, PRICE_OF, VOLUME_ENDS, VOLUMES
from advisor.domain.quantity import NotANumber, Quantity, grouped, plain
from advisor.domain.scenario import FIELDS

SECONDS_AN_HOUR = 3600
DAYS_A_MONTH = Fraction(GPU_MONTH_HOURS, 24)
MONTHS_A_YEAR = 12
MANY_STEPS, FEW_STEPS = 20, 4
"""Steps of a usual model and of a distilled one (Section 38.3, research frontier)."""
Known = Mapping[str, Any]
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


def _dollars(unit: str, example: str) -> Quantity:
    return Quantity(unit, _PLACES, Decimal(0), _MOST, True, example)


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


# ---- what the inputs amount to, exactly: fractions, rounded once to the places of the field


def bill_price(known: Known) -> Fraction:
    """Dollars per image from a monthly bill in dollars and the images it was for.

    >>> bill_price({"bill": Decimal(1900), "images": Decimal(45_000)})
    Fraction(19, 450)
    """
    return Fraction(known["bill"]) / Fraction(known["images"])


def gpu_hour(known: Known) -> Fraction:
    """G in dollars per GPU-hour from a monthly rent, or from a purchase written off over years with its running cost.

    >>> gpu_hour({"known": "monthly", "rent": Decimal(876)})
    Fraction(6, 5)
    """
    if known["known"] == "monthly":
        return Fraction(known["rent"]) / GPU_MONTH_HOURS
    a_month = Fraction(known["purchase"]) / (Fraction(known["years"]) * MONTHS_A_YEAR) + Fraction(known["running"])
    return a_month / GPU_MONTH_HOURS


def throughput(known: Known) -> Fraction:
    """r in images per GPU-hour: images in a batch, over the seconds that the batch takes.

    >>> throughput({"known": "image", "seconds": Decimal(6)})
    Fraction(600, 1)
    >>> throughput({"known": "batch", "batch": Decimal(4), "batch_seconds": Decimal(12)})
    Fraction(1200, 1)
    >>> throughput({"known": "steps", "steps": Decimal(20), "step_seconds": Decimal("0.3")})
    Fraction(600, 1)
    """
    if known["known"] == "batch":
        return Fraction(known["batch"]) * SECONDS_AN_HOUR / Fraction(known["batch_seconds"])
    if known["known"] == "steps":
        return SECONDS_AN_HOUR / (Fraction(known["steps"]) * Fraction(known["step_seconds"]))
    return SECONDS_AN_HOUR / Fraction(known["seconds"])


def few_step_throughput(images_per_hour: Decimal, steps: Decimal | None = None) -> Decimal | None:
    """r with four steps instead of so many (twenty if not known), to three places; None where that is no gain.

    >>> few_step_throughput(Decimal(600)), few_step_throughput(Decimal(600), Decimal(4))
    (Decimal('3000'), None)
    """
    before = Fraction(MANY_STEPS if steps is None else steps)
    return rounded(Fraction(images_per_hour) * before / FEW_STEPS, 3, ROUND_DOWN) if before > FEW_STEPS else None


def worksheet(known: Known) -> tuple[tuple[str, Fraction], ...]:
    """The lines of the overhead worksheet: their names, and dollars a month.

    ``gpu_hour_price`` is read only where GPUs are kept as spares.

    >>> lines = {"engineering_hours": Decimal(20), "hourly_rate": Decimal(80), "on_call": Decimal(300)}
    >>> worksheet({**lines, "monitoring": Decimal(0), "spare_gpus": Decimal(0)})[0]
    ('engineering', Fraction(1600, 1))
    """
    hours, spare = Fraction(known["engineering_hours"]), Fraction(known.get("spare_gpus", 0))
    return (
        ("engineering", hours * Fraction(known.get("hourly_rate", 0))),
        ("on_call", Fraction(known["on_call"])),
        ("monitoring", Fraction(known["monitoring"])),
        ("spare_gpus", spare * GPU_MONTH_HOURS * Fraction(known["gpu_hour_price"]) if spare else Fraction(0)),
    )


def volumes(known: Known) -> tuple[Fraction, Fraction, Fraction]:
    """The quietest, the expected and the busiest month, in images generated.

    With growth the month now is the expected and the quietest one, and the end of the horizon the busiest.

    >>> usual = {"known": "day", "per_day": Decimal(48), "kept": Decimal(3)}
    >>> [int(month) for month in volumes({**usual, "development": "steady"})]
    [4380, 4380, 4380]
    >>> growth = {"development": "growing", "growth": Decimal(10), "horizon": Decimal(12)}
    >>> [int(month) for month in volumes({**usual, **growth})]
    [4380, 4380, 13746]
    """
    usual = {
        "month": lambda: Fraction(known["expected"]),
        "day": lambda: Fraction(known["per_day"]) * DAYS_A_MONTH,
        "users": lambda: Fraction(known["users"]) * Fraction(known["per_user"]),
    }[known["known"]]()
    low = high = usual
    if known["development"] == "growing":
        high = usual * (1 + Fraction(known["growth"]) / 100) ** int(known["horizon"])
    elif known["development"] == "unpredictable":
        low, high = min(usual, Fraction(known["quietest"])), max(usual, Fraction(known["busiest"]))
    each_kept = Fraction(known["kept"])
    return low * each_kept, usual * each_kept, high * each_kept


def share_of_month(known: Known) -> Fraction:
    """A month from its percentage of the expected one."""
    return Fraction(known["percent"]) / 100 * Fraction(known["monthly_images"])


def peak_to_mean(known: Known) -> Fraction:
    """How many times as busy as the mean hour the busiest one is, from its images and those of the month.

    >>> peak_to_mean({"busiest_hour": Decimal(200), "images": Decimal(73_000)})
    Fraction(2, 1)
    """
    return Fraction(known["busiest_hour"]) * GPU_MONTH_HOURS / Fraction(known["images"])


def moving(known: Known) -> Fraction:
    """Dollars once: weeks of work at their cost, and what runs twice meanwhile."""
    return Fraction(known["weeks"]) * Fraction(known.get("weekly_cost", 0)) + Fraction(known["running_both"])


_ONE: Mapping[str, tuple[Callable[[Known], Fraction], str]] = {
    **dict.fromkeys(PRICE_OF.values(), (bill_price, ROUND_HALF_EVEN)),
    **dict.fromkeys(VOLUME_ENDS, (share_of_month, ROUND_UP)),
    "gpu_hour_price": (gpu_hour, ROUND_HALF_EVEN),
    "images_per_gpu_hour": (throughput, ROUND_DOWN),
    "monthly_overhead": (lambda known: sum((amount for _, amount in worksheet(known)), Fraction(0)), ROUND_UP),
    "peak_to_mean": (peak_to_mean, ROUND_UP),
    "migration_cost": (moving, ROUND_UP),
    "annual_revenue_usd": (lambda known: Fraction(known["monthly_revenue"]) * MONTHS_A_YEAR, ROUND_HALF_EVEN),
}
"""The formula of each estimate of one field, and how its result is rounded to the places of the field."""


def estimate(question: str, inputs: Mapping[str, Any], answers: Mapping[str, Any]) -> dict[str, Decimal]:
    """The answers that complete inputs lead to. Raises BadInput for one out of bounds."""
    needed = needed_inputs(question, inputs, answers)
    known = {**answers, **known_of(question, {name: inputs[name] for name in needed})}
    if question == "monthly_images":
        return {name: _kept(name, month, ROUND_UP) for name, month in zip(VOLUMES, volumes(known), strict=True)}
    formula, rounding = _ONE[question]
    return {question: _kept(question, formula(known), rounding)}


def rounded(value: Fraction, places: int, rounding: str) -> Decimal:
    """A fraction that is not negative as a Decimal of so many places.

    >>> rounded(Fraction(19, 450), 6, ROUND_HALF_EVEN), rounded(Fraction(1, 3), 0, ROUND_UP)
    (Decimal('0.042222'), Decimal('1'))
    """
    scaled = value * 10**places
    steps = {ROUND_UP: -(-scaled.numerator // scaled.denominator), ROUND_DOWN: int(scaled)}.get(rounding, round(scaled))
    digits = tuple(map(int, str(steps)))
    return Decimal(plain(Decimal((0, digits, -places))))


def _kept(field: str, value: Fraction, rounding: str) -> Decimal:
    quantity = FIELDS[field].quantity
    assert quantity is not None
    within = value <= Fraction(quantity.most)
    result = rounded(value, quantity.places, rounding) if within else quantity.most
    if not within or result < quantity.least:
        bound = f"less than {grouped(quantity.least)}" if within else f"more than {grouped(quantity.most)}"
        help = "check the numbers it was calculated from, and their units"
        raise BadInput(Problem(f"the estimate is {bound} {quantity.unit}", None, field=field, help=help))
    return result
