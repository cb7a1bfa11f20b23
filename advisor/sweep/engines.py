"""The engines of a sweep, DuckDB and Spark, through Ibis; the outcomes of many rows, and the columns of the output."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from operator import add
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from advisor.domain.scenario import Axis, Route
from advisor.evaluation.numpy_backend import RowOutcome
from advisor.sweep.fast_path import IRREGULAR
from advisor.sweep.paths import Format, TableFormat
from advisor.sweep.source import RAW, RESULTS, ROW_NUMBER, SourceTable, cell
from advisor.tabular.engines import DuckDB, Spark, column_of, interrupts, parquet, path_of, sql_text, watched
from advisor.tabular.text_files import Packing

ROW = "row"
_WRITING = {
    Format.CSV: "FORMAT csv, HEADER true, DELIMITER ',', QUOTE '\"', ESCAPE '\"'",
    Format.JSONL: "FORMAT json, ARRAY false",
    Format.PARQUET: "FORMAT parquet",
}
_LINES = "FORMAT csv, HEADER false, DELIMITER '\x01', QUOTE '', ESCAPE ''"
"""Unchanged lines: they contain no control characters."""


def _code_of_row(row: int) -> None:
    """The place of a row's outcome in the list of outcomes, as set by ``Database.set_codes``."""


code_of_row: Any = ibis.udf.scalar.builtin(_code_of_row, name="code_of_row", signature=(("int64",), "int16"))
"""Declares to Ibis the function that ``Database.set_codes`` creates."""


class Database(DuckDB):
    """Computes a sweep on DuckDB, which keeps the order of the rows."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, in_order=True, what="the table cannot be computed")

    def table(self, source: SourceTable) -> ir.Table:
        """The rows, numbered from 0 in ``row``: the cells of column ``i`` in ``ci``, and what staging added."""
        rows = self.view(f"SELECT * FROM {parquet(source.path, ', file_row_number = true')}", source.file)
        cells = {cell(place): rows[column] for place, column in enumerate(source.columns) if column}
        return rows.select(**{ROW: rows[ROW_NUMBER]}, **{name: rows[name] for name in source.extras}, **cells)

    def once(self, table: ir.Table, source: SourceTable) -> ir.Table:
        """The same table as a view."""
        return self.view(self.backend.compile(table), source.file)

    def set_codes(self, codes: NDArray[np.int16]) -> None:
        """Sets the results of ``code_of_row``."""

        def code_of_row(rows: pa.ChunkedArray) -> pa.Array:
            return pa.array(codes[rows.to_numpy()])

        with interrupts():
            self.backend.con.create_function(
                "code_of_row", code_of_row, ["BIGINT"], "SMALLINT", type="arrow", side_effects=False
            )

    def numbers_of(self, expression: ir.Table, source: SourceTable) -> NDArray[np.int64]:
        """A result of one column of whole numbers."""
        with self.faults(source.file):
            (numbers,) = self.backend.raw_sql(self.backend.compile(expression)).fetchnumpy().values()
        return np.asarray(numbers, np.int64)

    def write(
        self, table: ir.Table, out: Path, kind: TableFormat, source: SourceTable, report: Callable[[int], None]
    ) -> None:
        """Writes a table in the order of its rows; a single column of text is written as lines."""
        lines = kind.format is Format.JSONL and len(table.columns) == 1
        how = _LINES if lines else _WRITING[kind.format]
        how += "" if kind.packing is Packing.NONE else f", COMPRESSION {kind.packing}"
        target = sql_text(str(out))
        with self.faults(source.file), watched(self.backend, lambda share: report(round(share * source.rows))):
            self.backend.raw_sql(f"COPY ({self.backend.compile(table)}) TO {target} ({how})")


# ---- outcomes by row, and the columns of the output

REJECTED, OPEN = 0, 1
_MOST_DIGITS = 38
_TYPES = {"route": "string", "deciding_axis": "string", "feasible_routes": "array<string>", "settled": "boolean"}


class Codes:
    """For each row the index of its outcome in ``outcomes``, which has None at REJECTED and OPEN."""

    def __init__(self, rows: int) -> None:
        self.codes = np.zeros(rows, np.int16)
        self.outcomes: list[RowOutcome | None] = [None, None]
        self._places: dict[RowOutcome, int] = {}

    def undecided(self) -> NDArray[np.int64]:
        """The rows that the rules leave undecided."""
        places = [place for place, outcome in enumerate(self.outcomes) if outcome and outcome.undecided]
        return np.flatnonzero(np.isin(self.codes, places))

    def place(self, outcome: RowOutcome | None) -> int:
        """The index of an outcome; None is OPEN."""
        if outcome is None:
            return OPEN
        if outcome not in self._places:
            self._places[outcome] = len(self.outcomes)
            self.outcomes.append(outcome)
        return self._places[outcome]


def with_outcomes(table: ir.Table, outcomes: Sequence[RowOutcome | None], any_rejected: bool) -> ir.Table:
    """The table with the results of irregular rows looked up by their codes, and without the rejected rows.

    Without a column ``irregular`` every row is irregular.
    """
    columns = zip(*(outcome or (None,) * len(RESULTS) for outcome in outcomes), strict=True)
    code = code_of_row(table[ROW])
    looked_up: dict[str, Any] = {
        name: ibis.literal(list(values), type=f"array<{_TYPES[name]}>")[code]
        for name, values in zip(RESULTS, columns, strict=True)
    }
    kept = code != REJECTED
    if IRREGULAR in table.columns:
        looked_up = {name: table[IRREGULAR].ifelse(value, table[name]) for name, value in looked_up.items()}
        kept = ~table[IRREGULAR] | kept
    table = table.mutate(looked_up)
    return table.filter(kept) if any_rejected else table


def as_written(table: ir.Table, source: SourceTable, format: Format) -> ir.Table:
    """The columns of OUT under their names; a single column of whole lines from JSON Lines to JSON Lines."""
    if source.format is format is Format.JSONL:
        return table.select(line=_extended(table))
    cells = {name: table[cell(place)] for place, name in enumerate(source.names)}
    if format is Format.JSONL:
        cells = {name: _as_json(cell) for name, cell in cells.items()}
    results = {name: table[name] for name in RESULTS}
    if format is Format.CSV:
        cells = {name: _with_whole_digit(cell) for name, cell in cells.items()}
        results["feasible_routes"] = table["feasible_routes"].join(";").nullif("")
    return table.select(**cells, **results)


def _with_whole_digit(cell: Any) -> Any:
    """DuckDB writes 0.03 as `.03` where its type leaves no room for a digit before the point."""
    kind = cell.type()
    if not kind.is_decimal() or kind.precision != kind.scale or kind.precision == _MOST_DIGITS:
        return cell
    return cell.cast(dt.Decimal(kind.precision + 1, kind.scale))


def _as_json(cell: Any) -> Any:
    """JSON has no infinite numbers."""
    if not cell.type().is_floating():
        return cell
    return (cell.isnan() | cell.isinf()).ifelse(ibis.null(cell.type()), cell)


def _extended(table: ir.Table) -> Any:
    """The line with the results before its closing brace. They are plain words and need no escapes."""
    line = table[RAW]
    opening = line.substr(0, line.length() - 1)
    comma = (line == "{}").ifelse("", ", ")
    words = {name: ('"' + table[name] + '"').fill_null("null") for name in ("route", "deciding_axis")}
    routes = table["feasible_routes"]
    listed = (routes.length() == 0).ifelse("[]", '["' + routes.join('", "') + '"]').fill_null("null")
    settled = table["settled"].cast("string").fill_null("null")
    parts = [opening, comma, '"route": ', words["route"], ', "deciding_axis": ', words["deciding_axis"]]
    return reduce(add, [*parts, ', "feasible_routes": ', listed, ', "settled": ', settled, "}"])


# ---- Spark, which returns only the outcome of each row

_OUTCOME = "outcome"
_BETWEEN, _NOTHING = "|", "-"


class SparkSweep(Spark):
    """Computes a sweep on Spark."""

    def __init__(self, master: str | None) -> None:
        super().__init__(master, "advisor sweep", "Spark cannot compute the table")

    def table(self, source: SourceTable) -> ir.Table:
        """The rows, numbered from 0 in ``row``: the cells of column ``i`` in ``ci``, and what staging added."""
        from pyspark.sql import functions

        with self.faults(source.file):
            frame = self.session.read.parquet(path_of(source.path))
            places = [(place, column) for place, column in enumerate(source.columns) if column]
            cells = [functions.col(column_of(column)).alias(cell(place)) for place, column in places]
            extras = [functions.col(name) for name in source.extras]
            return self.view(frame.select(functions.col("_metadata.row_index").alias(ROW), *extras, *cells))

    def once(self, table: ir.Table, source: SourceTable) -> ir.Table:
        """The same table as a view."""
        with self.faults(source.file):
            return self.view(self.session.sql(self.backend.compile(table)))

    def fill(self, codes: Codes, decided: ir.Table, folder: Path, source: SourceTable) -> NDArray[np.int64]:
        """Sets the codes of the regular rows, and returns the numbers of the others, ascending."""
        words = [
            decided["route"],
            decided["deciding_axis"],
            decided["feasible_routes"].join(";"),
            decided["settled"].cast("string"),
        ]
        outcome = ibis.literal(_BETWEEN).join([word.nullif("").fill_null(_NOTHING) for word in words])
        narrow = decided.select(decided[ROW], **{_OUTCOME: decided[IRREGULAR].ifelse(ibis.null("string"), outcome)})
        with self.faults(source.file):
            self.session.sql(self.backend.compile(narrow)).write.parquet(str(folder / "decided"))
        irregular = [np.empty(0, np.int64)]
        for part in sorted((folder / "decided").glob("*.parquet")):
            with pq.ParquetFile(part) as file:
                irregular += [_fill_batch(codes, batch) for batch in file.iter_batches()]
        return np.sort(np.concatenate(irregular))


def _fill_batch(codes: Codes, batch: pa.RecordBatch) -> NDArray[np.int64]:
    rows, outcomes = batch.column(ROW).to_numpy(), batch.column(_OUTCOME).dictionary_encode()
    places = np.array([codes.place(_outcome(text)) for text in outcomes.dictionary.to_pylist()], np.int16)
    known = outcomes.indices.is_valid().to_numpy(zero_copy_only=False)
    codes.codes[rows[known]] = places[outcomes.indices.drop_null().to_numpy()]
    return np.asarray(rows[~known], np.int64)


def _outcome(text: str) -> RowOutcome:
    route, axis, feasible, settled = text.split(_BETWEEN)
    return RowOutcome(
        None if route == _NOTHING else Route(route),
        None if axis == _NOTHING else Axis(axis),
        () if feasible == _NOTHING else tuple(map(Route, feasible.split(";"))),
        None if settled == _NOTHING else settled == "true",
    )
