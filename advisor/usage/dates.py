"""Time zones as tables of their changes, and dates as spreadsheets save them: `8/1/2026 0:00`, `01.08.26`, and 46235.

Whether dates such as `01/08/2026` have the day or the month first is decided by all dates of a file.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pyarrow as pa
import pyarrow.parquet as pq

from advisor.common.diagnostics import BadInput, Problem, quoted
from advisor.usage.input_files import ISO, LINE, Source

FIRST_YEAR, LAST_YEAR = 2014, 2100
FARTHEST = timedelta(hours=14)
"""No clock on earth is further ahead of UTC, nor behind it."""
_FIXED = re.compile(r"([+-])(\d\d):?([0-5]\d)?")


@dataclass(frozen=True)
class Zone:
    """Clocks before ``until[i]`` are ``offsets[i]`` ahead of UTC, those behind the last of them ``offsets[-1]``."""

    name: str
    until: tuple[datetime, ...]
    offsets: tuple[timedelta, ...]


def zone_of(name: str, last_year: int) -> Zone | None:
    """A zone by its name (`Europe/Berlin`) or its offset (`+02:00`); None for UTC. Raises ValueError.

    >>> zone_of("+05:30", 2026).offsets[0], len(zone_of("Europe/Berlin", 2026).until)
    (datetime.timedelta(seconds=19800), 26)
    """
    if name.upper() in ("UTC", "Z", "GMT"):
        return None
    if fixed := _FIXED.fullmatch(name):
        offset = timedelta(hours=int(fixed[2]), minutes=int(fixed[3] or 0))
        if offset > FARTHEST:
            raise ValueError(name)
        return Zone(name, (), (offset if fixed[1] == "+" else -offset,))
    try:
        info = ZoneInfo(name)
    except (ZoneInfoNotFoundError, OSError, ValueError):
        raise ValueError(name) from None
    return _changes(name, info, min(last_year, LAST_YEAR))


def _changes(name: str, info: ZoneInfo, last_year: int) -> Zone:
    """A clock belongs to the old offset until it shows the hour of the change (fold=0), in gaps and in overlaps."""

    def offset(moment: datetime) -> timedelta:
        return moment.astimezone(info).utcoffset() or timedelta(0)

    moment, end = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC), datetime(last_year, 12, 31, tzinfo=UTC)
    until: list[datetime] = []
    offsets = [offset(moment)]
    while moment < end:
        if (after := offset(moment + timedelta(days=1))) != offsets[-1]:
            start, before = moment, offsets[-1]
            seconds = bisect(range(86_400), False, key=lambda at: offset(start + timedelta(seconds=at)) != before)
            change = start + timedelta(seconds=seconds)
            until.append(change.replace(tzinfo=None) + max(offsets[-1], after))
            offsets.append(after)
        moment += timedelta(days=1)
    return Zone(name, tuple(until), tuple(offsets))


Columns = tuple[tuple[str, str | None], ...]
"""Pairs of columns that hold the start and the end of a period, or a single moment."""

_MIDDLE = r"(?:/ ?\d{1,2}/ ?|\. ?\d{1,2}\. ?|-\d{1,2}-)"
_DATED = re.compile(
    rf"(?:(?P<year_last>\d{{1,2}}{_MIDDLE}(?:\d{{4}}|\d\d))|(?P<year_first>\d{{4}}{_MIDDLE}\d{{1,2}}\.?))"
    r"(?P<clock>,?(?:T| +)(?P<hour>\d{1,2})[:.](?P<minute>\d\d)(?:[:.](?P<second>\d\d(?:\.\d+)?))?"
    "(?:[ \u00a0\u202f]?(?P<half>[AaPp])\\.?[Mm]\\.?)?(?: ?(?P<offset>Z|UTC|GMT|[+-]\\d\\d:?\\d\\d))?)?",
    re.ASCII,
)
_ISO = re.compile(r"\d{4}-\d\d-\d\d[^AaPp]*", re.ASCII)
_DAY_NUMBER = re.compile(r"([4-9]\d{4})(?:[.,](\d{1,15}))?", re.ASCII)
_FROM_1900, _FROM_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)
"""Day 0 of the two calendars of spreadsheets."""
_BATCH = 20_000
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


def order_of(periods: Sequence[Period], file: str, latest: date) -> tuple[DateOrder, WrittenDate | None]:
    """The one order in which all dates exist; else in which the periods make sense, with a date that alone allows both.

    Certain is a number above 12. Next come periods that end before they start, or start after ``latest``, in one of the
    orders; and last whether they are months, weeks, days or less. Raises BadInput.
    """
    dates = [written for period in periods for written in period.dates]
    certain = _only([([one], {order for order in DateOrder if one.read(order)}) for one in dates], file)
    sensible = [
        (period, orders)
        for period in periods
        if any(map(_differs, period.dates))
        and (orders := {order for order in DateOrder if _is_sensible(period, order, latest)})
    ]
    if certain or not sensible:
        return certain or DateOrder.MONTH_FIRST, None
    example = next(filter(_differs, sensible[0][0].dates))
    if sense := _only([(period.dates, orders) for period, orders in sensible], file):
        return sense, example
    better = {
        order
        for period, _ in sensible
        for order in DateOrder
        if _regularity(period, order) > _regularity(period, order.other)
    }
    if len(better) == 1:
        return better.pop(), example
    one, other = (example.read(order) for order in DateOrder)
    what = f"ambiguous date {quoted(example.text)}: {one} or {other}, and no date of the file decides which"
    help = "write --date-order day-first or --date-order month-first, or the dates as 2026-08-31"
    raise BadInput(Problem(what, file, example.line, example.field, help))


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
    mend = "write all dates in one order, best as 2026-08-31"
    help = f"{mend}; or name it with --date-order and list the rest in --rejects"
    return [*problems[:-1], problems[-1]._replace(help=help)]


# ---- the dates of a file in ISO


def iso_of(text: str, order: DateOrder) -> str:
    """The text in ISO where a spreadsheet wrote it; any other text as it is.

    >>> iso_of("1/8/26 1:30 PM", DateOrder.DAY_FIRST), iso_of("46235.5", DateOrder.DAY_FIRST)
    ('2026-08-01T13:30:00', '2026-08-01T12:00:00')
    """
    text = text.strip()
    if _ISO.fullmatch(text):
        return text
    if number := _DAY_NUMBER.fullmatch(text):
        moment = _FROM_1900 + timedelta(seconds=round(float(text.replace(",", ".")) * 86_400))
        return moment.isoformat() if number[2] and int(number[2]) else moment.date().isoformat()
    found = _DATED.fullmatch(text)
    if not found:
        return text
    one, two, three = re.findall(r"\d+", found["year_last"] or found["year_first"])
    if found["year_first"]:
        year, month, day = one, two, three
    else:
        year = three if len(three) == 4 else f"20{three}"
        day, month = (one, two) if order is DateOrder.DAY_FIRST else (two, one)
    clock = _clock(found)
    return text if clock is None else f"{year}-{month:0>2}-{day:0>2}{clock}"


def _clock(found: re.Match[str]) -> str | None:
    """The time of day in ISO, empty if absent; None for an hour above 12 with am or pm."""
    if not found["clock"]:
        return ""
    hour = int(found["hour"])
    if found["half"]:
        if hour > 12:
            return None
        hour = hour % 12 + (12 if found["half"] in "Pp" else 0)
    offset = found["offset"] or ""
    return f"T{hour:02}:{found['minute']}:{found['second'] or '00'}{'Z' if offset in ('UTC', 'GMT') else offset}"


def add_iso(staged: Path, source: Source, columns: Columns, asked: DateOrder | None, latest: date) -> list[str]:
    """Adds the dates of these columns in ISO to a file read line by line; returns notes.

    Nothing is added if no spreadsheet wrote them. Raises BadInput if the order of the dates is ambiguous.
    """
    periods: dict[tuple[object, ...], Period] = {}  # each pair of dates once
    numbers: dict[tuple[str, str], WrittenDate] = {}
    written = False
    for fields in columns:
        for line, *texts in _rows(staged, source, fields):
            found = [None if _ISO.fullmatch(text) else _DATED.fullmatch(text) for text in texts]
            dates = [match["year_last"] if match else None for match in found]
            same_clock = len({match["clock"] for match in found if match}) == 1
            key = (*fields, *dates, same_clock)
            if any(dates) and key not in periods:
                pair = zip(dates, fields, strict=True)
                start, end = (WrittenDate(text, name or "", line) if text else None for text, name in pair)
                periods[key] = Period(start, end, same_clock)
            for text, name in zip(texts, fields, strict=True):
                if name and (number := _DAY_NUMBER.fullmatch(text)):
                    numbers.setdefault((number[1], name), WrittenDate(number[1], name, line))
            written = written or any(found) or bool(numbers)
    notes = [_counted_from_1900(numbers, source.file, latest)] if numbers else []
    order = asked
    if not order:
        in_order = sorted(periods.values(), key=lambda period: period.dates[0].line)
        order, example = order_of(in_order, source.file, latest)
        if example:
            how = f"are read {order.words}, the order that fits the file best"
            otherwise = f"`--date-order {order.other}` reads them the other way"
            notes.append(f"{source.file}: dates such as {example.text} {how}; {otherwise}")
    if written:
        _rewrite(staged, [source.cell(name) for pair in columns for name in pair if name in source.columns], order)
    return notes


def _rows(staged: Path, source: Source, columns: Sequence[str | None]) -> Iterator[tuple[Any, ...]]:
    """The line of each row and its texts in these columns, empty if absent."""
    cells = [source.cell(column) if column in source.columns else None for column in columns]
    with pq.ParquetFile(staged) as file:
        for batch in file.iter_batches(_BATCH, columns=[LINE, *filter(None, cells)]):
            texts = [_texts(batch.column(cell)) if cell else [""] * batch.num_rows for cell in cells]
            yield from zip(batch.column(LINE).to_pylist(), *texts, strict=True)


def _texts(column: pa.Array) -> list[str]:
    """What can be a date of a spreadsheet, as text."""
    kind = column.type
    if pa.types.is_temporal(kind) or pa.types.is_boolean(kind) or pa.types.is_binary(kind):
        return [""] * len(column)
    return [(text or "").strip() for text in column.cast(pa.string()).to_pylist()]


def _rewrite(staged: Path, cells: Sequence[str], order: DateOrder) -> None:
    target = staged.with_suffix(".iso")
    with pq.ParquetFile(staged) as file:
        schema = file.schema_arrow
        for cell in cells:
            schema = schema.append(pa.field(cell + ISO, pa.string()))
        with pq.ParquetWriter(target, schema) as writer:
            for batch in file.iter_batches(_BATCH):
                iso = [[iso_of(text, order) or None for text in _texts(batch.column(cell))] for cell in cells]
                columns = [*batch.columns, *(pa.array(texts, pa.string()) for texts in iso)]
                writer.write_table(pa.Table.from_arrays(columns, schema=schema))
    target.replace(staged)


def _counted_from_1900(numbers: Mapping[tuple[str, str], WrittenDate], file: str, latest: date) -> str:
    """A note on numbers of days. Raises BadInput where they may be counted from 1904, as some spreadsheets do."""
    last = numbers[max(numbers)]
    days = timedelta(days=int(last.text))
    day, other = (_FROM_1900 + days).date(), (_FROM_1904 + days).date()
    if other <= latest:
        what = f"ambiguous date {quoted(last.text)}: {day}, or {other} in days since 1904"
        help = "format the column as dates in the spreadsheet, best as 2026-08-31, and save it again"
        raise BadInput(Problem(what, file, last.line, last.field, help))
    return f"{file}: numbers such as {last.text} in `{last.field}` are read as days of a spreadsheet, {day}"
