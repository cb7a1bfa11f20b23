"""DuckDB through Ibis, in bounded memory: reads files of rows and computes over them."""

from __future__ import annotations

import glob
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import ibis.expr.types as ir
from sqlglot import exp

from advisor.tabular.duckdb_connection import connected, faults_of, watched
from advisor.usage.column_exprs import NARROW
from advisor.usage.engines import UnreadableRows
from advisor.usage.source import Container, Source

MOST_BYTES_OF_A_ROW = 1_000_000
"""DuckDB holds some thirty rows of this size for each file in memory."""
_NUMBER = f"DECIMAL({NARROW.precision}, {NARROW.scale})"
_CSV = {
    Container.CSV: "header = true, quote = '\"', escape = '\"'",
    Container.LINES: "header = false, delim = '\x01', quote = '', escape = ''",
}
_NO_SUCH_ROWS = (duckdb.InvalidInputException, duckdb.ConversionException, duckdb.NotImplementedException)


class Database:
    """An in-memory DuckDB that spills into ``folder``."""

    def __init__(self, folder: Path) -> None:
        self._backend = connected(folder, in_order=False)
        self._views = 0

    def close(self) -> None:
        """Gives back memory and files."""
        self._backend.disconnect()

    def table(self, source: Source) -> ir.Table:
        """The rows of a file: column ``i`` as ``ci``, as text except in Parquet."""
        if source.container is Container.PARQUET:
            return self._view(f"SELECT {_renamed(source)} FROM {_parquet(source.path)}", source.file)
        path = _text(glob.escape(str(source.path.absolute())))
        packed = f"compression = {_text(source.packing.value)}"
        if source.container in _CSV:
            columns = _struct(source.cells, source)
            separated = f"delim = {_text(source.delimiter)}, " if source.container is Container.CSV else ""
            how = f"{separated}{_CSV[source.container]}, auto_detect = false, max_line_size = {MOST_BYTES_OF_A_ROW}"
            return self._view(f"SELECT * FROM read_csv({path}, columns = {columns}, {how}, {packed})", source.file)
        format = "array" if source.container is Container.JSON_ARRAY else "newline_delimited"
        packed = packed.replace("'none'", "'uncompressed'")
        how = f"columns = {_struct(source.columns, source)}, format = '{format}', {packed}"
        return self._view(f"SELECT {_renamed(source)} FROM read_json({path}, {how})", source.file)

    def staged(self, path: Path) -> ir.Table:
        """The rows of a Parquet file of our own."""
        return self._view(f"SELECT * FROM {_parquet(path)}", path.name)

    def rows_of(
        self, expression: ir.Table, file: str, told: Callable[[float], None] = lambda share: None
    ) -> list[dict[str, Any]]:
        """A result of few rows. ``told`` hears which share of the work is done. Raises UnreadableRows and BadInput."""
        with _faults_of(file), watched(self._backend, told):
            values = self._backend.raw_sql(self._backend.compile(expression)).fetchall()
        return [dict(zip(expression.columns, row, strict=True)) for row in values]

    def _view(self, query: str, file: str) -> ir.Table:
        self._views += 1
        name = f"rows{self._views}"
        with _faults_of(file):
            self._backend.raw_sql(f"CREATE VIEW {name} AS {query}")
            return self._backend.table(name)


def _parquet(path: Path) -> str:
    return f"read_parquet({_text(glob.escape(str(path.absolute())))}, hive_partitioning = false)"


def _renamed(source: Source) -> str:
    return ", ".join(
        f"{exp.to_identifier(column, quoted=True).sql('duckdb')} AS {cell}"
        for column, cell in zip(source.columns, source.cells, strict=True)
    )


def _struct(names: tuple[str, ...], source: Source) -> str:
    """Names, which stand for the columns of the source, and what each is read as."""
    types = [_NUMBER if column in source.numbers else "VARCHAR" for column in source.columns]
    return "{" + ", ".join(f"{_text(name)}: '{kind}'" for name, kind in zip(names, types, strict=True)) + "}"


def _text(text: str) -> str:
    return exp.Literal.string(text).sql("duckdb")


@contextmanager
def _faults_of(file: str) -> Iterator[None]:
    with faults_of(file, "the file cannot be computed with"):
        try:
            yield
        except _NO_SUCH_ROWS as error:
            raise UnreadableRows(str(error)) from None
