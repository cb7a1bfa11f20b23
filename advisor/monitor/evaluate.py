"""Months and a decision -> what the monitor found: N* at the price paid, the verdict, and the decision made anew."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from statistics import mean

from advisor.catalogue.loader import Catalogue
from advisor.decision.assessment import Assessment
from advisor.decision.break_even import (
    owns_already,
    rents_for_its_price,
    watched_route,
    whatever_the_volume,
)
from advisor.decision.competition import competing
from advisor.decision.decide import decide
from advisor.domain.cost_model import MOST_IMAGES, OWN_AMOUNTS, PRICE_OF, Costs, OwnGpus, exact, payback_months, rent
from advisor.domain.quantity import plain
from advisor.domain.record import Decision
from advisor.domain.record_parts import Status
from advisor.domain.scenario import Route, Scenario, validated
from advisor.monitor.model import (
    MonitorResult,
    MonitorVerdict,
    Month,
    NotComparable,
    NotComparableReason,
    Overspend,
    Span,
    Thresholds,
)
from advisor.monitor.trigger import MonthVolume, first_day, month_states, months_between, moved, trend_of
from advisor.rulebook.model import Rulebook
from advisor.wording import monitor_notes as words

BEYOND = Fraction(MOST_IMAGES)
FEW_STEP = "few_step_speedup"
_MICRO = Decimal("0.000001")
_HIGH = (MonitorVerdict.CROSSED, MonitorVerdict.CROSSED_AND_STABLE)
_STALE_DAYS = 62


# ---- what the bill is held against


@dataclass(frozen=True)
class Baseline:
    """The decision as recorded, and what its amounts are taken as.

    ``scenario`` has the prices that the decision took from its catalogue; ``catalogue`` is the one at hand. The bill is
    that of ``route``; None for the route that the memo says is watched. ``ranges`` are amounts of own GPUs given as
    ranges, by field; others are as in the decision.
    """

    decision: Decision
    scenario: Scenario
    rulebook: Rulebook
    route: Route | None
    ranges: Mapping[str, Span]
    catalogue: Catalogue | None = None

    @cached_property
    def compared(self) -> Route | None:
        """The hosted route whose bill is watched."""
        return self.route or watched_route(self.decision, self.scenario)

    @property
    def list_price(self) -> Fraction | None:
        """Dollars per image in the decision."""
        price = getattr(self.scenario, PRICE_OF[self.compared]) if self.compared else None
        return None if price is None else exact(price)

    @property
    def migration_cost(self) -> Fraction | None:
        """Dollars for moving to own GPUs."""
        cost = self.scenario.migration_cost
        return None if cost is None else exact(cost)

    def crossover(self, price: Span, speedup: int = 1) -> Span | None:
        """N* at a price per image, as wide as price and amounts are; None where owning never wins at the expected ones.

        Where it only never wins at the dear end, the upper end is ``BEYOND``, a volume that nobody has.
        """
        gpus = self.own_gpus()
        if gpus is None:
            return None
        cheap, expected, dear = (replace(each, images_per_gpu_hour=each.images_per_gpu_hour * speedup) for each in gpus)
        low, middle = cheap.crossover(price.high).volume, expected.crossover(price.expected).volume
        high = dear.crossover(price.low).volume
        return None if low is None or middle is None else Span(low, middle, BEYOND if high is None else high)

    def amounts(self) -> tuple[Span, Span, Span] | None:
        """Dollars a GPU-hour, images a GPU-hour, dollars a month; None where one is not known."""
        G, r, E = (_span_of(getattr(self.scenario, name), self.ranges.get(name)) for name in OWN_AMOUNTS)
        return (G, r, E) if G and r and E else None

    def own_costs(self, images: Span) -> Span | None:
        """Dollars a month on own GPUs for so many images, as wide as images and amounts are."""
        gpus = self.own_gpus()
        if gpus is None:
            return None
        return Span(*(each.cost(max(count, Fraction(0))) for each, count in zip(gpus, images.ends, strict=True)))

    def own_gpus(self) -> tuple[OwnGpus, OwnGpus, OwnGpus] | None:
        """Own GPUs at their cheapest, as expected, and at their dearest; None where an amount is not known."""
        amounts, costs = self.amounts(), Costs(self.scenario)
        if amounts is None:
            return None
        G, r, E = amounts
        cheap, usual = costs.paid_for(G.low, r.high, E.low), costs.paid_for(G.expected, r.expected, E.expected)
        dear = costs.paid_for(G.high, r.low, E.high)
        return (cheap, usual, dear) if cheap and usual and dear else None

    def decided_at(self, volume: Span, price: Span | None, today: datetime.date) -> Decision:
        """The whole decision made anew, with the volume as measured and the price as paid. Raises BadInput."""
        low, expected, high = (Decimal(max(1, round(bound))) for bound in volume.ends)
        ends = (None, None) if low == high else (low, high)
        changes: dict[str, Decimal | None] = {
            "monthly_images": expected,
            "monthly_images_low": ends[0],
            "monthly_images_high": ends[1],
        }
        if self.compared and price is not None:
            changes[PRICE_OF[self.compared]] = as_price(price.expected)
        return decide(self._stated(changes), self.rulebook, catalogue=self._catalogue, decided_on=today)

    def why_not_comparable(self, price: Span | None) -> NotComparable | None:
        """Why no volume of this bill would change the answer at the price that is paid; None where one would."""
        if self.compared is None:
            return NotComparable(NotComparableReason.NO_BILL)
        if price is None or self.own_gpus() is None:
            needed = (PRICE_OF[self.compared], *OWN_AMOUNTS, *(["peak_to_mean"] if self.scenario.always_on else []))
            missing = tuple(name for name in needed if getattr(self.scenario, name) is None)
            return NotComparable(NotComparableReason.AMOUNTS_MISSING, missing)
        paid = {PRICE_OF[self.compared]: as_price(price.expected)}
        on = self.decision.date("the record")
        offers = competing(self.rulebook, self._catalogue, self._stated(paid), on)
        always = whatever_the_volume(self.scenario.changed(**paid), offers)
        if self.crossover(price) is None and (always is None or rents_for_its_price(always)):
            return NotComparable(NotComparableReason.NEVER_CHEAPER, price=price.expected)
        return _not_comparable(always) if always else None

    @property
    def other_catalogue(self) -> bool:
        """Whether the decision was made with a catalogue that is not the one at hand."""
        digest = self.decision.catalogue_digest
        return digest is not None and (self.catalogue is None or self.catalogue.digest != digest)

    @property
    def _catalogue(self) -> Catalogue | None:
        """The catalogue, if the decision was made with one."""
        return self.catalogue if self.decision.catalogue_digest else None

    def _stated(self, changes: Mapping[str, Decimal | None]) -> Scenario:
        """The answers of the record with some changed. Raises BadInput."""
        return validated(self.decision.scenario, "the record").changed(**changes)


def as_price(price: Fraction) -> Decimal:
    """A price as the decision keeps it: to the micro-dollar, and more than nothing."""
    return Decimal(plain(max(1, round(price * 10**6)) * _MICRO))


def _span_of(value: Decimal | None, within: Span | None) -> Span | None:
    """The amount of the decision, in the range that was given for it; the middle of a range that leaves it out."""
    if within is None:
        return None if value is None else Span.of(exact(value))
    expected = within.expected if value is None else exact(value)
    return Span(within.low, expected, within.high) if within.low <= expected <= within.high else within


def _not_comparable(decision: Assessment) -> NotComparable:
    if decision.status is Status.INFEASIBLE:
        return NotComparable(NotComparableReason.INFEASIBLE)
    if decision.status is Status.OPEN:
        return NotComparable(NotComparableReason.OPEN, decision.open_questions)
    return NotComparable(
        NotComparableReason.DECIDED, axis=next(iter(decision.deciding_axes), None), route=decision.route
    )


# ---- what was found


@dataclass(frozen=True)
class _Known:
    """What is known of the complete months: the last of them, their mean volume, and what an image came to."""

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
    list_price = None if baseline.list_price is None else Span.of(baseline.list_price)
    price = known.paid or list_price
    reason = baseline.why_not_comparable(price)
    crossover = baseline.crossover(price) if price and reason is None else None
    list_crossover = baseline.crossover(list_price) if list_price and reason is None else None
    speedup = baseline.rulebook.constants.get(FEW_STEP, 1)
    few_step = baseline.crossover(price, speedup) if price and crossover else None
    volumes = [MonthVolume(month.month, month.images) for month in known.complete if month.images is not None]
    owning = owns_already(baseline.decision, baseline.scenario)
    steps = month_states(volumes, crossover, rules, owning=owning) if crossover else []
    states = {volume.month: step.state for volume, step in zip(volumes, steps, strict=bool(steps))}
    last = steps[-1] if steps else None
    since = last.since if last and last.state in _HIGH else None
    now = baseline.decided_at(known.volume, known.paid, today) if known.volume else None
    amounts = baseline.amounts()
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
        overspend=_overspend(baseline, known, since, price) if since and price else (),
        payback_months=_payback(baseline, known, price) if now and now.route is Route.SELF_HOST else None,
        migration_cost=baseline.migration_cost,
        trend=trend_of(volumes, crossover) if crossover and last and last.state not in _HIGH else None,
        notes=(*notes, *_remarks(known, baseline, price, today)),
        own_amounts=(amounts[0].expected, amounts[1].expected, amounts[2].expected) if amounts else None,
        overhead=amounts[2] if amounts else None,
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


def _overspend(baseline: Baseline, known: _Known, since: str, price: Span) -> tuple[Overspend, ...]:
    """What was paid beyond the cost of own GPUs, month by month from the crossing on.

    Where no bill is for all images, they cost the price of the last months; where credits leave no price, the crossing
    is that at the list price, and so is the money.
    """
    found: list[Overspend] = []
    so_far = Span.of(Fraction(0))
    for month in known.complete:
        if month.month < since or month.images is None:
            continue
        billed = month.billed and not known.credited
        rented = Span(*(rent(price.expected, count) for count in month.images.ends))
        spent = Span.of(month.cost) if billed and month.cost is not None else rented
        beyond = [
            paid - own
            for images, paid in zip(month.images.ends, spent.ends, strict=True)
            for own in (baseline.own_costs(Span.of(images)) or spent).ends
        ]
        over = Span(min(beyond), beyond[4], max(beyond))
        so_far += over
        found.append(Overspend(month.month, over, so_far, estimated=not billed))
    return tuple(found)


def _payback(baseline: Baseline, known: _Known, price: Span | None) -> Fraction | None:
    """Months until moving to own GPUs is repaid, at the volume and the price of the last months."""
    cost, volume = baseline.migration_cost, known.volume
    owned = baseline.own_costs(volume) if volume else None
    if cost is None or volume is None or price is None or owned is None:
        return None
    return payback_months(cost, rent(price.expected, volume.expected) - owned.expected)


def _remarks(known: _Known, baseline: Baseline, price: Span | None, today: datetime.date) -> list[str]:
    remarks = []
    if known.complete:
        last = known.complete[-1].month
        if (today - first_day(moved(last, 1))).days > _STALE_DAYS:
            remarks.append(words.STALE.format(month=last))
    if known.credited:
        remarks.append(words.CREDITED)
    if baseline.ranges and any(month.images for month in known.complete):
        crossover = baseline.crossover(price) if price else None
        remarks += [words.TOO_DEAR] if crossover and crossover.high == BEYOND else []
    guessed = {guess for month in known.trailing for guess in month.guessed}
    remarks += [note for guess, note in words.NARROWED_BY.items() if guess in guessed]
    if baseline.decision.rulebook_digest != baseline.rulebook.digest:
        remarks.append(words.OTHER_RULES)
    if baseline.other_catalogue:
        remarks.append(words.OTHER_CATALOGUE)
    return remarks
