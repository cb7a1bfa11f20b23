"""DuckDB through Ibis: reads the rows, computes over them, writes them out in their order."""

from __future__ import annotations

import glob
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from sqlglot import exp

from advisor.sweep.formats import Format, Kind
from advisor.sweep.source import ROW_NUMBER, Source, cell
from advisor.tabular.duckdb_connection import connected, faults_of, watched

ROW = "row"
_WRITING = {
    Format.CSV: "FORMAT csv, HEADER true, DELIMITER ',', QUOTE '\"', ESCAPE '\"'",
    Format.JSONL: "FORMAT json, ARRAY false",
    Format.PARQUET: "FORMAT parquet",
}
_LINES = "FORMAT csv, HEADER false, DELIMITER '\x01', QUOTE '', ESCAPE ''"
"""Lines as they are: what is written holds no control characters."""


def _code_of_row(row: int) -> None:
    """The place of a row's outcome in the list of outcomes, as set by ``Database.set_codes``."""


code_of_row: Any = ibis.udf.scalar.builtin(_code_of_row, name="code_of_row", signature=(("int64",), "int16"))
"""Tells Ibis of the function that ``Database.set_codes`` makes."""


class Database:
    """An in-memory DuckDB that spills into ``folder``."""

    def __init__(self, folder: Path) -> None:
        self._backend = connected(folder, in_order=True)

    def close(self) -> None:
        """Gives back memory and files."""
        self._backend.disconnect()

    def table(self, source: Source) -> ir.Table:
        """The rows, numbered from 0 in ``row``: the cells of column ``i`` in ``ci``, and what stands beside them."""
        with _faults_of(source.file):
            view = self._backend.con.read_parquet(
                glob.escape(str(source.path.absolute())), file_row_number=True, hive_partitioning=False
            )
            view.create_view("rows")
        table = self._backend.table("rows")
        cells = {cell(place): table[column] for place, column in enumerate(source.columns) if column}
        return table.select(**{ROW: table[ROW_NUMBER]}, **{name: table[name] for name in source.extras}, **cells)

    def once(self, table: ir.Table) -> ir.Table:
        """The same table as a view, so that what reads its columns again and again does not compute them again."""
        return self._backend.create_view("once", table)

    def set_codes(self, codes: NDArray[np.int16]) -> None:
        """What ``code_of_row`` answers."""

        def code_of_row(rows: pa.ChunkedArray) -> pa.Array:
            return pa.array(codes[rows.to_numpy()])

        self._backend.con.create_function(
            "code_of_row", code_of_row, ["BIGINT"], "SMALLINT", type="arrow", side_effects=False
        )

    def row_of(self, expression: ir.Table, source: Source) -> dict[str, Any]:
        """A result of one row."""
        with _faults_of(source.file):
            (values,) = self._backend.raw_sql(self._backend.compile(expression)).fetchall()
        return dict(zip(expression.columns, values, strict=True))

    def numbers_of(self, expression: ir.Table, source: Source) -> NDArray[np.int64]:
        """A result of one column of whole numbers."""
        with _faults_of(source.file):
            (numbers,) = self._backend.raw_sql(self._backend.compile(expression)).fetchnumpy().values()
        return np.asarray(numbers, np.int64)

    def write(self, table: ir.Table, out: Path, kind: Kind, source: Source, told: Callable[[int], None]) -> None:
        """Writes a table in the order of its rows; one with a single column of text as lines."""
        lines = kind.format is Format.JSONL and len(table.columns) == 1
        how = _LINES if lines else _WRITING[kind.format]
        how += ", COMPRESSION gzip" if kind.gzip else ""
        target = exp.Literal.string(str(out)).sql("duckdb")
        with _faults_of(source.file), watched(self._backend, lambda share: told(round(share * source.rows))):
            self._backend.raw_sql(f"COPY ({self._backend.compile(table)}) TO {target} ({how})")


def _faults_of(file: str) -> AbstractContextManager[None]:
    return faults_of(file, "the table cannot be computed")
