"""Whether dates such as `01/08/2026` have the day or the month first, decided by all dates of a file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from advisor.common.diagnostics import BadInput, Problem, quoted

_MOST_LINES = 3
_WHOLE_MONTHS = (1, 3, 6, 12)


class DateOrder(StrEnum):
    """What comes first in a date that ends in its year."""

    DAY_FIRST = "day-first"
    MONTH_FIRST = "month-first"

    @property
    def other(self) -> DateOrder:
        """The opposite order."""
        return DateOrder.MONTH_FIRST if self is DateOrder.DAY_FIRST else DateOrder.DAY_FIRST

    @property
    def words(self) -> str:
        """As in a sentence: `the day first`."""
        return self.value.replace("-", " ")


@dataclass(frozen=True)
class WrittenDate:
    """A date as it is written, in which column and on which line."""

    text: str
    field: str
    line: int

    def read(self, order: DateOrder) -> date | None:
        """The date in this order; None where there is no such day.

        >>> WrittenDate("13.08.26", "at", 2).read(DateOrder.DAY_FIRST)
        datetime.date(2026, 8, 13)
        """
        one, other, year = map(int, re.findall(r"\d+", self.text))
        day, month = (one, other) if order is DateOrder.DAY_FIRST else (other, one)
        try:
            return date(year + 2000 if year < 100 else year, month, day)
        except ValueError:
            return None


@dataclass(frozen=True)
class Period:
    """Two dates of a row, or only one of them; ``same_clock``: whether both have the same time of day."""

    start: WrittenDate | None
    end: WrittenDate | None
    same_clock: bool = True

    @property
    def dates(self) -> list[WrittenDate]:
        """The dates there are."""
        return [written for written in (self.start, self.end) if written]


@dataclass(frozen=True)
class Decided:
    """The order of all dates. ``inferred_from`` is a date that alone allows both orders; None where one is certain."""

    order: DateOrder
    inferred_from: WrittenDate | None = None


def order_of(periods: Sequence[Period], file: str, latest: date) -> Decided:
    """The one order in which all dates exist; else in which the periods make sense. Raises BadInput.

    Certain is a number above 12. Next come periods that end before they start, or start after ``latest``, in one of the
    orders; and last whether they are months, weeks, days or less.
    """
    certain = _only(
        [
            ([written], {order for order in DateOrder if written.read(order)})
            for period in periods
            for written in period.dates
        ],
        file,
    )
    sensible = [
        (period, orders)
        for period in periods
        if any(map(_differs, period.dates))
        and (orders := {order for order in DateOrder if _is_sensible(period, order, latest)})
    ]
    if certain or not sensible:
        return Decided(certain or DateOrder.MONTH_FIRST)
    both = [period for period, _ in sensible]
    example = next(filter(_differs, both[0].dates))
    if sense := _only([(period.dates, orders) for period, orders in sensible], file):
        return Decided(sense, example)
    better = {
        order for period in both for order in DateOrder if _regularity(period, order) > _regularity(period, order.other)
    }
    if len(better) == 1:
        return Decided(better.pop(), example)
    raise BadInput(_ambiguous(example, file))


def _differs(written: WrittenDate) -> bool:
    return written.read(DateOrder.DAY_FIRST) != written.read(DateOrder.MONTH_FIRST)


def _only(readings: Iterable[tuple[list[WrittenDate], set[DateOrder]]], file: str) -> DateOrder | None:
    """The one order in which some dates can be read. Raises BadInput where others can be read in the other only."""
    found: dict[DateOrder, list[list[WrittenDate]]] = {order: [] for order in DateOrder}
    for dates, orders in readings:
        if len(orders) == 1:
            found[next(iter(orders))].append(dates)
    if all(found.values()):
        raise BadInput(_contradiction(found, file))
    return next((order for order, dates in found.items() if dates), None)


def _is_sensible(period: Period, order: DateOrder, latest: date) -> bool:
    start, end = (written and written.read(order) for written in (period.start, period.end))
    return not (start and (start > latest or (end and end < start)))


def _regularity(period: Period, order: DateOrder) -> int:
    """3 for a calendar month; 2 for a day or less, a week, or calendar months; 1 for months from another day."""
    start, end = (written and written.read(order) for written in (period.start, period.end))
    if not start or not end:
        return 0
    months = (end.year - start.year) * 12 + end.month - start.month
    if start.day == end.day == 1 and months in _WHOLE_MONTHS and period.same_clock:
        return 3 if months == 1 else 2
    days = (end - start).days
    if days in (0, 1, 7):
        return 2
    return int(27 <= days <= 31 or (start.day == end.day and months in _WHOLE_MONTHS))


def _contradiction(found: dict[DateOrder, list[list[WrittenDate]]], file: str) -> list[Problem]:
    problems = []
    for order, several in found.items():
        for dates in sorted(several, key=lambda dates: dates[0].line)[:_MOST_LINES]:
            texts = " to ".join(quoted(written.text) for written in dates)
            what = f"{texts} can only be read {order.words}, other dates of the file only {order.other.words}"
            problems.append(Problem(what, file, dates[0].line, dates[0].field))
    help = (
        "write all dates in one order, best as 2026-08-31; or name it with --date-order and list the rest in --rejects"
    )
    *others, last = problems
    return [*others, Problem(last.what, last.file, last.line, last.field, help)]


def _ambiguous(example: WrittenDate, file: str) -> Problem:
    day_first, month_first = (example.read(order) for order in DateOrder)
    what = f"ambiguous date {quoted(example.text)}: {day_first} or {month_first}, and no date of the file decides which"
    help = "write --date-order day-first or --date-order month-first, or the dates as 2026-08-31"
    return Problem(what, file, example.line, example.field, help)
