"""From days of usage to calendar months: which source counts, how many images, what was paid, is the month whole."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction

from advisor.common.diagnostics import BadInput, Problem
from advisor.monitor.model import Guess, Month, Span
from advisor.monitor.trigger import first_day, first_day_after, month_of, moved
from advisor.usage.model import GATEWAY, Basis, Day
from advisor.wording import monitor_notes as words
from advisor.wording.monitor_notes import joined

_ESTIMATES = "litellm-"
"""Sources that write what they think a request cost, and nothing or zero where they do not know."""
IMAGES_PER_REQUEST = Span(Fraction(1), Fraction(1), Fraction(4))
"""Most callers ask for one image; most providers give four at the most."""
MEGAPIXELS_PER_IMAGE = Span(Fraction(1, 4), Fraction(1), Fraction(4))
"""512 by 512 to 2048 by 2048 pixels, 1024 by 1024 the usual."""
_LINE_ITEMS = "openai-costs"
"""A bill of which only line items of images are read, on every day, also where nothing was spent."""
_BILL_OF_SERVICES = "focus"
"""A bill of everything: where it counts images, its other rows are for something else, whoever counts."""
_FEWEST_DAILY = 5
"""Fewer amounts in a month that state no end are invoices."""
_QUIET = datetime.timedelta(days=4)
"""Days without images, such as a long weekend: a month between others may begin or end with so many."""
_ONE_DAY, _LONGEST = datetime.timedelta(days=1), datetime.timedelta(days=31)


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
    for option, named in (("--images-from", assumed.images_from), ("--cost-from", assumed.cost_from)):
        if absent := [source for source in named if all(day.source != source for day in days)]:
            notes[words.NAMED_ABSENT.format(sources=joined(absent), option=option)] = None
    days = _converted(days, assumed.rates)
    without_cost: list[Day] = []
    volume_days = list(_stating_volume(days, assumed, notes))
    cost_days = list(_stating_cost(days, volume_days, assumed.cost_from, notes))
    if not volume_days:
        return (), tuple(notes)
    covered = _covered(volume_days)
    known = {month_of(day.day) for day in volume_days}
    months = []
    month, last = min(known), max(known)
    while month <= last:
        counted = [day for day in volume_days if month_of(day.day) == month]
        paid = [day for day in cost_days if month_of(day.day) == month]
        priced = _paid_days(month, counted, paid, notes)
        unpriced = [day for day in counted if _has_volume(day) and day not in priced]
        if paid and any(day.cost is not None or not _may_cost(day, days) for day in unpriced):
            notes[words.BILL_FOR_SOME.format(month=month)] = None
        if unpriced and not any(map(_has_volume, priced)):
            paid = []
        without_cost += [day for day in unpriced if day.cost is None and _may_cost(day, days)]
        unknown, requests = _unknown(counted), [day.requests for day in counted if day.requests is not None]
        why_partial = _why_partial(month, counted, covered, assumed) if counted else words.NOTHING_KNOWN
        months.append(
            Month(
                month=month,
                images=_images(counted, assumed) if len(counted) > len(unknown) else None,
                requests=sum(requests) if requests else None,
                cost=sum((Fraction(day.cost or 0) for day in paid), Fraction(0)) if paid else None,
                priced=_images(priced, assumed) if paid and unpriced else None,
                guessed=frozenset(guess for day in counted if (guess := _taken(day, assumed)[1])) - assumed.stated,
                basis=max((day.basis for day in counted), key=lambda basis: basis.rank, default=None),
                complete=why_partial is None and not unknown,
                missing=not counted,
                why_partial=why_partial or (_why_unknown(counted, unknown) if unknown else None),
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
    derived = [day for day in days if _by_cost(day)]
    if any(not _by_cost(day) for day in days) or sum(day.cost or 0 for day in derived) > 0:
        return [day for day in derived if day.cost is None]
    return [day for day in derived if not (day.cost == 0 and day.source == _LINE_ITEMS)]


def _why_unknown(days: Sequence[Day], unknown: Sequence[Day]) -> str:
    rows, of = sum(day.rows for day in unknown), sum(day.rows for day in days)
    return words.ROWS_UNKNOWN.format(some=f"{rows:,}", all=f"{of:,}")


def _converted(days: Iterable[Day], rates: Mapping[str, Decimal]) -> list[Day]:
    """The same days in dollars. A log in front of the providers bills nothing: its zero is a cost it does not know."""
    converted = []
    for day in days:
        if day.meter == GATEWAY and day.cost == 0 and _has_volume(day):
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
        if not _by_cost(day):
            counting.setdefault(month_of(day.day), set()).add(day.source)
    gateway_months = {month_of(day.day) for day in stated if day.meter == GATEWAY and not _by_cost(day)}
    for (month, meter), group in _by_month_and_meter(stated).items():
        if meter != GATEWAY and month in gateway_months and not assumed.images_from:
            continue  # what a bill only lets one derive, the log in front of it counts
        if month in counting and all(map(_by_cost, group)) and not assumed.images_from:
            # A cost alone may be that of another service, or of the images that others count.
            sources, others = sorted({day.source for day in group}), sorted(counting[month])
            options = " ".join(f"--images-from {source}" for source in dict.fromkeys([*others, *sources]))
            left_out = words.NOT_DERIVED.format(sources=joined(sources), others=joined(others), options=options)
            notes[left_out] = None
            continue
        best = min(sorted({day.source for day in group}), key=lambda source: _worth(group, source))
        others = sorted({day.source for day in group} - {best})
        if others:
            notes[words.ONE_COUNT.format(meter=meter, source=best, others=joined(others))] = None
        yield from _without_other_services([day for day in group if day.source == best], notes)


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


def _covered(days: Sequence[Day]) -> tuple[datetime.date, datetime.date]:
    """The first and the last day of which anything is known."""
    return min(day.day for day in days), max(map(_last_day, days))


def _why_partial(
    month: str, days: Sequence[Day], covered: tuple[datetime.date, datetime.date], assumed: Assumed
) -> str | None:
    """Why a month is not whole; None where it is."""
    begins, ends = first_day(month), first_day_after(month) - _ONE_DAY
    if assumed.today <= ends:
        return words.STILL_RUNNING
    first, last = _covered(days)
    covers = assumed.covers
    if covers and covers[0] <= ends and begins <= covers[1]:
        first, last = min(first, covers[0]), max(last, covers[1])
        covered = min(covered[0], first), max(covered[1], last)
    if covered[0] > begins:
        return words.NOT_BEFORE.format(day=covered[0])
    if covered[1] < ends:
        return words.NOT_AFTER.format(day=covered[1])
    if first > begins + _QUIET or last < ends - _QUIET:
        return words.ONLY_BETWEEN.format(first=max(first, begins), last=min(last, ends))
    return None


# ---- which cost counts, and which days of usage a bill pays for


def _by_cost(day: Day) -> bool:
    """Whether a day says nothing of images but what was paid."""
    return day.basis is Basis.DERIVED and day.megapixels is None


def _has_volume(day: Day) -> bool:
    """Whether it states images, or what they can be counted or derived from, and not that there were none."""
    numbers = (day.images, day.requests, day.megapixels, day.cost if _by_cost(day) else None)
    return any(numbers)


def _last_day(day: Day) -> datetime.date:
    """The last day of which it tells: one that ends at midnight is the one before, and a plan for a year tells of the
    day it was bought."""
    if _is_long(day):
        return day.day
    ends_at_midnight = day.last.time() == datetime.time() and day.last > day.first
    return (day.last - _ONE_DAY if ends_at_midnight else day.last).date()


def _by_month_and_meter(days: Iterable[Day]) -> dict[tuple[str, str], list[Day]]:
    """The days of each month and meter, in order."""
    groups: dict[tuple[str, str], list[Day]] = {}
    for day in sorted(days, key=lambda day: (day.day, day.source)):
        groups.setdefault((month_of(day.day), day.meter), []).append(day)
    return groups


def _without_other_services(days: list[Day], notes: dict[str, None]) -> Iterator[Day]:
    """Where a source counts images, its rows of cost alone are other services: not those of line items of images."""
    counts = not all(map(_by_cost, days))
    for day in days:
        if counts and _by_cost(day) and day.source != _LINE_ITEMS:
            notes[words.OTHER_SERVICES.format(source=day.source)] = None
        else:
            yield day


def _stating_cost(
    days: Sequence[Day], volume_days: Sequence[Day], cost_from: tuple[str, ...], notes: dict[str, None]
) -> Iterator[Day]:
    """The days whose cost counts: of each meter one source, bills before the estimates of a log.

    Where only other meters count images, a bill counts if it is named (``cost_from``): it may be that of storage. One
    that knows no cost of some of its own images prices none that another source counts.
    """
    stated = [day for day in days if day.cost is not None and (not cost_from or day.source in cost_from)]
    billed = {month_of(day.day) for day in stated if day.meter != GATEWAY}
    counted = {(month_of(day.day), day.meter, day.source) for day in volume_days if not _by_cost(day)}
    meters: dict[str, set[str]] = {}
    for day in volume_days:
        meters.setdefault(month_of(day.day), set()).add(day.meter)
    for (month, meter), group in _by_month_and_meter(stated).items():
        sources = sorted({day.source for day in group})
        if meter == GATEWAY and month in billed and not cost_from:
            notes[words.BILL_BEFORE_ESTIMATES.format(sources=joined(sources))] = None
            continue
        if not cost_from and month in meters and not {meter, GATEWAY} & meters[month]:
            notes[words.UNRELATED_COST.format(sources=joined(sources), first=sources[0])] = None
            continue
        best = min(sources, key=lambda source: (month, meter, source) not in counted)
        if len(sources) > 1:
            others = joined([source for source in sources if source != best])
            notes[words.ONE_COST.format(meter=meter, source=best, others=others)] = None
        chosen = [day for day in group if day.source == best]
        if (month, meter, best) in counted or best == _BILL_OF_SERVICES:
            chosen = list(_without_other_services(chosen, notes))
        unknown = [day for day in days if (month_of(day.day), day.meter, day.source) == (month, meter, best)]
        if (month, meter, best) not in counted and any(day.cost is None and _has_volume(day) for day in unknown):
            notes[words.OWN_COST_UNKNOWN.format(source=best, month=month)] = None
            continue
        yield from chosen


def _paid_days(month: str, counted: Sequence[Day], bills: Sequence[Day], notes: dict[str, None]) -> list[Day]:
    """The days of a month that its bills pay for.

    A bill pays for its own meter, and for a log in front of all providers; one of a meter without images, which counts
    only where it was named, pays for the meters without a bill. Where a source states what its images cost, those of
    which it does not are not paid for.
    """
    stating = {bill.source for bill in bills}
    meters = {day.meter for day in counted}
    by_meter = {meter: found for (_, meter), found in _by_month_and_meter(bills).items()}
    unsaid = {meter for meter, found in by_meter.items() if not _says_its_days(found, counted)}
    whole = first_day(month), first_day_after(month) - _ONE_DAY
    reaches = {meter: whole if meter in unsaid else _covered(found) for meter, found in by_meter.items()}
    named = [] if GATEWAY in meters else [reach for meter, reach in reaches.items() if meter not in meters]
    paid = []
    for day in counted:
        own = [reaches[day.meter]] if day.meter in reaches else named
        over = list(reaches.values()) if day.meter == GATEWAY else own
        unknown = day.cost is None and day.source in stating
        if over and not unknown and min(first for first, _ in over) <= day.day <= max(last for _, last in over):
            paid.append(day)
    for source in sorted({bill.source for bill in bills if bill.meter in unsaid}):
        notes[words.BILL_WITHOUT_DAYS.format(source=source)] = None
    return paid


def _says_its_days(bills: Sequence[Day], counted: Sequence[Day]) -> bool:
    """Whether rows state images too, or an end, or are daily amounts: invoices are few, or lie far apart."""
    if all(bill in counted for bill in bills):
        return True
    if any(bill.last.date() > bill.day and not _is_long(bill) for bill in bills):
        return True
    on = {bill.day for bill in bills}
    return len(on) >= _FEWEST_DAILY and max(on) - min(on) <= len(on) * _QUIET


def _is_long(day: Day) -> bool:
    """Whether it is for more than a month, such as a plan for a year."""
    return day.last - day.first > _LONGEST
