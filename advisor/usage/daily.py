"""Sums of a database as days."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from advisor.domain.formatting import plain
from advisor.usage.aggregate import DAY, FIRST, LAST, ROWS
from advisor.usage.model import Basis, Day
from advisor.usage.normalise import BASIS, COST, CURRENCY, IMAGES, MEGAPIXELS, METER, REQUESTS

Sums = tuple[str, Sequence[dict[str, Any]]]
"""The name of a source, and rows of ``day_sums``."""


def span_of(sums: Sequence[dict[str, Any]]) -> tuple[datetime, datetime] | None:
    """From the first to the last of the rows; None where there are none."""
    if not sums:
        return None
    return min(row[FIRST] for row in sums), max(row[LAST] for row in sums)


def days_of(all_sums: Iterable[Sums]) -> tuple[Day, ...]:
    """One Day for each day, source, meter, basis and currency, in this order."""
    days: dict[tuple[Any, ...], Day] = {}
    for source, sums in all_sums:
        for row in sums:
            day = _day(source, row)
            key = (day.day, day.source, day.meter, day.basis, day.currency or "")
            days[key] = _added(days[key], day) if key in days else day
    return tuple(days[key] for key in sorted(days))


def corrections_as_bills(sums: Iterable[Sums]) -> list[Sums]:
    """A correction counts with the images that it mends; where a month has none, with the costs that it mends."""
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


def _added(one: Day, other: Day) -> Day:
    requests = [day.requests for day in (one, other) if day.requests is not None]
    return Day(
        one.day,
        one.source,
        one.meter,
        one.basis,
        _sum(one.images, other.images),
        sum(requests) if requests else None,
        _sum(one.megapixels, other.megapixels),
        _sum(one.cost, other.cost),
        one.currency,
        one.rows + other.rows,
        min(one.first, other.first),
        max(one.last, other.last),
    )


def _sum(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    if one is None or other is None:
        return one if other is None else other
    return one + other


def _number(value: Any) -> Decimal | None:
    return None if value is None else Decimal(plain(Decimal(value)))
