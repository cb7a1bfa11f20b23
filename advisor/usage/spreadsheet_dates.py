"""Dates as spreadsheets save them, brought to ISO: `8/1/2026 0:00`, `01.08.26`, `2026/8/1 1:30 PM`, and 46235."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from advisor.common.diagnostics import BadInput, Problem, quoted
from advisor.usage.date_order import DateOrder, Period, WrittenDate, order_of
from advisor.usage.source import ISO, LINE, Source

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
    written = _Written()
    for start, end in columns:
        for line, *texts in _rows(staged, source, (start, end)):
            written.add(line, (start, end), texts)
    notes = [_counted_from_1900(written.numbers, source.file, latest)] if written.numbers else []
    order = asked
    if not order:
        decided = order_of(written.in_order, source.file, latest)
        order = decided.order
        if example := decided.inferred_from:
            how = f"are read {order.words}, the order that fits the file best"
            otherwise = f"`--date-order {order.other}` reads them the other way"
            notes.append(f"{source.file}: dates such as {example.text} {how}; {otherwise}")
    if written.any:
        _rewrite(staged, [source.cell(name) for pair in columns for name in pair if name in source.columns], order)
    return notes


@dataclass
class _Written:
    """What spreadsheets wrote: dates whose day and month may change places, each pair once, and numbers of days."""

    periods: dict[tuple[object, ...], Period] = field(default_factory=dict)
    numbers: dict[tuple[str, str], WrittenDate] = field(default_factory=dict)
    any: bool = False

    @property
    def in_order(self) -> list[Period]:
        """The periods in the order of their lines."""
        return sorted(self.periods.values(), key=lambda period: period.dates[0].line)

    def add(self, line: int, fields: Sequence[str | None], texts: Sequence[str]) -> None:
        """The texts of a row in a pair of columns."""
        found = [None if _ISO.fullmatch(text) else _DATED.fullmatch(text) for text in texts]
        dates = [match["year_last"] if match else None for match in found]
        same_clock = len({match["clock"] for match in found if match}) == 1
        key = (*fields, *dates, same_clock)
        if any(dates) and key not in self.periods:
            start, end = (
                WrittenDate(text, name or "", line) if text else None for text, name in zip(dates, fields, strict=True)
            )
            self.periods[key] = Period(start, end, same_clock)
        for text, name in zip(texts, fields, strict=True):
            if name and (number := _DAY_NUMBER.fullmatch(text)):
                self.numbers.setdefault((number[1], name), WrittenDate(number[1], name, line))
        self.any = self.any or any(found) or bool(self.numbers)


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
