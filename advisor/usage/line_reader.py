"""A file read line by line into a Parquet file of our own: where a row starts, what is wrong with it, and its cells."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from advisor.common.diagnostics import BadInput, Problem
from advisor.usage.input_files import MOST_BYTES_OF_A_LINE, unpacked
from advisor.usage.readers.json_pages import HALF_CHARACTER, RefusedError, unique_keys
from advisor.usage.source import BROKEN, LINE, VALUE, Container, Source

MOST_BYTES_OF_AN_ARRAY = 256_000_000
_BATCH = 20_000
_CHUNK = 1 << 16
_NOT_UTF8 = "this is not UTF-8 text"
_DECODER = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str, object_pairs_hook=unique_keys)


class Read(NamedTuple):
    """A row: its line, its cells, or what is wrong with it as a whole and the text that stands there."""

    line: int
    cells: Sequence[str | None]
    broken: str | None = None
    value: str | None = None


def stage(source: Source, target: Path, told: Callable[[int], None]) -> None:
    """Writes the rows to ``target``. Raises BadInput for a file of which nothing behind a place can be understood."""
    if source.container is Container.PARQUET:
        _stage_parquet(source, target, told)
        return
    reading = {Container.CSV: _csv_rows, Container.JSONL: _jsonl_rows, Container.JSON_ARRAY: _array_rows}
    beside = [(LINE, pa.int64()), (BROKEN, pa.string()), (VALUE, pa.string())]
    schema = pa.schema([*beside, *((cell, pa.string()) for cell in source.cells)])
    nothing = (None,) * len(source.columns)
    with pq.ParquetWriter(target, schema) as writer:
        waiting: list[Sequence[object]] = []

        def flush() -> None:
            if waiting:
                columns = zip(zip(*waiting, strict=True), schema, strict=True)
                writer.write_table(pa.Table.from_arrays([pa.array(c, f.type) for c, f in columns], schema=schema))
                waiting.clear()

        for number, row in enumerate(reading.get(source.container, _log_rows)(source)):
            cells = nothing if row.broken else row.cells
            waiting.append((row.line, row.broken, row.value, *cells))
            if len(waiting) == _BATCH:
                flush()
                told(number)
        flush()


def _stage_parquet(source: Source, target: Path, told: Callable[[int], None]) -> None:
    """The columns as they are, with the number of each row in place of its line."""
    with pq.ParquetFile(source.path) as file:
        types = [file.schema_arrow.field(column).type for column in source.columns]
        beside = [(LINE, pa.int64()), (BROKEN, pa.string()), (VALUE, pa.string())]
        schema = pa.schema([*beside, *zip(source.cells, types, strict=True)])
        done = 0
        with pq.ParquetWriter(target, schema) as writer:
            for batch in file.iter_batches(_BATCH, columns=list(source.columns)):
                rows = batch.num_rows
                none = pa.nulls(rows, pa.string())
                lines = pa.array(range(done + 1, done + rows + 1), pa.int64())
                cells = [batch.column(column) for column in source.columns]
                writer.write_table(pa.Table.from_arrays([lines, none, none, *cells], schema=schema))
                done += rows
                told(done)


def lines_of(source: Source) -> Iterator[tuple[int, str | None, str]]:
    """Each line with its number: its text, or None and what can be shown of it where it is not UTF-8."""
    with unpacked(source.path, source.packing) as file:
        number, rest = 0, b""
        while True:
            chunk = file.read(_CHUNK)
            *whole, rest = (rest + chunk).split(b"\n")
            if not chunk and rest:
                whole, rest = [*whole, rest], b""
            for data in whole:
                number += 1
                yield number, *_decoded(data, number)
            if len(rest) > MOST_BYTES_OF_A_LINE:
                what = f"the line is longer than {MOST_BYTES_OF_A_LINE:,} bytes"
                raise BadInput(Problem(what, source.file, number + 1, help="check that this is the right file"))
            if not chunk:
                return


def _decoded(data: bytes, number: int) -> tuple[str | None, str]:
    try:
        text = data.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError:
        return None, data.decode("latin-1")
    return (None if "\0" in text else text), text


def _log_rows(source: Source) -> Iterator[Read]:
    for number, text, shown in lines_of(source):
        if text is None:
            yield Read(number, (), _NOT_UTF8, shown)
        elif text.strip():
            yield Read(number, (text.rstrip("\r"),))


def _csv_rows(source: Source) -> Iterator[Read]:
    csv.field_size_limit(MOST_BYTES_OF_A_LINE)
    at = [0]

    def texts() -> Iterator[str]:
        for number, text, _ in lines_of(source):
            at[0] = number
            if text is None:
                raise BadInput(Problem(_NOT_UTF8, source.file, number, help="save the file as UTF-8"))
            yield text.rstrip("\r") + "\n"

    reader = csv.reader(texts(), strict=True, delimiter=source.delimiter)
    header = True
    while True:
        line = at[0] + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            what = "a quote is opened here and never closed" if "unexpected end" in str(error) else str(error)
            help = "put the whole cell in double quotes, and write a quote within it twice"
            raise BadInput(Problem(what, source.file, line, help=help)) from None
        if not cells:
            continue
        if header:
            header = False
        else:
            yield _csv_row(source, line, cells)


def _csv_row(source: Source, line: int, cells: list[str]) -> Read:
    names = {column.casefold() for column in source.columns if column}
    if tuple(cells) == source.columns:
        return Read(line, (), "the header stands here once more", source.delimiter.join(cells))
    if sum(cell.casefold() in names for cell in cells) * 2 > len(names):
        help = "split the file there: its columns change"
        raise BadInput(Problem("another header stands here, within the file", source.file, line, help=help))
    if len(cells) != len(source.columns):
        what = f"the cells of this row are {len(cells):,}, those of the header {len(source.columns):,}"
        return Read(line, (), what, source.delimiter.join(cells))
    return Read(line, [cell or None for cell in cells])


def _jsonl_rows(source: Source) -> Iterator[Read]:
    for number, text, shown in lines_of(source):
        if text is None:
            yield Read(number, (), _NOT_UTF8, shown)
        elif text.strip():
            yield _object_row(source, number, text)


def _object_row(source: Source, line: int, text: str) -> Read:
    try:
        found = _DECODER.decode(text)
    except RefusedError as refused:
        return Read(line, (), refused.what, text)
    except (ValueError, RecursionError):
        return Read(line, (), "this is not one JSON object", text)
    if not isinstance(found, dict):
        return Read(line, (), "this is not one JSON object", text)
    return _cells_of(found, source, line, text)


def _cells_of(found: dict[str, Any], source: Source, line: int, text: str) -> Read:
    cells = [_cell(found.get(column)) for column in source.columns]
    if any(HALF_CHARACTER.search(cell) for cell in cells if cell):
        return Read(line, (), "a text in it holds half a character", text)
    return Read(line, cells)


def _cell(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _rows_begin(text: str, place: int, source: Source) -> int:
    """Where the first row behind a place is; 0 where there is none."""
    found = re.compile(r'"data"\s*:\s*\[' if source.pages else r"\[").search(text, place)
    return found.end() if found else 0


def _array_rows(source: Source) -> Iterator[Read]:
    with unpacked(source.path, source.packing) as file:
        data = file.read(MOST_BYTES_OF_AN_ARRAY + 1)
    if len(data) > MOST_BYTES_OF_AN_ARRAY:
        what = f"a JSON array of more than {MOST_BYTES_OF_AN_ARRAY:,} bytes has rows at fault"
        raise BadInput(Problem(what, source.file, help="store it as JSON Lines to be told where"))
    text = data.decode("utf-8-sig", errors="replace")
    place, line, counted = _rows_begin(text, 0, source), 1, 0
    while place:
        while place < len(text) and text[place] in " \t\r\n,":
            place += 1
        line, counted = line + text.count("\n", counted, place), place
        if text[place : place + 1] == "]":
            place = _rows_begin(text, place, source) if source.pages else 0
            continue
        try:
            found, end = _DECODER.raw_decode(text, place)
        except RefusedError as refused:
            raise BadInput(Problem(refused.what, source.file, line, help=refused.help)) from None
        except (ValueError, RecursionError):
            help = "fetch it again; nothing of it was used"
            raise BadInput(Problem("this is not valid JSON from here on", source.file, line, help=help)) from None
        if isinstance(found, dict):
            yield _cells_of(found, source, line, text[place:end])
        else:
            yield Read(line, (), "this is not an object", str(found))
        place = end
