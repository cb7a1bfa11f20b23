"""Which cost counts, and which days of usage a bill pays for."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Sequence

from advisor.usage.calendar_month import first_day, first_day_after, month_of
from advisor.usage.model import GATEWAY, Basis, Day
from advisor.wording import monitor_notes as words
from advisor.wording.monitor_notes import joined

QUIET = datetime.timedelta(days=4)
"""Days without images, such as a long weekend: a month between others may begin or end with so many."""
_ONE_DAY = datetime.timedelta(days=1)
_LONGEST = datetime.timedelta(days=31)
LINE_ITEMS = "openai-costs"
"""A bill of which only line items of images are read, on every day, also where nothing was spent."""
BILL_OF_SERVICES = "focus"
"""A bill of everything: where it counts images, its other rows are for something else, whoever counts."""
_FEWEST_DAILY = 5
"""Fewer amounts in a month that state no end are invoices."""
_Reach = tuple[datetime.date, datetime.date]


def by_cost(day: Day) -> bool:
    """Whether a day says nothing of images but what was paid."""
    return day.basis is Basis.DERIVED and day.megapixels is None


def has_volume(day: Day) -> bool:
    """Whether it states images, or what they can be counted or derived from, and not that there were none."""
    numbers = (day.images, day.requests, day.megapixels, day.cost if by_cost(day) else None)
    return any(numbers)


def last_day(day: Day) -> datetime.date:
    """The last day of which it tells: one that ends at midnight is the one before, and a plan for a year tells of the
    day it was bought."""
    if _is_long(day):
        return day.day
    ends_at_midnight = day.last.time() == datetime.time() and day.last > day.first
    return (day.last - _ONE_DAY if ends_at_midnight else day.last).date()


def by_month_and_meter(days: Iterable[Day]) -> dict[tuple[str, str], list[Day]]:
    """The days of each month and meter, in order."""
    groups: dict[tuple[str, str], list[Day]] = {}
    for day in sorted(days, key=lambda day: (day.day, day.source)):
        groups.setdefault((month_of(day.day), day.meter), []).append(day)
    return groups


def without_other_services(days: list[Day], notes: dict[str, None]) -> Iterator[Day]:
    """Where a source counts images, its rows of cost alone are other services: not those of line items of images."""
    counts = not all(map(by_cost, days))
    for day in days:
        if counts and by_cost(day) and day.source != LINE_ITEMS:
            notes[words.OTHER_SERVICES.format(source=day.source)] = None
        else:
            yield day


def stating_cost(
    days: Sequence[Day], volume_days: Sequence[Day], cost_from: tuple[str, ...], notes: dict[str, None]
) -> Iterator[Day]:
    """The days whose cost counts: of each meter one source, bills before the estimates of a log.

    Where only other meters count images, a bill counts if it is named (``cost_from``): it may be that of storage. One
    that knows no cost of some of its own images prices none that another source counts.
    """
    stated = [day for day in days if day.cost is not None and (not cost_from or day.source in cost_from)]
    billed = {month_of(day.day) for day in stated if day.meter != GATEWAY}
    counted = {(month_of(day.day), day.meter, day.source) for day in volume_days if not by_cost(day)}
    meters: dict[str, set[str]] = {}
    for day in volume_days:
        meters.setdefault(month_of(day.day), set()).add(day.meter)
    for (month, meter), group in by_month_and_meter(stated).items():
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
        if (month, meter, best) in counted or best == BILL_OF_SERVICES:
            chosen = list(without_other_services(chosen, notes))
        unknown = [day for day in days if (month_of(day.day), day.meter, day.source) == (month, meter, best)]
        if (month, meter, best) not in counted and any(day.cost is None and has_volume(day) for day in unknown):
            notes[words.OWN_COST_UNKNOWN.format(source=best, month=month)] = None
            continue
        yield from chosen


def paid_days(month: str, counted: Sequence[Day], bills: Sequence[Day], notes: dict[str, None]) -> list[Day]:
    """The days of a month that its bills pay for.

    A bill pays for its own meter, and for a log in front of all providers; one of a meter without images, which counts
    only where it was named, pays for the meters without a bill. Where a source states what its images cost, those of
    which it does not are not paid for.
    """
    stating = {bill.source for bill in bills}
    meters = {day.meter for day in counted}
    unsaid = {meter for (_, meter), found in by_month_and_meter(bills).items() if not _says_its_days(found, counted)}
    reaches = {
        meter: _whole(month) if meter in unsaid else (min(bill.day for bill in found), max(map(last_day, found)))
        for (_, meter), found in by_month_and_meter(bills).items()
    }
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


def _whole(month: str) -> _Reach:
    return first_day(month), first_day_after(month) - _ONE_DAY


def _says_its_days(bills: Sequence[Day], counted: Sequence[Day]) -> bool:
    """Whether rows state images too, or an end, or are daily amounts: invoices are few, or lie far apart."""
    if all(bill in counted for bill in bills):
        return True
    if any(bill.last.date() > bill.day and not _is_long(bill) for bill in bills):
        return True
    on = {bill.day for bill in bills}
    return len(on) >= _FEWEST_DAILY and max(on) - min(on) <= len(on) * QUIET


def _is_long(day: Day) -> bool:
    """Whether it is for more than a month, such as a plan for a year."""
    return day.last - day.first > _LONGEST
