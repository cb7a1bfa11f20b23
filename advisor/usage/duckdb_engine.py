"""DuckDB through Ibis, in bounded memory: reads files of rows and computes over them."""

from __future__ import annotations

import glob
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import ibis.expr.types as ir
from sqlglot import exp

from advisor.tabular.duckdb_connection import DuckDB, parquet, sql_text
from advisor.tabular.text_files import MAX_LINE
from advisor.usage.column_exprs import NARROW
from advisor.usage.line_reader import UnreadableRows
from advisor.usage.source import Container, Source

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
        if source.container is Container.PARQUET:
            return self.view(f"SELECT {_renamed(source)} FROM {parquet(source.path)}", source.file)
        path = sql_text(glob.escape(str(source.path.absolute())))
        packed = f"compression = {sql_text(source.packing.value)}"
        if source.container in _CSV:
            columns = _struct(source.cells, source)
            separated = f"delim = {sql_text(source.delimiter)}, " if source.container is Container.CSV else ""
            how = f"{separated}{_CSV[source.container]}, auto_detect = false, max_line_size = {MAX_LINE}"
            return self.view(f"SELECT * FROM read_csv({path}, columns = {columns}, {how}, {packed})", source.file)
        format = "array" if source.container is Container.JSON_ARRAY else "newline_delimited"
        packed = packed.replace("'none'", "'uncompressed'")
        how = f"columns = {_struct(source.columns, source)}, format = '{format}', {packed}"
        return self.view(f"SELECT {_renamed(source)} FROM read_json({path}, {how})", source.file)

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


def _renamed(source: Source) -> str:
    return ", ".join(
        f"{exp.to_identifier(column, quoted=True).sql('duckdb')} AS {cell}"
        for column, cell in zip(source.columns, source.cells, strict=True)
    )


def _struct(names: tuple[str, ...], source: Source) -> str:
    """A struct of names, one for each column of the source, and the types they are read as."""
    types = [_NUMBER if column in source.numbers else "VARCHAR" for column in source.columns]
    return "{" + ", ".join(f"{sql_text(name)}: '{kind}'" for name, kind in zip(names, types, strict=True)) + "}"
