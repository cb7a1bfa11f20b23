"""What the monitor found: everything that the terminal, the dashboard and ``--json`` show, and its JSON.

A number as far as it is known is a ``Span``; the JSON writes it as decimal text, a range as three keys.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any

import advisor
from advisor.decision.record_builder import DEFAULT_PAYBACK_LIMIT
from advisor.domain.cost_model import Costs, OwnGpus, exact, rent, rounded
from advisor.domain.quantity import MICRO, amount_text, payback_text, plain
from advisor.domain.record import Decision
from advisor.domain.scenario import Axis, Route, validated
from advisor.usage.model import Basis


@dataclass(frozen=True)
class Span:
    """A number as far as it is known: exact where low equals high."""

    low: Fraction
    expected: Fraction
    high: Fraction

    @staticmethod
    def of(value: Fraction) -> Span:
        """A number known exactly."""
        return Span(value, value, value)

    def __add__(self, other: Span) -> Span:
        """The sum of two numbers."""
        return Span(self.low + other.low, self.expected + other.expected, self.high + other.high)

    @property
    def ends(self) -> tuple[Fraction, Fraction, Fraction]:
        """The least, the expected and the largest value."""
        return self.low, self.expected, self.high

    @property
    def exact(self) -> bool:
        """True where nothing had to be assumed."""
        return self.low == self.high


Form = Callable[[Fraction], str]


def whole(value: Fraction) -> str:
    """Images, as whole ones."""
    return plain(Decimal(rounded(value, 0)))


def hundredths(value: Fraction) -> str:
    """N*, as the record has it."""
    return rounded(value, 2)


def amount(value: Fraction) -> str:
    """Dollars, rounded to the nearest micro-dollar: what was paid is reported, not compared."""
    return amount_text(micro_dollars(value))


def micro_dollars(value: Fraction) -> int:
    """Dollars in whole micro-dollars, rounded to the nearest."""
    return int(Decimal(rounded(value, MICRO)).scaleb(MICRO))


def plain_number(value: Fraction) -> str:
    """A threshold or another number without a unit.

    >>> plain_number(Fraction(11, 10))
    '1.1'
    """
    return plain(Decimal(rounded(value, MICRO)))


def maybe(value: Fraction | None, form: Form) -> str | None:
    """The text of a number; None for an unknown one."""
    return None if value is None else form(value)


def ends_of(name: str, span: Span | None, form: Form) -> dict[str, str | None]:
    """A number, and both ends of its range as ``_low`` and ``_high``."""
    keys = {"": "expected", "_low": "low", "_high": "high"}
    return {name + key: form(getattr(span, end)) if span else None for key, end in keys.items()}


class MonitorVerdict(StrEnum):
    """How the volume compares with the crossover."""

    NOT_COMPARABLE = "not_comparable"
    INSUFFICIENT_DATA = "insufficient_data"
    BELOW = "below"
    APPROACHING = "approaching"
    CROSSED = "crossed"
    CROSSED_AND_STABLE = "crossed_and_stable"
    FELL_BACK = "fell_back"


class Guess(StrEnum):
    """What replaces a count of images: the options that state it, without their dashes."""

    IMAGES_PER_REQUEST = "images_per_request"
    MEGAPIXELS_PER_IMAGE = "megapixels_per_image"
    PRICE_PER_IMAGE = "price_per_image"


@dataclass(frozen=True)
class Month:
    """One calendar month (UTC). ``state`` is how the rules judged the months up to this one; None for a partial one.

    ``month`` is ``2026-01``; ``missing`` marks a gap: a month between others of which nothing is known.
    ``cost`` is dollars paid, None where no source states it; ``priced`` are the images it pays for, None for all of
    them. ``guessed`` are guesses that the images rest on. ``why_partial`` is a short reason, for people.
    """

    month: str
    images: Span | None
    requests: int | None
    cost: Fraction | None
    basis: Basis | None
    complete: bool
    missing: bool = False
    why_partial: str | None = None
    state: MonitorVerdict | None = None
    priced: Span | None = None
    guessed: frozenset[Guess] = frozenset()

    @property
    def billed(self) -> bool:
        """Whether the cost is that of all images."""
        return self.cost is not None and self.priced in (None, self.images)

    @property
    def paid_for(self) -> Span | None:
        """The images that the cost pays for."""
        return self.images if self.priced is None else self.priced

    @property
    def without_cost(self) -> Fraction | None:
        """How many images have no known cost; None where the images are not known."""
        if self.images is None or self.cost is None:
            return self.images.expected if self.images else None
        return self.images.expected - self.priced.expected if self.priced else Fraction(0)

    @property
    def paid_price(self) -> Span | None:
        """Dollars paid per image; None where cost or volume are not stated, or a guess at the price made the volume."""
        images, cost = self.paid_for, self.cost
        if cost is None or images is None or Guess.PRICE_PER_IMAGE in self.guessed or images.low <= 0:
            return None
        return Span(cost / images.high, cost / images.expected, cost / images.low)


@dataclass(frozen=True)
class Thresholds:
    """The trigger rule, every number of it (``--stable-months`` and the like)."""

    stable_months: int = 3
    margin: Fraction = Fraction(11, 10)
    most_variation: Fraction = Fraction(1, 4)
    clear_months: int = 2
    clear_below: Fraction = Fraction(9, 10)
    strict: bool = False
    strict_months: int = 6

    @property
    def needed(self) -> int:
        """How many complete months the rule looks at."""
        return self.strict_months if self.strict else self.stable_months


@dataclass(frozen=True)
class Overspend:
    """Dollars paid in one month beyond what own GPUs would have cost for its volume; ``so_far`` sums from the crossing.

    ``estimated`` where the bill is not known and the list price replaces it.
    """

    month: str
    over: Span
    so_far: Span
    estimated: bool


@dataclass(frozen=True)
class Trend:
    """When the present trend would reach the crossover, in months from the last complete one.

    A straight line through the logarithms of the complete months; ``earliest`` and ``latest`` are where the borders of
    its 80 % prediction interval reach N*: None for not within ``horizon`` months, as with ``expected``.
    """

    growth_per_month: float
    months_used: int
    earliest: int | None
    expected: int | None
    latest: int | None
    horizon: int


class NotComparableReason(StrEnum):
    """Why no volume of a bill would change the answer."""

    NO_BILL = "no_bill"
    AMOUNTS_MISSING = "amounts_missing"
    INFEASIBLE = "infeasible"
    OPEN = "open"
    DECIDED = "decided"
    NEVER_CHEAPER = "never_cheaper"


@dataclass(frozen=True)
class NotComparable:
    """``fields`` are the amounts that are missing, or the open questions; ``axis`` and ``route`` what is decided at any
    volume; ``price`` the dollars per image at which own GPUs are never cheaper."""

    reason: NotComparableReason
    fields: tuple[str, ...] = ()
    axis: Axis | None = None
    route: Route | None = None
    price: Fraction | None = None


@dataclass(frozen=True)
class CurrentCosts:
    """Dollars a month at a volume; ``price`` is what one image costs on ``route`` now, ``list_price`` when decided."""

    route: Route
    price: Fraction
    list_price: Fraction | None
    gpus: OwnGpus
    few_step_gpus: OwnGpus

    def hosted(self, volume: Fraction) -> Fraction:
        """On the hosted route, at the price that is paid where it is known."""
        return rent(self.price, volume)

    def at(self, images: Span) -> dict[str, str | None]:
        """All of them at a volume, for JSON."""
        volume = images.expected
        return {
            "hosted": amount(self.hosted(volume)),
            "hosted_at_list_price": maybe(self.list_price, lambda price: amount(price * volume)),
            "own": amount(self.gpus.cost(volume)),
            "own_few_step": amount(self.few_step_gpus.cost(volume)),
        }


@dataclass(frozen=True, kw_only=True)
class MonitorResult:
    """The whole of it. Money in dollars, volumes in images a month, both exact.

    ``compared`` is the hosted route whose meter runs; ``list_price`` its price in the decision, ``paid_price`` what the
    last months cost per image. ``crossover`` is N* at the paid price where that is known, else at the list price: its
    width comes from the ranges given for the amounts and from what was paid. None where owning never wins or a gate
    decides (``why_not_comparable`` says which). ``now`` is the decision made anew with the trailing volume;
    ``payback_months`` are of moving to own GPUs, where that is its answer. ``own_amounts`` are dollars a GPU-hour,
    images a GPU-hour and dollars a month, the middle of a range; ``overhead`` is the last of them with its range.
    """

    verdict: MonitorVerdict
    months: tuple[Month, ...]
    trailing_volume: Span | None
    trailing_months: tuple[str, ...]
    crossover: Span | None
    months_since_crossing: int | None
    overspend: tuple[Overspend, ...]
    crossed_in: str | None
    compared: Route | None
    why_not_comparable: NotComparable | None
    paid_price: Span | None
    list_price: Fraction | None
    list_crossover: Fraction | None
    few_step_crossover: Fraction | None
    few_step_speedup: int
    trend: Trend | None
    own_amounts: tuple[Fraction, Fraction, Fraction] | None = None
    overhead: Span | None = None
    migration_cost: Fraction | None
    payback_months: Fraction | None
    now: Decision | None
    thresholds: Thresholds
    notes: tuple[str, ...] = ()
    decision_file: str
    decision: Decision
    on: str

    @property
    def costs(self) -> CurrentCosts | None:
        """What a month costs now; None where the price or an amount of own GPUs is not known."""
        price = self.paid_price.expected if self.paid_price else self.list_price
        if self.compared is None or price is None or self.own_amounts is None:
            return None
        hour, per_hour, overhead = self.own_amounts
        known = Costs(validated(self.decision.priced_scenario, "the record"))
        gpus, few_step = (known.paid_for(hour, per_hour * speed, overhead) for speed in (1, self.few_step_speedup))
        return CurrentCosts(self.compared, price, self.list_price, gpus, few_step) if gpus and few_step else None

    @property
    def leaves_preferred_quality(self) -> bool:
        """Whether the decision preferred its route for the quality of its model, and the route has changed."""
        before, now = self.decision, self.now
        if now is None or now.route is None or now.route == before.route:
            return False
        return any(one.axis == Axis.MODEL_ACCESS and one.preferred == before.route for one in before.preferences)

    @property
    def payback_limit(self) -> Fraction:
        """How many months moving may take to repay."""
        stated = self.decision.scenario.get("payback_limit_months")
        return exact(DEFAULT_PAYBACK_LIMIT if stated is None else str(stated))


_FIRST = ("verdict", "months", "trailing_volume", "crossover", "months_since_crossing", "overspend")
"""The keys that programs look for come first."""


def json_data(result: MonitorResult) -> dict[str, Any]:
    """The verdict and its figures as ``--json`` has them: amounts and volumes are decimal text.

    Volumes are whole images, N* has two places, prices and sums up to six. A number that is a range has its ends in
    ``_low`` and ``_high``.
    """
    costs, now, decision, limit = result.costs, result.now, result.decision, result.payback_limit
    last = result.overspend[-1].so_far if result.overspend else None
    trend, reason = result.trend, result.why_not_comparable
    decided = ("status", "route", "deciding_axis")
    return dict.fromkeys(_FIRST) | {
        "verdict": result.verdict,
        "months": [_month(month) for month in result.months],
        **ends_of("trailing_volume", result.trailing_volume, whole),
        "trailing_months": result.trailing_months,
        **ends_of("crossover", result.crossover, hundredths),
        "months_since_crossing": result.months_since_crossing,
        **ends_of("overspend", last, amount),
        "overspend_by_month": [
            {
                "month": each.month,
                **ends_of("over", each.over, amount),
                **ends_of("so_far", each.so_far, amount),
                "estimated": each.estimated,
            }
            for each in result.overspend
        ],
        "crossed_in": result.crossed_in,
        "compared": result.compared,
        "why_not_comparable": reason and _fields(reason, amount),
        **ends_of("paid_price", result.paid_price, amount),
        "list_price": maybe(result.list_price, amount),
        "list_crossover": maybe(result.list_crossover, hundredths),
        "few_step_crossover": maybe(result.few_step_crossover, hundredths),
        "few_step_speedup": result.few_step_speedup,
        "trend": trend and {**vars(trend), "growth_per_month": f"{trend.growth_per_month:.4f}"},
        "costs_at_crossover": costs.at(result.crossover) if costs and result.crossover else None,
        "costs_at_trailing_volume": costs.at(result.trailing_volume) if costs and result.trailing_volume else None,
        **ends_of("overhead", result.overhead, amount),
        "migration_cost": maybe(result.migration_cost, amount),
        "payback_months": maybe(result.payback_months, lambda months: payback_text(months, limit)),
        **{f"{name}_now": getattr(now, name) if now else None for name in decided},
        "leaves_preferred_quality": result.leaves_preferred_quality,
        "thresholds": _fields(result.thresholds, plain_number),
        "notes": result.notes,
        "decision_file": result.decision_file,
        **{name: getattr(decision, name) for name in ("decided_on", *decided)},
        "title": decision.scenario.get("title"),
        "on": result.on,
        "advisor_version": advisor.__version__,
        "rulebook_digest": (now or decision).rulebook_digest,
    }


def _month(month: Month) -> dict[str, Any]:
    images = ends_of("images", month.images, whole)
    return {
        "month": month.month,
        "images": images.pop("images"),
        "requests": month.requests,
        "cost": maybe(month.cost, amount),
        "complete": month.complete,
        "volume_basis": month.basis,
        **images,
        "missing": month.missing,
        "why_partial": month.why_partial,
        "state": month.state,
        **ends_of("paid_price", month.paid_price, amount),
        "images_without_cost": maybe(month.without_cost, whole),
    }


def _fields(record: Thresholds | NotComparable, form: Form) -> dict[str, Any]:
    return {name: form(value) if isinstance(value, Fraction) else value for name, value in vars(record).items()}


def result_json(result: MonitorResult) -> str:
    """The JSON for other programs; the same input gives the same bytes."""
    text = json.dumps(json_data(result), ensure_ascii=False, indent=2) + "\n"
    # The name of a file may hold bytes that are no text; written like this they are JSON.
    return text.encode(errors="backslashreplace").decode()
