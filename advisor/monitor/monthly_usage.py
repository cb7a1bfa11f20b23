"""From days of usage to calendar months: which source counts, how many images, what was paid, is the month whole."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction

from advisor.common.diagnostics import BadInput, Problem
from advisor.monitor.cost_allocation import (
    LINE_ITEMS,
    QUIET,
    by_cost,
    by_month_and_meter,
    has_volume,
    last_day,
    paid_days,
    stating_cost,
    without_other_services,
)
from advisor.monitor.model import Guess, Month
from advisor.monitor.span import Span
from advisor.usage.calendar_month import first_day, first_day_after, month_of, moved
from advisor.usage.model import GATEWAY, Basis, Day
from advisor.wording import monitor_notes as words
from advisor.wording.monitor_notes import joined

_ESTIMATES = "litellm-"
"""Sources that write what they think a request cost, and nothing or zero where they do not know."""
IMAGES_PER_REQUEST = Span(Fraction(1), Fraction(1), Fraction(4))
"""Most callers ask for one image; most providers give four at the most."""
MEGAPIXELS_PER_IMAGE = Span(Fraction(1, 4), Fraction(1), Fraction(4))
"""512 by 512 to 2048 by 2048 pixels, 1024 by 1024 the usual."""
_ONE_DAY = datetime.timedelta(days=1)


@dataclass(frozen=True)
class Assumed:
    """What stands in for what the sources do not say.

    ``images_per_request`` and ``megapixels_per_image`` are numbers; ``price`` is dollars per image, None where no
    price is known; ``rates`` are dollars per unit of a currency. ``covers`` are the first and the last day for which
    the sources are known to be whole. ``images_from`` and ``cost_from`` name the only sources asked for either.
    ``stated`` are those that somebody has said; others are guesses.
    """

    today: datetime.date
    images_per_request: Span = IMAGES_PER_REQUEST
    megapixels_per_image: Span = MEGAPIXELS_PER_IMAGE
    price: Span | None = None
    rates: Mapping[str, Decimal] = field(default_factory=dict)
    covers: tuple[datetime.date, datetime.date] | None = None
    images_from: tuple[str, ...] = ()
    cost_from: tuple[str, ...] = ()
    stated: frozenset[Guess] = frozenset()


def months_of(days: Sequence[Day], assumed: Assumed) -> tuple[tuple[Month, ...], tuple[str, ...]]:
    """The months from the first to the last that any day falls in, gaps included, and notes for people.

    Raises BadInput where two sources may count the same images, or amounts are not in dollars.
    """
    notes: dict[str, None] = {}
    days = _converted(days, assumed.rates)
    without_cost: list[Day] = []
    volume_days = list(_stating_volume(days, assumed, notes))
    cost_days = list(stating_cost(days, volume_days, assumed.cost_from, notes))
    if not volume_days:
        return (), tuple(notes)
    covered = _covered(volume_days)
    known = {month_of(day.day) for day in volume_days}
    months = []
    month, last = min(known), max(known)
    while month <= last:
        counted = [day for day in volume_days if month_of(day.day) == month]
        paid = [day for day in cost_days if month_of(day.day) == month]
        priced = paid_days(month, counted, paid, notes)
        unpriced = [day for day in counted if has_volume(day) and day not in priced]
        if paid and any(day.cost is not None or not _may_cost(day, days) for day in unpriced):
            notes[words.BILL_FOR_SOME.format(month=month)] = None
        if unpriced and not any(map(has_volume, priced)):
            paid = []
        without_cost += [day for day in unpriced if day.cost is None and _may_cost(day, days)]
        unknown = _unknown(counted)
        why_partial = _why_partial(month, counted, covered, assumed) if counted else words.NOTHING_KNOWN
        months.append(
            Month(
                month=month,
                images=_images(counted, assumed) if len(counted) > len(unknown) else None,
                requests=_requests(counted),
                cost=sum((Fraction(day.cost or 0) for day in paid), Fraction(0)) if paid else None,
                priced=_images(priced, assumed) if paid and unpriced else None,
                guessed=frozenset(guess for day in counted if (guess := _taken(day, assumed)[1])) - assumed.stated,
                basis=max((day.basis for day in counted), key=lambda basis: basis.rank, default=None),
                complete=why_partial is None and not unknown,
                missing=not counted,
                why_partial=why_partial or _why_unknown(counted, unknown),
            )
        )
        month = moved(month, 1)
    notes.update(dict.fromkeys(_without_cost(without_cost, volume_days)))
    return tuple(months), tuple(notes)


def _may_cost(day: Day, days: Sequence[Day]) -> bool:
    """Whether its source states costs: some day of it has one, or it is LiteLLM, which has them where it knows them."""
    return day.source.startswith(_ESTIMATES) or any(one.source == day.source and one.cost is not None for one in days)


def _without_cost(days: Sequence[Day], counted: Sequence[Day]) -> Iterator[str]:
    """How many of how many have no known cost."""
    for source in sorted({day.source for day in days}):
        number, of = _number(days, source), _number(counted, source)
        note = words.NO_COST if number == of else words.SOME_COST
        yield note.format(source=source, some=number.partition(" ")[0], all=of)


def _number(days: Iterable[Day], source: str) -> str:
    """How many images of a source, or requests where it counts those alone."""
    of_source = [day for day in days if day.source == source]
    images = sum((day.images for day in of_source if day.images is not None), Decimal(0))
    requests = sum(day.requests or 0 for day in of_source if day.images is None)
    said = [f"{images:,f} images"] if images else []
    return " and ".join([*said, f"{requests:,} requests"] if requests else said)


def _unknown(days: Sequence[Day]) -> list[Day]:
    """The days of a month of which nobody knows how many images they are."""
    derived = [day for day in days if by_cost(day)]
    if any(not by_cost(day) for day in days) or sum(day.cost or 0 for day in derived) > 0:
        return [day for day in derived if day.cost is None]
    return [day for day in derived if not (day.cost == 0 and day.source == LINE_ITEMS)]


def _why_unknown(days: Sequence[Day], unknown: Sequence[Day]) -> str | None:
    if not unknown:
        return None
    rows, of = sum(day.rows for day in unknown), sum(day.rows for day in days)
    return words.ROWS_UNKNOWN.format(some=f"{rows:,}", all=f"{of:,}")


def _converted(days: Iterable[Day], rates: Mapping[str, Decimal]) -> list[Day]:
    """The same days in dollars. A log in front of the providers bills nothing: its zero is a cost it does not know."""
    converted = []
    for day in days:
        if day.meter == GATEWAY and day.cost == 0 and has_volume(day):
            converted.append(replace(day, cost=None, currency=None))
            continue
        if day.cost is None or day.currency in (None, "USD"):
            converted.append(day)
            continue
        rate = rates.get(day.currency or "")
        if rate is None:
            what = f"the amounts of `{day.source}` are in `{day.currency}`, and those of the decision in dollars"
            help = f"give the rate, as in --rate {day.currency}=1.08 (dollars for one {day.currency})"
            raise BadInput(Problem(what, help=help))
        converted.append(replace(day, cost=day.cost * rate, currency="USD"))
    return converted


def _stating_volume(days: Sequence[Day], assumed: Assumed, notes: dict[str, None]) -> Iterator[Day]:
    """The days whose volume counts: of each meter the source that knows it best, month by month."""
    stated = [day for day in days if _states_volume(day, assumed)]
    if assumed.images_from:
        stated = [day for day in stated if day.source in assumed.images_from]
    else:
        _refuse_overlaps(stated)
    counting: dict[str, set[str]] = {}
    for day in stated:
        if not by_cost(day):
            counting.setdefault(month_of(day.day), set()).add(day.source)
    gateway_months = {month_of(day.day) for day in stated if day.meter == GATEWAY and not by_cost(day)}
    for (month, meter), group in by_month_and_meter(stated).items():
        if meter != GATEWAY and month in gateway_months and not assumed.images_from:
            continue  # what a bill only lets one derive, the log in front of it counts
        if month in counting and all(map(by_cost, group)) and not assumed.images_from:
            _note_left_out(group, counting[month], notes)
            continue
        best = min(sorted({day.source for day in group}), key=lambda source: _worth(group, source))
        others = sorted({day.source for day in group} - {best})
        if others:
            notes[words.ONE_COUNT.format(meter=meter, source=best, others=joined(others))] = None
        of_best = [day for day in group if day.source == best]
        yield from without_other_services(of_best, notes)


def _note_left_out(group: Sequence[Day], counting: Iterable[str], notes: dict[str, None]) -> None:
    """A cost alone may be that of another service, or of the images that others count."""
    sources, others = sorted({day.source for day in group}), sorted(counting)
    options = " ".join(f"--images-from {source}" for source in dict.fromkeys([*others, *sources]))
    notes[words.NOT_DERIVED.format(sources=joined(sources), others=joined(others), options=options)] = None


def _worth(group: Sequence[Day], source: str) -> tuple[int, Decimal]:
    """How well a source knows the volume: the best basis first, then the one that counts more."""
    days = [day for day in group if day.source == source]
    images = sum((day.images for day in days if day.images is not None), Decimal(0))
    return min(day.basis.rank for day in days), -images


def _refuse_overlaps(days: Sequence[Day]) -> None:
    """A log in front of the providers and what they count themselves may be the same images."""
    counting = [day for day in days if day.basis is not Basis.DERIVED]
    for month in sorted({month_of(day.day) for day in counting}):
        of_month = [day for day in counting if month_of(day.day) == month]
        gateways = sorted({day.source for day in of_month if day.meter == GATEWAY})
        others = sorted({day.source for day in of_month if day.meter != GATEWAY})
        if len(gateways) + bool(others) < 2 or not gateways:
            continue
        sources = [*gateways, *others]
        what = f"{', '.join(f'`{source}`' for source in sources)} may count the same images"
        help = "say which counts, as in " + " or ".join(f"--images-from {source}" for source in sources[:3])
        raise BadInput(Problem(what, help=help))


def _states_volume(day: Day, assumed: Assumed) -> bool:
    if day.basis is Basis.DERIVED:
        return day.megapixels is not None or day.cost is None or assumed.price is not None
    return day.images is not None or day.requests is not None


def _images(days: Iterable[Day], assumed: Assumed) -> Span:
    """The images of some days, as far as they are known."""
    return sum((_taken(day, assumed)[0] for day in days), Span.of(Fraction(0)))


def _taken(day: Day, assumed: Assumed) -> tuple[Span, Guess | None]:
    """The images of a day, and what they rest on where they are not counted."""
    if day.images is not None:
        return Span.of(Fraction(day.images)), None
    if day.basis is Basis.DERIVED and day.megapixels is not None:
        return _divided(Fraction(day.megapixels), assumed.megapixels_per_image), Guess.MEGAPIXELS_PER_IMAGE
    if day.basis is Basis.DERIVED and day.cost is not None and assumed.price is not None:
        return _divided(Fraction(day.cost), assumed.price), Guess.PRICE_PER_IMAGE
    each, requests = assumed.images_per_request, Fraction(day.requests or 0)
    span = Span(requests * each.low, requests * each.expected, requests * each.high)
    return _holding(span, day.megapixels), Guess.IMAGES_PER_REQUEST


def _holding(span: Span, units: Decimal | None) -> Span:
    """Images of requests that state a quantity in a unit that is not named: it may be that of the images."""
    if units is None:
        return span
    stated = Fraction(units)
    likely = stated.denominator == 1 and span.low <= stated <= span.high
    return Span(min(span.low, stated), stated if likely else span.expected, max(span.high, stated))


def _divided(amount: Fraction, by: Span) -> Span:
    ends = sorted((amount / by.high, amount / by.low))
    return Span(ends[0], amount / by.expected, ends[1])


def _requests(days: Iterable[Day]) -> int | None:
    stated = [day.requests for day in days if day.requests is not None]
    return sum(stated) if stated else None


def _covered(days: Iterable[Day]) -> tuple[datetime.date, datetime.date]:
    """The first and the last day of which anything is known."""
    days = list(days)
    return min(day.day for day in days), max(map(last_day, days))


def _why_partial(
    month: str, days: Sequence[Day], covered: tuple[datetime.date, datetime.date], assumed: Assumed
) -> str | None:
    """Why a month is not whole; None where it is."""
    begins, ends = first_day(month), first_day_after(month) - _ONE_DAY
    if assumed.today <= ends:
        return words.STILL_RUNNING
    first, last = _covered(days)
    covers = assumed.covers
    if covers is not None and covers[0] <= ends and begins <= covers[1]:
        first, last = min(first, covers[0]), max(last, covers[1])
        covered = min(covered[0], first), max(covered[1], last)
    if covered[0] > begins:
        return words.NOT_BEFORE.format(day=covered[0])
    if covered[1] < ends:
        return words.NOT_AFTER.format(day=covered[1])
    if first > begins + QUIET or last < ends - QUIET:
        return words.ONLY_BETWEEN.format(first=max(first, begins), last=min(last, ends))
    return None
