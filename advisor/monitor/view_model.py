"""What people read of a result beyond the figures of its JSON: the same on a terminal, the dashboard and the charts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from advisor.domain.cost_model import VOLUMES, exact
from advisor.domain.quantity import dollars, grouped, payback_text, plain
from advisor.domain.scenario import Route
from advisor.monitor.model import MonitorResult, Month, Span, hundredths, json_data, micro_dollars, plain_number, whole
from advisor.monitor.trigger import moved
from advisor.usage.model import Basis
from advisor.wording import monitor_notes as words
from advisor.wording.labels import listed, units_of

_TENTH = Fraction(1, 10)


@dataclass(frozen=True)
class OverspendSummary:
    """The money since the crossing. ``text`` is without a sign; ``saved`` if less was spent than on own GPUs.

    ``assumes`` says with which overhead own GPUs are counted, and if it was stated for another volume.
    """

    text: str
    saved: bool
    exact: bool
    months: int
    estimated: int
    assumes: str | None


@dataclass(frozen=True)
class TrendSummary:
    """The trend in words; each of the three is a calendar month, None if it lies beyond the horizon."""

    percent: str
    grows: bool
    earliest: str | None
    expected: str | None
    latest: str | None


@dataclass(frozen=True)
class MonitorView:
    """What follows from the figures, for the templates. ``not_yet``: moving repays too late; ``images_each``: the
    assumed images a request, by month. ``own_cheaper`` and ``near`` are of the volume shown, a mean, where the verdict
    is of the last month: whether own GPUs would cost less, and whether N* is too close."""

    complete_months: int
    needed_months: int
    trailing: str
    basis: Basis | None
    trailing_images_each: str | None
    images_each: Mapping[str, str | None]
    overspend: OverspendSummary | None
    payback: str | None
    payback_limit: str
    not_yet: bool
    own_cheaper: bool | None
    near: bool
    trend: TrendSummary | None
    changed: bool
    moves: bool


def view_of(result: MonitorResult) -> MonitorView:
    """All of it."""
    trailing = [month for month in result.months if month.month in result.trailing_months]
    limit, before, now = result.payback_limit, result.decision, result.now
    payback, volume, costs = result.payback_months, result.trailing_volume, result.costs
    return MonitorView(
        complete_months=sum(month.complete and month.images is not None for month in result.months),
        needed_months=result.thresholds.needed,
        trailing=_from_to(result.trailing_months),
        basis=_basis(trailing),
        trailing_images_each=_images_each(trailing),
        images_each={month.month: _images_each([month]) for month in result.months},
        overspend=_overspend(result),
        payback=None if payback is None else _payback(payback, limit),
        payback_limit=plain_number(limit),
        not_yet=payback is not None and payback > limit,
        own_cheaper=costs.gpus.cost(volume.expected) < costs.hosted(volume.expected) if costs and volume else None,
        near=_near(result),
        trend=_trend(result),
        changed=now is not None and (now.status, now.route) != (before.status, before.route),
        moves=now is not None and now.route is Route.SELF_HOST,
    )


def named(result: MonitorResult) -> dict[str, Any]:
    """What the templates have: the JSON of the result, what follows from it, and the record."""
    record = result.decision.model_dump(mode="json")
    return {"result": json_data(result), "view": view_of(result), "decision": record}


def images(value: Fraction) -> str:
    """A volume in whole images.

    >>> images(Fraction(3_800_001, 2))
    '1,900,000'
    """
    return grouped(Decimal(whole(value)))


def crossover_text(value: Fraction) -> str:
    """N* as the record and the memo print it.

    >>> crossover_text(Fraction(500_000, 7))
    '71,428.57'
    """
    return grouped(Decimal(hundredths(value)))


def money(value: Fraction) -> str:
    """Dollars as people read them.

    >>> money(Fraction(1, 30)), money(Fraction(10_000, 3))
    ('$0.033333', '$3,333.33')
    """
    return dollars(micro_dollars(value))


def span_text(span: Span, form: Callable[[Fraction], str]) -> str:
    """A number as far as it is known.

    >>> span_text(Span(Fraction(1), Fraction(2), Fraction(4)), images)
    '1 to 4'
    """
    return " to ".join(dict.fromkeys((form(span.low), form(span.high))))


def _basis(months: Sequence[Month]) -> Basis | None:
    """The worst basis of any of the months."""
    return max((month.basis for month in months if month.basis), key=lambda basis: basis.rank, default=None)


def _images_each(months: Sequence[Month]) -> str | None:
    """The images a request that were assumed; None if the volume rests on anything else, or on several assumptions."""
    if _basis(months) is not Basis.REQUESTS:
        return None
    found = {
        Span(month.images.low / month.requests, month.images.low / month.requests, month.images.high / month.requests)
        for month in months
        if month.images and month.requests
    }
    if len(found) != 1:
        return None
    (each,) = found
    return span_text(each, images) if each.low.denominator == each.high.denominator == 1 else None


def _overspend(result: MonitorResult) -> OverspendSummary | None:
    if not result.overspend:
        return None
    so_far = result.overspend[-1].so_far
    saved = so_far.expected < 0
    estimated = sum(month.estimated for month in result.overspend)
    text = span_text(size_of(so_far), money)
    return OverspendSummary(text, saved, so_far.exact, len(result.overspend), estimated, assumed_overhead(result))


def assumed_overhead(result: MonitorResult) -> str | None:
    """The overhead with which own GPUs are counted, and the volume it was stated for if the months have another."""
    if result.overhead is None:
        return None
    assumed = words.OVERHEAD.format(overhead=span_text(result.overhead, money))
    stated, volume = _stated_volume(result), result.trailing_volume
    if stated is None or volume is None or stated.low <= volume.expected <= stated.high:
        return assumed
    return words.OVERHEAD_OF.format(
        assumed=assumed,
        stated=span_text(stated, images),
        units=units_of(result.decision),
        now=images(volume.expected),
    )


def _stated_volume(result: MonitorResult) -> Span | None:
    """The images a month of the scenario; None if it states none."""
    stated = [exact(str(volume)) for name in VOLUMES if (volume := result.decision.scenario.get(name)) is not None]
    return Span(stated[0], stated[len(stated) // 2], stated[-1]) if stated else None


def size_of(sum_: Span) -> Span:
    """A sum without its sign."""
    return Span(-sum_.high, -sum_.expected, -sum_.low) if sum_.expected < 0 else sum_


def _payback(months: Fraction, limit: Fraction) -> str:
    return "less than 0.1" if 0 < months < _TENTH / 2 else payback_text(months, limit)


def _near(result: MonitorResult) -> bool:
    """As the rule has it for a month: between the border that clears a crossing and N*, or undecided by its range."""
    crossover, volume = result.crossover, result.trailing_volume
    if crossover is None or volume is None:
        return False
    return volume.high >= result.thresholds.clear_below * crossover.low and volume.low <= crossover.high


def _from_to(months: tuple[str, ...]) -> str:
    """Calendar months as prose: the first and the last if all between are among them."""
    if len(months) > 1 and moved(months[0], len(months) - 1) == months[-1]:
        return f"{months[0]} to {months[-1]}"
    return listed(months)


def _trend(result: MonitorResult) -> TrendSummary | None:
    trend = result.trend
    last = max((month.month for month in result.months if month.complete), default=None)
    if trend is None or last is None:
        return None
    ahead = (trend.earliest, trend.expected, trend.latest)
    reached = (None if count is None else moved(last, count) for count in ahead)
    percent = plain(Decimal(f"{abs(trend.growth_per_month) * 100:.1f}"))
    return TrendSummary(percent, trend.growth_per_month > 0, *reached)
