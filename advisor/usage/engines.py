"""Where the expression is computed: DuckDB in this process, or Spark."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from advisor.common.diagnostics import BadInput, Problem, quoted
from advisor.usage.duckdb_engine import DuckDBEngine
from advisor.usage.options import DUCKDB, SPARK, ReadOptions

if TYPE_CHECKING:
    from advisor.usage.spark_engine import SparkEngine

    Engine = DuckDBEngine | SparkEngine


def engine_of(options: ReadOptions, folder: Path) -> Engine:
    """The engine that was asked for; it may fill ``folder``. Raises BadInput."""
    if options.on == SPARK:
        from advisor.usage.spark_engine import SparkEngine

        return SparkEngine(options.master)
    if options.on != DUCKDB:
        raise BadInput(Problem(f"there is no engine {quoted(options.on)}", "--on", help="write duckdb or spark"))
    if options.master is not None:
        raise BadInput(Problem("`--master` is for Spark only", "--master", help="add --on spark, or leave it out"))
    return DuckDBEngine(folder)
