"""DuckDB in this process, and Spark sessions, through Ibis: bounded memory, progress, and their errors as ours."""

from __future__ import annotations

import errno
import glob
import os
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import ibis
import ibis.expr.types as ir
from ibis.backends.duckdb import Backend
from sqlglot import exp

from advisor.common.diagnostics import BadInput, Problem

MEMORY = "500MB"
MAX_THREADS = 8
"""Each thread holds what it reads or writes in memory, besides ``MEMORY``."""
_POLL_SECONDS = 0.2
_NO_ROOM = (os.strerror(errno.ENOSPC), os.strerror(errno.EDQUOT))


class _Backend(Backend):  # type: ignore[misc]  # Ibis has no types
    """Ibis's own, without the call that DuckDB has deprecated (``fetch_arrow_table``)."""

    def get_schema(self, table_name: str, *, catalog: str | None = None, database: str | None = None) -> ibis.Schema:
        """The columns of a table or a view, all of which may hold nulls."""
        columns = self.con.execute(f'DESCRIBE "{table_name}"').fetchall()
        return ibis.schema({name: self.compiler.type_mapper.from_string(kind) for name, kind, *_ in columns})


def connected(folder: Path, *, in_order: bool) -> Any:
    """An in-memory DuckDB that spills into ``folder``; ``in_order`` keeps rows in the order of their file. UTC."""
    with interrupts():
        backend = _Backend().connect(
            threads=min(os.cpu_count() or 1, MAX_THREADS),
            memory_limit=MEMORY,
            temp_directory=str(folder),
            preserve_insertion_order=in_order,
            autoinstall_known_extensions=False,
            autoload_known_extensions=False,
        )
        for setting in ("TimeZone = 'UTC'", "enable_progress_bar = true", "enable_progress_bar_print = false"):
            backend.raw_sql(f"SET {setting}")
    return backend


@contextmanager
def interrupts() -> Iterator[None]:
    """Raises KeyboardInterrupt for what DuckDB raises when Ctrl-C reaches one of its statements, settings included."""
    try:
        yield
    except (duckdb.InterruptException, RuntimeError) as error:
        if isinstance(error, duckdb.InterruptException) or str(error) == "Query interrupted":
            raise KeyboardInterrupt from None
        raise


class DuckDB:
    """An in-memory DuckDB that spills into ``folder``; ``what`` begins the messages of its errors."""

    def __init__(self, folder: Path, *, in_order: bool, what: str) -> None:
        self.backend = connected(folder, in_order=in_order)
        self._what = what
        self._views = 0

    def close(self) -> None:
        """Gives back memory and files."""
        self.backend.disconnect()

    def rows_of(
        self, expression: ir.Table, file: str, report: Callable[[float], None] = lambda share: None
    ) -> list[dict[str, Any]]:
        """A result of few rows. ``report`` receives the share of the work that is done. Raises BadInput."""
        with self.faults(file), watched(self.backend, report):
            values = self.backend.raw_sql(self.backend.compile(expression)).fetchall()
        return [dict(zip(expression.columns, row, strict=True)) for row in values]

    def view(self, query: str, file: str) -> ir.Table:
        """A query as a view, so that what reads its columns again and again does not compute them again."""
        self._views += 1
        name = f"view{self._views}"
        with self.faults(file):
            self.backend.raw_sql(f"CREATE VIEW {name} AS {query}")
            return self.backend.table(name)

    @contextmanager
    def faults(self, file: str) -> Iterator[None]:
        """DuckDB's own errors as ours.

        A full disk becomes an OSError, as if Python had written: who made the folder knows which disk it is.
        """
        try:
            with interrupts():
                yield
        except duckdb.Error as error:
            if any(sign in str(error) for sign in _NO_ROOM):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from None
            first = str(error).partition("\n")[0].lower()
            help = "check that all of the file is there, and that the disk is not full"
            raise BadInput(Problem(f"{self._what}: {first}", file, help=help)) from None


def parquet(path: Path, options: str = "") -> str:
    """The rows of a Parquet file, in SQL."""
    return f"read_parquet({sql_text(glob.escape(str(path.absolute())))}, hive_partitioning = false{options})"


def sql_text(text: str) -> str:
    """A text, in SQL."""
    return exp.Literal.string(text).sql("duckdb")


@contextmanager
def watched(backend: Any, report: Callable[[float], None]) -> Iterator[None]:
    """While a query runs, ``report`` receives the share of it that is done."""
    done = threading.Event()

    def watch() -> None:
        while not done.wait(_POLL_SECONDS):
            report(max(0.0, backend.con.query_progress()) / 100)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


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
