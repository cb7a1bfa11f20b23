"""What the inputs of each estimate amount to, exactly: fractions, rounded once to the places of the field.

Every function takes the inputs of one estimate by their short names, as Decimal, and returns the answers it leads to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_UP, Decimal
from fractions import Fraction
from typing import Any

from advisor.common.diagnostics import BadInput, Problem
from advisor.domain.cost_model import GPU_MONTH_HOURS, PRICE_OF, VOLUMES
from advisor.domain.formatting import grouped, plain
from advisor.domain.scenario import FIELDS

SECONDS_AN_HOUR = 3600
DAYS_A_MONTH = Fraction(GPU_MONTH_HOURS, 24)
MONTHS_A_YEAR = 12
MANY_STEPS, FEW_STEPS = 20, 4
"""Steps of a usual model and of a distilled one (Section 38.3, research frontier)."""
Known = Mapping[str, Any]


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


def share_of_month(known: Known, answers: Known) -> Fraction:
    """A month from its percentage of the expected one."""
    return Fraction(known["percent"]) / 100 * Fraction(answers["monthly_images"])


def peak_to_mean(known: Known) -> Fraction:
    """How many times as busy as the mean hour the busiest one is, from its images and those of the month.

    >>> peak_to_mean({"busiest_hour": Decimal(200), "images": Decimal(73_000)})
    Fraction(2, 1)
    """
    return Fraction(known["busiest_hour"]) * GPU_MONTH_HOURS / Fraction(known["images"])


def moving(known: Known) -> Fraction:
    """Dollars once: weeks of work at their cost, and what runs twice meanwhile."""
    return Fraction(known["weeks"]) * Fraction(known.get("weekly_cost", 0)) + Fraction(known["running_both"])


def _overhead(known: Known, answers: Known) -> Fraction:
    price = known.get("gpu_hour_price", answers.get("gpu_hour_price"))
    return sum((amount for _, amount in worksheet({**known, "gpu_hour_price": price})), Fraction(0))


_ONE: Mapping[str, tuple[Callable[[Known, Known], Fraction], str]] = {
    **{field: (lambda known, _: bill_price(known), ROUND_HALF_EVEN) for field in PRICE_OF.values()},
    "monthly_images_low": (share_of_month, ROUND_UP),
    "monthly_images_high": (share_of_month, ROUND_UP),
    "gpu_hour_price": (lambda known, _: gpu_hour(known), ROUND_HALF_EVEN),
    "images_per_gpu_hour": (lambda known, _: throughput(known), ROUND_DOWN),
    "monthly_overhead": (_overhead, ROUND_UP),
    "peak_to_mean": (lambda known, _: peak_to_mean(known), ROUND_UP),
    "migration_cost": (lambda known, _: moving(known), ROUND_UP),
    "annual_revenue_usd": (lambda known, _: Fraction(known["monthly_revenue"]) * MONTHS_A_YEAR, ROUND_HALF_EVEN),
}
"""The formula of each estimate of one field, and how its result is rounded to the places of the field."""


def calculated(question: str, known: Known, answers: Known) -> dict[str, Decimal]:
    """The answers that the complete inputs of an estimate lead to. Raises BadInput for one out of bounds."""
    if question == "monthly_images":
        return {name: _kept(name, month, ROUND_UP) for name, month in zip(VOLUMES, volumes(known), strict=True)}
    formula, rounding = _ONE[question]
    return {question: _kept(question, formula(known, answers), rounding)}


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
    bound = "more than" if value > Fraction(quantity.most) else None
    result = quantity.most if bound else rounded(value, quantity.places, rounding)
    if result < quantity.least:
        bound = "less than"
    if bound:
        limit = grouped(quantity.most if bound == "more than" else quantity.least)
        help = "check the numbers it was calculated from, and their units"
        raise BadInput(Problem(f"the estimate is {bound} {limit} {quantity.unit}", None, field=field, help=help))
    return result
