"""A file re-read line by line into a Parquet file of our own: each row with its line and what is wrong with it."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from advisor.common.diagnostics import BadInput, Problem, printable, quoted
from advisor.common.files import write_whole
from advisor.tabular.text_files import (
    BATCH,
    MAX_LINE,
    BadRow,
    check_width,
    checked_object,
    csv_rows,
    decoder_of,
    lines_of,
    object_in,
    text_of,
    unpacked,
    write_rows,
)
from advisor.usage.source import BROKEN, LINE, VALUE, Container, Source

MOST_BYTES_OF_AN_ARRAY = 256_000_000
_REJECT_COLUMNS = ("file", "line", "fault", "field", "value")
MOST_REJECTS = 100_000
_SHOWN = 5
_SHOWN_LENGTH = 200
_MAPPED = {
    r"-?\d+,(?:\d{1,2}|\d{4,})": "decimal: ','",
    r"\d{1,2}-[A-Z][a-z]{2}-\d\d": "time: '%d-%b-%y'",
    r"\d{1,2}-[A-Z][a-z]{2}-\d{4}": "time: '%d-%b-%Y'",
    r"\d{1,2} [A-Z][a-z]{2} \d{4}": "time: '%d %b %Y'",
    r"[A-Z][a-z]{2} \d{1,2}, \d{4}": "time: '%b %d, %Y'",
    r"20[1-3]\d[01]\d[0-3]\d": "time: '%Y%m%d'",
}
"""Forms of numbers and dates, and the entry of a mapping that reads each."""
_DECODER, _ENCODER = decoder_of(str), json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)
_ADDED = [(LINE, pa.int64()), (BROKEN, pa.string()), (VALUE, pa.string())]


class UnreadableRows(Exception):
    """An engine could not parse some rows; re-read the file line by line to locate them."""


class Read(NamedTuple):
    """A row: its line, its cells, or what is wrong with it as a whole and its text."""

    line: int
    cells: Sequence[str | None]
    broken: str | None = None
    value: str | None = None


def stage(source: Source, target: Path, report: Callable[[int], None]) -> None:
    """Writes the rows to ``target``. Raises BadInput for a file that cannot be understood past some line."""
    if source.container is Container.PARQUET:
        _stage_parquet(source, target, report)
        return
    readers = {Container.CSV: _csv_rows, Container.JSON_ARRAY: _array_rows}
    schema = pa.schema([*_ADDED, *((cell, pa.string()) for cell in source.cells)])
    nothing = (None,) * len(source.columns)
    rows = readers.get(source.container, _line_rows)(source)
    values = ((row.line, row.broken, row.value, *(nothing if row.broken else row.cells)) for row in rows)
    write_rows(target, schema, values, report)


def _stage_parquet(source: Source, target: Path, report: Callable[[int], None]) -> None:
    """The columns as they are, with the number of each row in place of its line."""
    with pq.ParquetFile(source.path) as file:
        types = [file.schema_arrow.field(column).type for column in source.columns]
        schema = pa.schema([*_ADDED, *zip(source.cells, types, strict=True)])
        done = 0
        with pq.ParquetWriter(target, schema) as writer:
            for batch in file.iter_batches(BATCH, columns=list(source.columns)):
                none = pa.nulls(batch.num_rows, pa.string())
                lines = pa.array(range(done + 1, done + batch.num_rows + 1), pa.int64())
                cells = [batch.column(column) for column in source.columns]
                writer.write_table(pa.Table.from_arrays([lines, none, none, *cells], schema=schema))
                done += batch.num_rows
                report(done)


def _line_rows(source: Source) -> Iterator[Read]:
    """A row for each line that is not blank. Raises BadInput for a line that is too long."""
    for number, data in lines_of(source.path, source.packing):
        try:
            text = text_of(data, first=number == 1)
            if text.strip():
                is_log = source.container is Container.LINES
                yield Read(number, (text.rstrip("\r"),) if is_log else _cells_of(object_in(text, _DECODER), source))
        except BadRow as bad:
            if len(data) > MAX_LINE:
                raise bad.in_file(source.path, number) from None
            yield Read(number, (), str(bad), data.decode("utf-8", errors="replace"))


def _csv_rows(source: Source) -> Iterator[Read]:
    rows = csv_rows(source.path, source.packing, source.delimiter)
    next(rows, None)
    names = {column.casefold() for column in source.columns if column}
    for line, cells in rows:
        try:
            if tuple(cells) == source.columns:
                raise BadRow("the header is repeated here", "leave it out")
            if sum(cell.casefold() in names for cell in cells) * 2 > len(names):
                help = "split the file there: its columns change"
                raise BadInput(Problem("another header within the file", source.file, line, help=help))
            check_width(cells, len(source.columns))
            yield Read(line, [cell or None for cell in cells])
        except BadRow as bad:
            yield Read(line, (), str(bad), source.delimiter.join(cells))


def _cells_of(found: dict[str, Any], source: Source) -> list[str | None]:
    values = [found.get(column) for column in source.columns]
    return [value if value is None or isinstance(value, str) else _ENCODER.encode(value) for value in values]


def _rows_begin(text: str, place: int, source: Source) -> int:
    """Where the first row after a place is; 0 if no rows follow."""
    found = re.compile(r'"data"\s*:\s*\[' if source.pages else r"\[").search(text, place)
    return found.end() if found else 0


def _array_rows(source: Source) -> Iterator[Read]:
    with unpacked(source.path, source.packing) as file:
        data = file.read(MOST_BYTES_OF_AN_ARRAY + 1)
    if len(data) > MOST_BYTES_OF_AN_ARRAY:
        what = f"a JSON array of more than {MOST_BYTES_OF_AN_ARRAY:,} bytes has rows at fault"
        raise BadInput(Problem(what, source.file, help="store it as JSON Lines to have them located"))
    text = data.decode("utf-8-sig", errors="replace")
    place, line, counted = _rows_begin(text, 0, source), 1, 0
    while place:
        while place < len(text) and text[place] in " \t\r\n,":
            place += 1
        line, counted = line + text.count("\n", counted, place), place
        if text[place : place + 1] == "]":
            place = _rows_begin(text, place, source) if source.pages else 0
            continue
        start = place
        try:
            found, place = _DECODER.raw_decode(text, start)
        except BadRow as bad:
            raise bad.in_file(source.path, line) from None
        except (ValueError, RecursionError):
            help = "fetch it again; nothing of it was used"
            raise BadInput(Problem("this is not valid JSON from here on", source.file, line, help=help)) from None
        try:
            yield Read(line, _cells_of(checked_object(found, text[start:place]), source))
        except BadRow as bad:
            yield Read(line, (), str(bad), text[start:place])


# ---- rows that cannot be read: an error, or left out and listed in a file


class Reject(NamedTuple):
    """A row, what is wrong with it, and the offending value of the field (no field: the row as a whole)."""

    file: str
    line: int
    fault: str
    field: str
    value: str | None


def refused(rejects: Sequence[Reject]) -> BadInput:
    """The first of them, how many there are, and what to do."""
    problems = [
        Problem(
            f"{reject.fault}: {quoted(reject.value)}" if reject.value else reject.fault,
            reject.file,
            reject.line,
            reject.field or None,
        )
        for reject in rejects[:_SHOWN]
    ]
    number = len(rejects)
    more = f"{number:,} {'row' if number == 1 else 'rows'} cannot be read"
    help = f"{_way_to_read(rejects)}mend them, or leave them out and list them with --rejects FILE"
    return BadInput([*problems, Problem(more, rejects[0].file, help=help)])


def _way_to_read(rejects: Sequence[Reject]) -> str:
    """How a mapping reads the first value that is written in a form of its own, if one is."""
    for reject in rejects:
        for written, entry in _MAPPED.items():
            if reject.value and re.fullmatch(written, reject.value.strip()):
                return f"a mapping (--mapping FILE) with `{entry}` reads {quoted(reject.value)}; or "
    return ""


def write_rejects(path: Path, rejects: Sequence[Reject]) -> None:
    """Writes them, one a row; only the names of the columns where there are none. Raises BadInput."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_REJECT_COLUMNS)
    writer.writerows(
        (reject.file, reject.line, reject.fault, reject.field, printable((reject.value or "")[:_SHOWN_LENGTH]))
        for reject in rejects
    )
    write_whole(path, text.getvalue())
