"""Another database that Ibis knows, by its URL: rows are brought to it as tables. Documented as untested."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow.parquet as pq

from advisor.common.diagnostics import BadInput, Problem
from advisor.usage.engines import UnreadableRows
from advisor.usage.source import Source


class Elsewhere:
    """Every file is read line by line here; the expression is computed there."""

    def __init__(self, url: str) -> None:
        with _faults():
            self._backend = ibis.connect(url)
        self._tables = 0

    def close(self) -> None:
        """Ends the connection, and with it the tables."""
        self._backend.disconnect()

    def table(self, source: Source) -> ir.Table:
        """No file is read there."""
        raise UnreadableRows(source.file)

    def staged(self, path: Path) -> ir.Table:
        """The rows as a temporary table; all of them are in memory once."""
        self._tables += 1
        with _faults():
            return self._backend.create_table(f"advisor_rows_{self._tables}", pq.read_table(path), temp=True)

    def rows_of(
        self, expression: ir.Table, file: str, told: Callable[[float], None] = lambda share: None
    ) -> list[dict[str, Any]]:
        """A result of few rows."""
        with _faults():
            rows: list[dict[str, Any]] = self._backend.to_pyarrow(expression).to_pylist()
            return rows


@contextmanager
def _faults() -> Iterator[None]:
    try:
        yield
    except (BadInput, UnreadableRows):
        raise
    except Exception as error:
        first = (str(error) or type(error).__name__).partition("\n")[0].lower()
        what = f"the database of --on cannot do this: {first}"
        raise BadInput(Problem(what, "--on", help="leave out --on: DuckDB reads files of any size")) from None
