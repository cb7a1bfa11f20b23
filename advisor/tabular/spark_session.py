"""A Spark session: how it starts, how it names things, and its errors as ours."""

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

from advisor.common.diagnostics import BadInput, Problem

LOCAL = "local[*]"
_SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.caseSensitive": "true",
}


def path_of(path: Path) -> str:
    """A path as Spark reads it, with nothing in it taken for a pattern."""
    return re.sub(r"([\\*?\[\]{},])", r"\\\1", str(path.absolute()))


def column_of(name: str) -> str:
    """The name of a column, quoted."""
    return "`" + name.replace("`", "``") + "`"


class Spark:
    """A Spark session, on this machine or on the cluster of an address, which can read the paths of this one.

    ``what`` begins the messages of its errors. Raises BadInput without pyspark or Java.
    """

    def __init__(self, master: str | None, name: str, what: str) -> None:
        try:
            from pyspark.sql import SparkSession
        except ImportError:
            help = "pip install 'rent-or-own[spark]', or leave out --on spark"
            raise BadInput(Problem("pyspark is not installed", file="--on", help=help)) from None
        if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
            help = "install Java 17, or set JAVA_HOME, or leave out --on spark"
            raise BadInput(Problem("Spark needs Java, and there is none", file="--on", help=help))
        try:
            builder = SparkSession.builder.master(master or LOCAL).appName(name)
            for setting, value in _SETTINGS.items():
                builder = builder.config(setting, value)
            self.session = builder.getOrCreate()
        except Exception as error:
            fault = f"Spark does not start: {str(error).partition(chr(10))[0].lower()}"
            raise BadInput(Problem(fault, file="--master", help="check Java and the address of the cluster")) from None
        self.backend = ibis.pyspark.connect(self.session)
        self._what = what
        self._views = 0

    def close(self) -> None:
        """Ends the session."""
        self.session.stop()

    def rows_of(
        self, expression: ir.Table, file: str, report: Callable[[float], None] = lambda share: None
    ) -> list[dict[str, Any]]:
        """A result of few rows. Raises BadInput."""
        with self.faults(file):
            rows = self.session.sql(self.backend.compile(expression)).collect()
        return [dict(zip(expression.columns, row, strict=True)) for row in rows]

    def view(self, frame: Any) -> ir.Table:
        """A data frame as a view."""
        self._views += 1
        name = f"view{self._views}"
        frame.createOrReplaceTempView(name)
        return self.backend.table(name)

    @contextmanager
    def faults(self, file: str) -> Iterator[None]:
        """Spark's own errors as ours."""
        from pyspark.errors import PySparkException

        try:
            yield
        except PySparkException as error:
            first = str(error).partition("\n")[0].lower()
            help = "check that every machine of the cluster can read the file"
            raise BadInput(Problem(f"{self._what}: {first}", file, help=help)) from None
