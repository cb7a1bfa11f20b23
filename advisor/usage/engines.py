"""Where the expression is computed: DuckDB in this process, or Spark."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import ibis.expr.types as ir

from advisor.common.diagnostics import BadInput, Problem, quoted
from advisor.usage.options import DUCKDB, SPARK, ReadOptions
from advisor.usage.source import Source


class UnreadableRows(Exception):
    """The database met rows that it cannot read; which, a reading line by line has to say."""


class Engine(Protocol):
    """Reads files of rows and computes over them."""

    def table(self, source: Source) -> ir.Table:
        """The rows of a file: column ``i`` as ``ci``, as text except in Parquet. Raises UnreadableRows."""

    def staged(self, path: Path) -> ir.Table:
        """The rows of a Parquet file of our own."""

    def rows_of(
        self, expression: ir.Table, file: str, told: Callable[[float], None] = lambda share: None
    ) -> list[dict[str, Any]]:
        """A result of few rows. ``told`` hears which share of the work is done. Raises UnreadableRows and BadInput."""

    def close(self) -> None:
        """Gives back memory and files."""


def engine_of(options: ReadOptions, folder: Path) -> Engine:
    """The engine that was asked for; it may fill ``folder``. Raises BadInput."""
    if options.on != SPARK and options.master is not None:
        raise BadInput(Problem("`--master` is for Spark only", "--master", help="add --on spark, or leave it out"))
    if options.on == DUCKDB:
        from advisor.usage.duckdb_engine import Database

        return Database(folder)
    if options.on == SPARK:
        from advisor.usage.spark_engine import Spark

        return Spark(options.master)
    raise BadInput(Problem(f"there is no engine {quoted(options.on)}", "--on", help="write duckdb or spark"))
