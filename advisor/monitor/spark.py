"""The same expression on Spark, which reads the files itself."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir

from advisor.errors import BadInput, Problem
from advisor.monitor.engines import UnreadableRows
from advisor.monitor.inputs import Packing
from advisor.monitor.layout import TEXT, Container, Source

LOCAL = "local[*]"


class Spark:
    """A Spark session, on this machine or on a cluster that can read the paths of this one."""

    def __init__(self, master: str | None) -> None:
        self._session = _session(master or LOCAL)
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

        path = _path(source.path)
        columns = list(zip(source.columns, source.cells, strict=True))
        with _faults_of(source.file):
            reader = self._session.read.option("mode", "FAILFAST")
            if source.container is Container.PARQUET:
                frame = reader.parquet(path)
            elif source.container is Container.LINES:
                frame = reader.text(path).withColumnRenamed("value", TEXT)
            elif source.container is Container.JSONL:
                keys = StructType([StructField(name, StringType()) for name, _ in columns])
                frame = reader.schema(keys).json(path)
            else:
                cells = StructType([StructField(cell, StringType()) for _, cell in columns])
                frame = reader.schema(cells).csv(
                    path, sep=source.delimiter, header=True, quote='"', escape='"', multiLine=True, nullValue=""
                )
                columns = [(cell, cell) for _, cell in columns]
            renamed = [functions.col(_quoted(column)).alias(cell) for column, cell in columns]
            return self._view(frame.select(*renamed))

    def staged(self, path: Path) -> ir.Table:
        """The rows of a Parquet file of our own."""
        with _faults_of(path.name):
            return self._view(self._session.read.parquet(_path(path)))

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


def _path(path: Path) -> str:
    return re.sub(r"([\\*?\[\]{},])", r"\\\1", str(path.absolute()))


def _quoted(column: str) -> str:
    return "`" + column.replace("`", "``") + "`"


def _session(master: str) -> Any:
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        help = "pip install 'rent-or-own[spark]', or leave out --on spark"
        raise BadInput(Problem("pyspark is not installed", file="--on", help=help)) from None
    if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
        help = "install Java 17, or set JAVA_HOME, or leave out --on spark"
        raise BadInput(Problem("Spark needs Java, and there is none", file="--on", help=help))
    settings = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "ERROR",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.caseSensitive": "true",
    }
    try:
        builder = SparkSession.builder.master(master).appName("advisor monitor")
        for name, value in settings.items():
            builder = builder.config(name, value)
        return builder.getOrCreate()
    except Exception as error:
        what = f"Spark does not start: {str(error).partition(chr(10))[0].lower()}"
        raise BadInput(Problem(what, file="--master", help="check Java and the address of the cluster")) from None


@contextmanager
def _faults_of(file: str) -> Iterator[None]:
    from pyspark.errors import PySparkException

    try:
        yield
    except PySparkException as error:
        text = str(error)
        if "MALFORMED" in text:
            raise UnreadableRows(text) from None
        what = f"Spark cannot compute with the file: {text.partition(chr(10))[0].lower()}"
        raise BadInput(Problem(what, file, help="check that every machine of the cluster can read the file")) from None
