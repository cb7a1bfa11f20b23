"""DuckDB through Ibis: reads the rows, computes over them, and writes them in order."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from advisor.sweep.paths import Format, TableFormat
from advisor.sweep.source import ROW_NUMBER, SourceTable, cell
from advisor.tabular.engines import DuckDB, interrupts, parquet, sql_text, watched
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
