"""The same expression on Spark, which reads the files itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import ibis.expr.types as ir

from advisor.tabular.spark_session import Spark, column_of, path_of
from advisor.tabular.text_files import Packing
from advisor.usage.line_reader import UnreadableRows
from advisor.usage.source import TEXT, Container, Source


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
