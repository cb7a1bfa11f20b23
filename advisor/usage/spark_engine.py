"""The same expression on Spark, which reads the files itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir

from advisor.tabular.spark_session import column_of, faults_of, path_of, started
from advisor.usage.engines import UnreadableRows
from advisor.usage.input_files import Packing
from advisor.usage.source import TEXT, Container, Source


class Spark:
    """A Spark session, on this machine or on a cluster that can read the paths of this one."""

    def __init__(self, master: str | None) -> None:
        self._session = started(master, "advisor monitor")
        self._backend = ibis.pyspark.connect(self._session)
        self._views = 0

    def close(self) -> None:
        """Ends the session."""
        self._session.stop()

    def table(self, source: Source) -> ir.Table:
        """The rows of a file: column ``i`` as ``ci``, as text except in Parquet."""
        if source.packing is Packing.ZSTD or source.container is Container.JSON_ARRAY:
            raise UnreadableRows(source.file)
        from pyspark.sql import functions
        from pyspark.sql.types import StringType, StructField, StructType

        path = path_of(source.path)
        columns = list(zip(source.columns, source.cells, strict=True))
        with _faults_of(source.file):
            reader = self._session.read.option("mode", "FAILFAST")
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
            return self._view(frame.select(*renamed))

    def _has_doubtful_objects(self, path: str) -> bool:
        """Whether a line may have a key twice or half a character, which Spark reads without a word."""
        from pyspark.sql import functions

        line = functions.col("value")
        keys = functions.json_object_keys(line)
        twice = functions.size(keys) != functions.size(functions.array_distinct(keys))
        doubtful = twice | line.rlike(r"\\u[dD][89a-fA-F]")
        return not self._session.read.text(path).filter(doubtful).isEmpty()

    def staged(self, path: Path) -> ir.Table:
        """The rows of a Parquet file of our own."""
        with _faults_of(path.name):
            return self._view(self._session.read.parquet(path_of(path)))

    def rows_of(
        self, expression: ir.Table, file: str, told: Callable[[float], None] = lambda share: None
    ) -> list[dict[str, Any]]:
        """A result of few rows."""
        with _faults_of(file):
            rows = self._session.sql(self._backend.compile(expression)).collect()
        return [dict(zip(expression.columns, row, strict=True)) for row in rows]

    def _view(self, frame: Any) -> ir.Table:
        self._views += 1
        name = f"rows{self._views}"
        frame.createOrReplaceTempView(name)
        return self._backend.table(name)


@contextmanager
def _faults_of(file: str) -> Iterator[None]:
    from pyspark.errors import PySparkException

    with faults_of(file, "Spark cannot compute with the file"):
        try:
            yield
        except PySparkException as error:
            if "MALFORMED" in str(error):
                raise UnreadableRows(str(error)) from None
            raise
