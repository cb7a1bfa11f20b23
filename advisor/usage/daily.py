"""Sums of a database as days."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Context, Decimal, localcontext
from typing import Any, TypeVar

from advisor.domain.formatting import plain
from advisor.usage.aggregate import DAY, FIRST, LAST, ROWS
from advisor.usage.model import Basis, Day
from advisor.usage.normalise import BASIS, COST, CURRENCY, IMAGES, MEGAPIXELS, METER, REQUESTS

Sums = tuple[str, Sequence[dict[str, Any]]]
"""The name of a source, and rows of ``day_sums``."""
Number = TypeVar("Number", int, Decimal)

_DIGITS = 60
"""Enough for exact sums of whatever a history may hold."""


def span_of(sums: Sequence[dict[str, Any]]) -> tuple[datetime, datetime] | None:
    """From the first to the last of the rows; None where there are none."""
    if not sums:
        return None
    return min(row[FIRST] for row in sums), max(row[LAST] for row in sums)


def days_of(all_sums: Iterable[Sums]) -> tuple[Day, ...]:
    """One Day for each day, source, meter, basis and currency, in this order."""
    days: dict[tuple[object, ...], list[Day]] = defaultdict(list)
    for source, sums in all_sums:
        for row in sums:
            day = _day(source, row)
            days[place_of(day)].append(day)
    return tuple(sorted(map(added_up, days.values()), key=place_of))


def place_of(day: Day) -> tuple[date, str, str, str, str]:
    """What a Day is of: no two Days of one result share it."""
    return day.day, day.source, day.meter, day.basis, day.currency or ""


def added_up(days: Sequence[Day]) -> Day:
    """One Day of several: the numbers that at least one of them states, added up."""
    with localcontext(Context(prec=_DIGITS)):
        return replace(
            days[0],
            images=_total(day.images for day in days),
            requests=_total(day.requests for day in days),
            megapixels=_total(day.megapixels for day in days),
            cost=_total(day.cost for day in days),
            rows=sum(day.rows for day in days),
            first=min(day.first for day in days),
            last=max(day.last for day in days),
        )


def _total(numbers: Iterable[Number | None]) -> Number | None:
    stated = [number for number in numbers if number is not None]
    return sum(stated[1:], stated[0]) if stated else None


def corrections_as_bills(sums: Iterable[Sums]) -> list[Sums]:
    """A correction is added to that month's counted images, or to its costs if there are none."""
    return [(source, _of_source(rows)) for source, rows in sums]


def _of_source(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    def whose(row: dict[str, Any]) -> tuple[Any, ...]:
        return row[METER], row[DAY].year, row[DAY].month

    def mends(row: dict[str, Any]) -> bool:
        return row[BASIS] == Basis.COUNTED and row[IMAGES] is None

    derived = {whose(row) for row in rows if row[BASIS] == Basis.DERIVED}
    counted = {whose(row) for row in rows if row[BASIS] != Basis.DERIVED and not mends(row)}
    return [
        {**row, BASIS: Basis.DERIVED.value} if mends(row) and whose(row) in derived - counted else row for row in rows
    ]


def _day(source: str, row: dict[str, Any]) -> Day:
    cost = _number(row[COST])
    return Day(
        row[DAY],
        source,
        row[METER],
        Basis(row[BASIS]),
        _number(row[IMAGES]),
        None if row[REQUESTS] is None else int(row[REQUESTS]),
        _number(row[MEGAPIXELS]),
        cost,
        None if cost is None else row[CURRENCY],
        int(row[ROWS]),
        row[FIRST],
        row[LAST],
    )


def _number(value: Any) -> Decimal | None:
    return None if value is None else Decimal(plain(Decimal(value)))
