"""The engines that read files of rows and compute over them, through Ibis: DuckDB in bounded memory, and Spark."""

from __future__ import annotations

import glob
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import ibis.expr.types as ir
from sqlglot import exp

from advisor.common.diagnostics import BadInput, Problem, quoted
from advisor.tabular.duckdb_connection import DuckDB, parquet, sql_text
from advisor.tabular.spark_session import Spark, column_of, path_of
from advisor.tabular.text_files import MAX_LINE, Packing
from advisor.usage.column_exprs import NARROW
from advisor.usage.line_reader import UnreadableRows
from advisor.usage.options import DUCKDB, SPARK, ReadOptions
from advisor.usage.source import TEXT, Container, Source

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
