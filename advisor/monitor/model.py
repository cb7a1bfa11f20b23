"""What the monitor found: everything that the terminal, the dashboard and ``--json`` show, and its JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import cache
from typing import Annotated, Any

from pydantic import PlainSerializer, SerializerFunctionWrapHandler, TypeAdapter, model_serializer

import advisor
from advisor.decision.decide import DEFAULT_PAYBACK_LIMIT
from advisor.domain.cost_model import Costs, OwnGpus, exact, rent
from advisor.domain.formatting import payback_text
from advisor.domain.record import Decision
from advisor.domain.scenario import Axis, Route, validated
from advisor.monitor.span import (
    Keys,
    Span,
    amount,
    as_text,
    ends_of,
    hundredths,
    maybe,
    merged,
    plain_number,
    ranged,
    whole,
)
from advisor.usage.model import Basis


class MonitorVerdict(StrEnum):
    """How the volume compares with the crossover."""

    NOT_COMPARABLE = "not_comparable"
    INSUFFICIENT_DATA = "insufficient_data"
    BELOW = "below"
    APPROACHING = "approaching"
    CROSSED = "crossed"
    CROSSED_AND_STABLE = "crossed_and_stable"
    FELL_BACK = "fell_back"


Amount = Annotated[Fraction | None, as_text(amount)]
_LATER = PlainSerializer(lambda _: None)
"""What the object around it writes in its place."""
Threshold = Annotated[Fraction, as_text(plain_number)]


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

    @model_serializer
    def _json(self) -> dict[str, Any]:
        images = ends_of("images", self.images, whole)
        return {
            "month": self.month,
            "images": images.pop("images"),
            "requests": self.requests,
            "cost": maybe(self.cost, amount),
            "complete": self.complete,
            "volume_basis": self.basis,
            **images,
            "missing": self.missing,
            "why_partial": self.why_partial,
            "state": self.state,
            **ends_of("paid_price", self.paid_price, amount),
            "images_without_cost": maybe(self.without_cost, whole),
        }


@dataclass(frozen=True)
class Thresholds:
    """The trigger rule, every number of it (``--stable-months`` and the like)."""

    stable_months: int = 3
    margin: Threshold = Fraction(11, 10)
    most_variation: Threshold = Fraction(1, 4)
    clear_months: int = 2
    clear_below: Threshold = Fraction(9, 10)
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
    over: Annotated[Span, ranged("over", amount)]
    so_far: Annotated[Span, ranged("so_far", amount)]
    estimated: bool

    @model_serializer(mode="wrap")
    def _json(self, fields: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return merged(fields(self))


@dataclass(frozen=True)
class Trend:
    """When the present trend would reach the crossover, in months from the last complete one.

    A straight line through the logarithms of the complete months; ``earliest`` and ``latest`` are where the borders of
    its 80 % prediction interval reach N*: None for not within ``horizon`` months, as with ``expected``.
    """

    growth_per_month: Annotated[float, PlainSerializer("{:.4f}".format)]
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
    price: Amount = None


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

    def own(self, volume: Fraction) -> Fraction:
        """On own GPUs."""
        return self.gpus.cost(volume)

    def few_step(self, volume: Fraction) -> Fraction:
        """On own GPUs with a few-step model."""
        return self.few_step_gpus.cost(volume)

    def at(self, images: Span) -> dict[str, str | None]:
        """All of them at a volume, for JSON."""
        volume = images.expected
        return {
            "hosted": amount(self.hosted(volume)),
            "hosted_at_list_price": None if self.list_price is None else amount(self.list_price * volume),
            "own": amount(self.own(volume)),
            "own_few_step": amount(self.few_step(volume)),
        }


@dataclass(frozen=True, kw_only=True)
class MonitorResult:
    """The whole of it, in the order of its JSON. Money in dollars, volumes in images a month, both exact.

    ``compared`` is the hosted route whose meter runs; ``list_price`` its price in the decision, ``paid_price`` what the
    last months cost per image. ``crossover`` is N* at the paid price where that is known, else at the list price: its
    width comes from the ranges given for the amounts and from what was paid. None where owning never wins or a gate
    decides (``why_not_comparable`` says which). ``now`` is the decision made anew with the trailing volume;
    ``payback_months`` are of moving to own GPUs, where that is its answer. ``own_amounts`` are dollars a GPU-hour,
    images a GPU-hour and dollars a month, the middle of a range; ``overhead`` is the last of them with its range.
    """

    verdict: MonitorVerdict
    months: tuple[Month, ...]
    trailing_volume: Annotated[Span | None, ranged("trailing_volume", whole)]
    trailing_months: tuple[str, ...]
    crossover: Annotated[Span | None, ranged("crossover", hundredths)]
    months_since_crossing: int | None
    overspend: tuple[Overspend, ...]
    crossed_in: str | None
    compared: Route | None
    why_not_comparable: NotComparable | None
    paid_price: Annotated[Span | None, ranged("paid_price", amount)]
    list_price: Amount
    list_crossover: Annotated[Fraction | None, as_text(hundredths)]
    few_step_crossover: Annotated[Fraction | None, as_text(hundredths)]
    few_step_speedup: int
    trend: Trend | None
    own_amounts: tuple[Fraction, Fraction, Fraction] | None = None
    overhead: Annotated[Span | None, ranged("overhead", amount)] = None
    migration_cost: Amount
    payback_months: Fraction | None
    now: Annotated[Decision | None, _LATER]
    thresholds: Thresholds
    notes: tuple[str, ...] = ()
    decision_file: str
    decision: Annotated[Decision, _LATER]
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

    @model_serializer(mode="wrap")
    def _json(self, fields: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """The fields, with what follows from several of them in its place."""
        data, costs, limit = fields(self), self.costs, self.payback_limit
        last = self.overspend[-1].so_far if self.overspend else None
        decided = ("status", "route", "deciding_axis")
        data["now"] = Keys({f"{name}_now": getattr(self.now, name) if self.now else None for name in decided})
        data["now"]["leaves_preferred_quality"] = self.leaves_preferred_quality
        data["decision"] = Keys({name: getattr(self.decision, name) for name in ("decided_on", *decided)})
        data["decision"]["title"] = self.decision.scenario.get("title")
        data["overspend"] = Keys(**ends_of("overspend", last, amount), overspend_by_month=data["overspend"])
        data["own_amounts"] = Keys(
            costs_at_crossover=costs.at(self.crossover) if costs and self.crossover else None,
            costs_at_trailing_volume=costs.at(self.trailing_volume) if costs and self.trailing_volume else None,
        )
        data["payback_months"] = maybe(self.payback_months, lambda months: payback_text(months, limit))
        data["advisor_version"] = advisor.__version__
        data["rulebook_digest"] = (self.now or self.decision).rulebook_digest
        return merged(data, _CONTRACT)


_CONTRACT = ("verdict", "months", "trailing_volume", "crossover", "months_since_crossing", "overspend")


@cache
def _serializer() -> TypeAdapter[MonitorResult]:
    return TypeAdapter(MonitorResult)


def json_data(result: MonitorResult) -> dict[str, Any]:
    """The verdict and its figures as ``--json`` has them: amounts and volumes are decimal text.

    Volumes are whole images, N* has two places, prices and sums up to six. A number that is a range has its ends in
    ``_low`` and ``_high``.
    """
    data: dict[str, Any] = _serializer().dump_python(result)
    return data


def result_json(result: MonitorResult) -> str:
    """The JSON for other programs; the same input gives the same bytes."""
    text = json.dumps(json_data(result), ensure_ascii=False, indent=2) + "\n"
    # The name of a file may hold bytes that are no text; written like this they are JSON.
    return text.encode(errors="backslashreplace").decode()
