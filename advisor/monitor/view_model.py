"""What was watched, in the figures that people read: the same on a terminal, on the dashboard and in the charts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from advisor.decision.decide import DEFAULT_PAYBACK_LIMIT
from advisor.domain.cost_model import exact, rounded
from advisor.domain.formatting import MICRO, dollars, grouped, payback_text, plain
from advisor.domain.scenario import Route
from advisor.monitor.current_costs import own_cheaper
from advisor.monitor.model import Month, Span, Trend, Watched
from advisor.usage.calendar_month import moved
from advisor.usage.model import Basis
from advisor.wording.labels import listed

_BASES = list(Basis)
"""Best first."""
_TENTH = Fraction(1, 10)


@dataclass(frozen=True)
class Volume:
    """A volume in words. ``images_each`` is the assumed number of images a request, as text; None where none is."""

    text: str
    expected: str
    exact: bool
    basis: Basis | None
    images_each: str | None


@dataclass(frozen=True)
class ToldMonth:
    """A row of the table of months."""

    month: Month
    volume: Volume | None
    cost: str | None
    paid: str | None


@dataclass(frozen=True)
class ToldOverspend:
    """The money since the crossing. ``text`` is without a sign; ``saved`` where less was spent than on own GPUs."""

    text: str
    saved: bool
    exact: bool
    months: int
    estimated: int


@dataclass(frozen=True)
class ToldTrend:
    """The trend in words; each of the three is a calendar month, None where it lies beyond the horizon."""

    percent: str
    grows: bool
    earliest: str | None
    expected: str | None
    latest: str | None


@dataclass(frozen=True)
class Told:
    """Every figure of ``watched`` that is shown, as text, for the templates. ``not_yet``: moving repays too late;
    ``never_cheaper_at``: the price at which own GPUs never pay. ``own_cheaper`` and ``near`` are of the volume shown, a
    mean, where the verdict is of the last month: whether own GPUs would cost less, and whether N* is too close."""

    watched: Watched
    never_cheaper_at: str | None
    complete_months: int
    needed_months: int
    volume: Volume | None
    trailing: str
    crossover: str | None
    crossover_band: str | None
    list_crossover: str | None
    few_step_crossover: str | None
    paid_price: str | None
    list_price: str | None
    overspend: ToldOverspend | None
    migration_cost: str | None
    payback: str | None
    payback_limit: str
    not_yet: bool
    own_cheaper: bool | None
    near: bool
    trend: ToldTrend | None
    margin: str
    most_variation: str
    clear_below: str

    @property
    def changed(self) -> bool:
        """Whether the decision made anew is another one."""
        before, now = self.watched.decision, self.watched.now
        return now is not None and (now.status, now.route) != (before.status, before.route)

    @property
    def moves(self) -> bool:
        """Whether the decision made anew is for own GPUs: a payback is that of moving to them."""
        return self.watched.now is not None and self.watched.now.route is Route.SELF_HOST


def told(watched: Watched) -> Told:
    """The figures, all of them."""
    rules = watched.thresholds
    trailing = [month for month in watched.months if month.month in watched.trailing_months]
    crossover, limit = watched.crossover, payback_limit(watched)
    why = watched.why_not_comparable
    return Told(
        watched=watched,
        never_cheaper_at=_maybe(why.price, money) if why else None,
        complete_months=sum(month.complete and month.images is not None for month in watched.months),
        needed_months=rules.strict_months if rules.strict else rules.stable_months,
        volume=_volume(watched.trailing_volume, trailing),
        trailing=_from_to(watched.trailing_months),
        crossover=crossover_text(crossover.expected) if crossover else None,
        crossover_band=span_text(crossover, crossover_text) if crossover and not crossover.exact else None,
        list_crossover=_maybe(watched.list_crossover, crossover_text),
        few_step_crossover=_maybe(watched.few_step_crossover, crossover_text),
        paid_price=span_text(watched.paid_price, money) if watched.paid_price else None,
        list_price=_maybe(watched.list_price, money),
        overspend=_overspend(watched),
        migration_cost=_maybe(watched.migration_cost, money),
        payback=None if watched.payback_months is None else _payback(watched.payback_months, limit),
        payback_limit=plain_number(limit),
        not_yet=watched.payback_months is not None and watched.payback_months > limit,
        own_cheaper=own_cheaper(watched),
        near=_near(watched),
        trend=_trend(watched),
        margin=plain_number(rules.margin),
        most_variation=plain_number(rules.most_variation),
        clear_below=plain_number(rules.clear_below),
    )


def told_month(month: Month) -> ToldMonth:
    """One month as the table has it."""
    return ToldMonth(
        month=month,
        volume=_volume(month.images, [month]),
        cost=_maybe(month.cost, money),
        paid=span_text(month.paid_price, money) if month.paid_price else None,
    )


def images(value: Fraction) -> str:
    """A volume in whole images.

    >>> images(Fraction(3_800_001, 2))
    '1,900,000'
    """
    return grouped(Decimal(rounded(value, 0)))


def crossover_text(value: Fraction) -> str:
    """N* as the record and the memo print it.

    >>> crossover_text(Fraction(500_000, 7))
    '71,428.57'
    """
    return grouped(Decimal(rounded(value, 2)))


def micro_dollars(value: Fraction) -> int:
    """Dollars in whole micro-dollars, rounded to the nearest: what was paid is told, not compared."""
    return int(Decimal(rounded(value, MICRO)).scaleb(MICRO))


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
    low, high = form(span.low), form(span.high)
    return low if low == high else f"{low} to {high}"


def plain_number(value: Fraction) -> str:
    """A threshold or another number without a unit.

    >>> plain_number(Fraction(11, 10))
    '1.1'
    """
    return plain(Decimal(rounded(value, MICRO)))


def worst_basis(months: Iterable[Month]) -> Basis | None:
    """What a number made of several months rests on; None where no month has a volume."""
    return max((month.basis for month in months if month.basis), key=_BASES.index, default=None)


def _maybe(value: Fraction | None, form: Callable[[Fraction], str]) -> str | None:
    return None if value is None else form(value)


def _volume(span: Span | None, months: list[Month]) -> Volume | None:
    if span is None:
        return None
    basis = worst_basis(months)
    each = _images_each(months) if basis is Basis.REQUESTS else None
    return Volume(span_text(span, images), images(span.expected), span.exact, basis, each)


def _images_each(months: list[Month]) -> str | None:
    """The images a request that were assumed, where every request of these months has the same assumption."""
    found = {
        (month.images.low / month.requests, month.images.high / month.requests)
        for month in months
        if month.images and month.requests
    }
    if len(found) != 1:
        return None
    least, most = found.pop()
    if least.denominator != 1 or most.denominator != 1:
        return None
    return images(least) if least == most else f"{images(least)} to {images(most)}"


def _overspend(watched: Watched) -> ToldOverspend | None:
    if not watched.overspend:
        return None
    so_far = watched.overspend[-1].so_far
    saved = so_far.expected < 0
    size = Span(-so_far.high, -so_far.expected, -so_far.low) if saved else so_far
    return ToldOverspend(
        text=span_text(size, money),
        saved=saved,
        exact=so_far.exact,
        months=len(watched.overspend),
        estimated=sum(month.estimated for month in watched.overspend),
    )


def _near(watched: Watched) -> bool:
    """As the rule has it for a month: between the border that clears a crossing and N*, or open by its range."""
    crossover, volume = watched.crossover, watched.trailing_volume
    if crossover is None or volume is None:
        return False
    return volume.high >= watched.thresholds.clear_below * crossover.low and volume.low <= crossover.high


def _from_to(months: tuple[str, ...]) -> str:
    """Calendar months as prose: the first and the last where all between are among them."""
    if len(months) > 1 and moved(months[0], len(months) - 1) == months[-1]:
        return f"{months[0]} to {months[-1]}"
    return listed(months)


def payback_limit(watched: Watched) -> Fraction:
    """How many months moving may take to repay."""
    given = watched.decision.scenario.get("payback_limit_months")
    return exact(DEFAULT_PAYBACK_LIMIT if given is None else str(given))


def _payback(months: Fraction, limit: Fraction) -> str:
    return "less than 0.1" if 0 < months < _TENTH / 2 else payback_text(months, limit)


def _trend(watched: Watched) -> ToldTrend | None:
    trend = watched.trend
    last = max((month.month for month in watched.months if month.complete), default=None)
    if trend is None or last is None:
        return None

    def month_of(count: int | None) -> str | None:
        return None if count is None else moved(last, count)

    return ToldTrend(
        percent=_percent(trend),
        grows=trend.growth_per_month > 0,
        earliest=month_of(trend.earliest),
        expected=month_of(trend.expected),
        latest=month_of(trend.latest),
    )


def _percent(trend: Trend) -> str:
    return plain(Decimal(f"{abs(trend.growth_per_month) * 100:.1f}"))
