"""Months and a decision -> what the monitor found."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from statistics import mean

from advisor.decision.break_even import owns_already
from advisor.domain.cost_model import exact, payback_months, rent
from advisor.domain.scenario import Route
from advisor.monitor.baseline import BEYOND, Baseline
from advisor.monitor.model import MonitorResult, MonitorVerdict, Month, Overspend, Thresholds
from advisor.monitor.span import Span
from advisor.monitor.trend import trend_of
from advisor.monitor.trigger import MonthVolume, month_states
from advisor.usage.calendar_month import first_day, months_between, moved
from advisor.wording import monitor_notes as words

FEW_STEP = "few_step_speedup"
_HIGH = (MonitorVerdict.CROSSED, MonitorVerdict.CROSSED_AND_STABLE)
_STALE_DAYS = 62


@dataclass(frozen=True)
class _Known:
    """What is known of the complete months."""

    complete: tuple[Month, ...]
    trailing: tuple[Month, ...]
    volume: Span | None
    paid: Span | None

    @property
    def credited(self) -> bool:
        """Whether images were made and the bill of a month is nothing or less, so that it tells no price."""
        return self.paid is None and any(
            month.cost is not None and month.cost <= 0 and month.paid_for is not None and month.paid_for.expected > 0
            for month in self.trailing
        )


def evaluate(
    baseline: Baseline,
    months: Sequence[Month],
    rules: Thresholds,
    *,
    file: str,
    today: datetime.date,
    notes: Sequence[str] = (),
) -> MonitorResult:
    """Judges the months against the decision. Raises BadInput for a volume or a price that cannot be computed with."""
    known = _known(months, rules)
    price = known.paid or _exactly(baseline.list_price)
    reason = baseline.why_not_comparable(price)
    crossover = baseline.crossover(price) if price and reason is None else None
    volumes = [MonthVolume(month.month, month.images) for month in known.complete if month.images is not None]
    steps = (
        month_states(volumes, crossover, rules, owning=owns_already(baseline.decision, baseline.scenario))
        if crossover
        else []
    )
    states = {volume.month: step.state for volume, step in zip(volumes, steps, strict=bool(steps))}
    last = steps[-1] if steps else None
    now = baseline.decided_at(known.volume, known.paid, today) if known.volume else None
    since = last.since if last and last.state in _HIGH else None
    overspend = _overspend(baseline, known, since, price) if since else ()
    speedup = baseline.rulebook.constants.get(FEW_STEP, 1)
    few_step = baseline.crossover(price, speedup) if price and crossover else None
    list_price = _exactly(baseline.list_price)
    list_crossover = baseline.crossover(list_price) if list_price and reason is None else None
    return MonitorResult(
        decision=baseline.decision,
        decision_file=file,
        on=today.isoformat(),
        verdict=MonitorVerdict.NOT_COMPARABLE if reason else last.state if last else MonitorVerdict.INSUFFICIENT_DATA,
        why_not_comparable=reason,
        compared=baseline.compared,
        list_price=baseline.list_price,
        paid_price=known.paid,
        crossover=crossover,
        list_crossover=list_crossover.expected if list_crossover else None,
        few_step_crossover=few_step.expected if few_step else None,
        few_step_speedup=speedup,
        months=tuple(replace(month, state=states.get(month.month)) for month in months),
        trailing_volume=known.volume,
        trailing_months=tuple(month.month for month in known.trailing),
        thresholds=rules,
        now=now,
        months_since_crossing=months_between(since, volumes[-1].month) + 1 if since else None,
        crossed_in=since,
        overspend=overspend,
        payback_months=_payback(baseline, known, price) if now and now.route is Route.SELF_HOST else None,
        migration_cost=_migration_cost(baseline),
        trend=trend_of(volumes, crossover) if crossover and last and last.state not in _HIGH else None,
        notes=(*notes, *_remarks(known, baseline, today)),
        own_amounts=_own_amounts(baseline),
        overhead=amounts[2] if (amounts := baseline.amounts()) else None,
    )


def _known(months: Sequence[Month], rules: Thresholds) -> _Known:
    complete = tuple(month for month in months if month.complete and month.images is not None)
    trailing = complete[-(rules.needed) :]
    volumes = [month.images for month in trailing if month.images is not None]
    if not volumes:
        return _Known(complete, trailing, None, None)
    volume = Span(*(mean(ends) for ends in zip(*(span.ends for span in volumes), strict=True)))
    return _Known(complete, trailing, volume, _paid(trailing))


def _paid(trailing: Sequence[Month]) -> Span | None:
    """What an image came to over some months: from the cheapest to the dearest, and all in all."""
    priced = [(month, price) for month in trailing if (price := month.paid_price) is not None]
    if not priced:
        return None
    cost = sum((month.cost or Fraction(0) for month, _ in priced), Fraction(0))
    images = sum((month.paid_for.expected if month.paid_for else Fraction(0) for month, _ in priced), Fraction(0))
    low, high = min(price.low for _, price in priced), max(price.high for _, price in priced)
    return Span(low, cost / images, high) if low > 0 else None


def _overspend(baseline: Baseline, known: _Known, since: str, price: Span | None) -> tuple[Overspend, ...]:
    """What was paid beyond the cost of own GPUs, month by month from the crossing on.

    Where credits leave no price, the crossing is that at the list price, and so is the money.
    """
    found: list[Overspend] = []
    so_far = Span.of(Fraction(0))
    for month in known.complete:
        if month.month < since or month.images is None or price is None:
            continue
        billed = month.billed and not known.credited
        spent = Span.of(month.cost) if billed and month.cost is not None else _rented(price, month.images)
        beyond = [
            paid - own
            for images, paid in zip(month.images.ends, spent.ends, strict=True)
            for own in (baseline.own_costs(Span.of(images)) or spent).ends
        ]
        over = Span(min(beyond), beyond[4], max(beyond))
        so_far += over
        found.append(Overspend(month.month, over, so_far, estimated=not billed))
    return tuple(found)


def _rented(price: Span, images: Span) -> Span:
    """What the images cost at the price of the last months, where no bill is for all of them."""
    return Span(*(rent(price.expected, count) for count in images.ends))


def _own_amounts(baseline: Baseline) -> tuple[Fraction, Fraction, Fraction] | None:
    amounts = baseline.amounts()
    return None if amounts is None else (amounts[0].expected, amounts[1].expected, amounts[2].expected)


def _payback(baseline: Baseline, known: _Known, price: Span | None) -> Fraction | None:
    """Months until moving to own GPUs is repaid, at the volume and the price of the last months."""
    cost, volume = _migration_cost(baseline), known.volume
    if cost is None or volume is None or price is None:
        return None
    owned = baseline.own_costs(volume)
    return None if owned is None else payback_months(cost, rent(price.expected, volume.expected) - owned.expected)


def _migration_cost(baseline: Baseline) -> Fraction | None:
    cost = baseline.scenario.migration_cost
    return None if cost is None else exact(cost)


def _remarks(known: _Known, baseline: Baseline, today: datetime.date) -> list[str]:
    remarks = []
    if known.complete:
        last = known.complete[-1].month
        late = (today - first_day(moved(last, 1))).days
        if late > _STALE_DAYS:
            remarks.append(words.STALE.format(month=last))
    if known.credited:
        remarks.append(words.CREDITED)
    if baseline.ranges and any(month.images for month in known.complete):
        price = known.paid or _exactly(baseline.list_price)
        crossover = baseline.crossover(price) if price else None
        remarks += [words.TOO_DEAR] if crossover and crossover.high == BEYOND else []
    guessed = {guess for month in known.trailing for guess in month.guessed}
    remarks += [note for guess, note in words.NARROWED_BY.items() if guess in guessed]
    if baseline.decision.rulebook_digest != baseline.rulebook.digest:
        remarks.append(words.OTHER_RULES)
    if baseline.other_catalogue:
        remarks.append(words.OTHER_CATALOGUE)
    return remarks


def _exactly(price: Fraction | None) -> Span | None:
    return None if price is None else Span.of(price)
