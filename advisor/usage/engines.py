"""What reads files of rows: DuckDB in bounded memory or Spark, through Ibis, and line by line where rows are at fault.

Line by line a file becomes a Parquet file of our own: each row with its line and what is wrong with it.
"""

from __future__ import annotations

import csv
import glob
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq
from sqlglot import exp

from advisor.common.diagnostics import BadInput, Problem, printable, quoted
from advisor.common.files import write_whole
from advisor.tabular.engines import DuckDB, Spark, column_of, parquet, path_of, sql_text
from advisor.tabular.text_files import (
    BATCH,
    MAX_LINE,
    BadRow,
    Packing,
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
from advisor.usage.input_files import BROKEN, LINE, TEXT, VALUE, Container, Source
from advisor.usage.model import DUCKDB, NUMBERS, SPARK, ReadOptions, Row
from advisor.usage.normalise import NARROW

_NUMBER = f"DECIMAL({NARROW.precision}, {NARROW.scale})"
_CSV = {
    Container.CSV: "header = true, quote = '\"', escape = '\"'",
    Container.LINES: "header = false, delim = '\x01', quote = '', escape = ''",
}
_CANNOT_PARSE = (duckdb.InvalidInputException, duckdb.ConversionException, duckdb.NotImplementedException)


class DuckDBEngine(DuckDB):
    """Reads usage on DuckDB. Everything also raises UnreadableRows."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, in_order=False, what="the file cannot be computed with")

    def table(self, source: Source) -> ir.Table:
        """The rows of a file: column ``i`` as ``ci``, as text except in Parquet."""
        renamed = ", ".join(
            f"{exp.to_identifier(column, quoted=True).sql('duckdb')} AS {cell}"
            for column, cell in zip(source.columns, source.cells, strict=True)
        )
        if source.container is Container.PARQUET:
            return self.view(f"SELECT {renamed} FROM {parquet(source.path)}", source.file)
        path = sql_text(glob.escape(str(source.path.absolute())))
        packing = source.packing.value
        if source.container in _CSV:
            separated = f"delim = {sql_text(source.delimiter)}, " if source.container is Container.CSV else ""
            how = f"{separated}{_CSV[source.container]}, auto_detect = false, max_line_size = {MAX_LINE}"
            how = f"columns = {_struct(source.cells, source)}, {how}, compression = '{packing}'"
            return self.view(f"SELECT * FROM read_csv({path}, {how})", source.file)
        format = "array" if source.container is Container.JSON_ARRAY else "newline_delimited"
        packing = "uncompressed" if source.packing is Packing.NONE else packing
        how = f"columns = {_struct(source.columns, source)}, format = '{format}', compression = '{packing}'"
        return self.view(f"SELECT {renamed} FROM read_json({path}, {how})", source.file)

    def staged(self, path: Path) -> ir.Table:
        """The rows of a Parquet file of our own."""
        return self.view(f"SELECT * FROM {parquet(path)}", path.name)

    @contextmanager
    def faults(self, file: str) -> Iterator[None]:
        """DuckDB's own errors as ours."""
        with super().faults(file):
            try:
                yield
            except _CANNOT_PARSE as error:
                raise UnreadableRows(str(error)) from None


def _struct(names: tuple[str, ...], source: Source) -> str:
    """A struct of names, one for each column of the source, and the types they are read as."""
    types = [_NUMBER if column in source.numbers else "VARCHAR" for column in source.columns]
    return "{" + ", ".join(f"{sql_text(name)}: '{kind}'" for name, kind in zip(names, types, strict=True)) + "}"


class SparkEngine(Spark):
    """Reads usage on Spark. Everything also raises UnreadableRows."""

    def __init__(self, master: str | None) -> None:
        super().__init__(master, "advisor monitor", "Spark cannot compute with the file")

    def table(self, source: Source) -> ir.Table:
        """The rows of a file: column ``i`` as ``ci``, as text except in Parquet."""
        if source.packing is Packing.ZSTD or source.container is Container.JSON_ARRAY:
            raise UnreadableRows(source.file)
        from pyspark.sql import functions
        from pyspark.sql.types import StringType, StructField, StructType

        path = path_of(source.path)
        columns = list(zip(source.columns, source.cells, strict=True))
        with self.faults(source.file):
            reader = self.session.read.option("mode", "FAILFAST")
            if source.container is Container.PARQUET:
                frame = reader.parquet(path)
            elif source.container is Container.LINES:
                frame = reader.text(path).withColumnRenamed("value", TEXT)
            elif source.container is Container.JSONL:
                if self._has_doubtful_objects(path):
                    raise UnreadableRows(source.file)
                keys = StructType([StructField(name, StringType()) for name, _ in columns])
                frame = reader.schema(keys).json(path)
            else:
                cells = StructType([StructField(cell, StringType()) for _, cell in columns])
                frame = reader.schema(cells).csv(
                    path, sep=source.delimiter, header=True, quote='"', escape='"', multiLine=True, nullValue=""
                )
                columns = [(cell, cell) for _, cell in columns]
            renamed = [functions.col(column_of(column)).alias(cell) for column, cell in columns]
            return self.view(frame.select(*renamed))

    def _has_doubtful_objects(self, path: str) -> bool:
        """Whether a line may have a key twice or half a character, which Spark accepts silently."""
        from pyspark.sql import functions

        line = functions.col("value")
        keys = functions.json_object_keys(line)
        twice = functions.size(keys) != functions.size(functions.array_distinct(keys))
        doubtful = twice | line.rlike(r"\\u[dD][89a-fA-F]")
        return not self.session.read.text(path).filter(doubtful).isEmpty()

    def staged(self, path: Path) -> ir.Table:
        """The rows of a Parquet file of our own."""
        with self.faults(path.name):
            return self.view(self.session.read.parquet(path_of(path)))

    @contextmanager
    def faults(self, file: str) -> Iterator[None]:
        """Spark's own errors as ours."""
        from pyspark.errors import PySparkException

        with super().faults(file):
            try:
                yield
            except PySparkException as error:
                if "MALFORMED" in str(error):
                    raise UnreadableRows(str(error)) from None
                raise


Engine = DuckDBEngine | SparkEngine


def engine_of(options: ReadOptions, folder: Path) -> Engine:
    """The engine that was asked for; it may fill ``folder``. Raises BadInput."""
    if options.on == SPARK:
        return SparkEngine(options.master)
    if options.on != DUCKDB:
        raise BadInput(Problem(f"there is no engine {quoted(options.on)}", "--on", help="write duckdb or spark"))
    if options.master is not None:
        raise BadInput(Problem("`--master` is for Spark only", "--master", help="add --on spark, or leave it out"))
    return DuckDBEngine(folder)


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


_AMOUNT = pa.decimal128(38, 12)
_STEP = Decimal("1e-12")
_STAGED = pa.schema(
    [
        *((name, pa.timestamp("us")) for name in ("at", "ends")),
        *((name, pa.string()) for name in ("meter", "basis", "currency", "identity")),
        *((name, _AMOUNT) for name in NUMBERS),
        ("unique", pa.bool_()),
        (LINE, pa.int64()),
    ]
)


def stage_rows(rows: Iterable[Row], target: Path) -> None:
    """Writes rows of pages as a Parquet file, for the same expression as any table. Raises what reading them raises."""

    def value(row: Row, name: str) -> Any:
        found = getattr(row, name)
        amount = name in NUMBERS and found is not None
        return Decimal(found).quantize(_STEP, ROUND_HALF_EVEN) if amount else found

    write_rows(target, _STAGED, ([value(row, name) for name in _STAGED.names] for row in rows))


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
