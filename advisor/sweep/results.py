"""The outcomes of many rows, two bytes a row, the four result columns, and the columns of the output."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import add
from typing import Any

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import numpy as np
from numpy.typing import NDArray

from advisor.evaluation.table_backend import RowOutcome
from advisor.sweep.database import ROW, code_of_row
from advisor.sweep.fast_path import IRREGULAR
from advisor.sweep.paths import Format
from advisor.sweep.source import RAW, RESULTS, SourceTable, cell

REJECTED, OPEN = 0, 1
_MOST_DIGITS = 38
_TYPES = {"route": "string", "deciding_axis": "string", "feasible_routes": "array<string>", "settled": "boolean"}


class Codes:
    """For each row the index of its outcome in ``outcomes``, which has None at REJECTED and OPEN."""

    def __init__(self, rows: int) -> None:
        self.codes = np.zeros(rows, np.int16)
        self.outcomes: list[RowOutcome | None] = [None, None]
        self._places: dict[RowOutcome, int] = {}

    def undecided(self) -> NDArray[np.int64]:
        """The rows that the rules leave undecided."""
        places = [place for place, outcome in enumerate(self.outcomes) if outcome and outcome.undecided]
        return np.flatnonzero(np.isin(self.codes, places))

    def place(self, outcome: RowOutcome | None) -> int:
        """The index of an outcome; None is OPEN."""
        if outcome is None:
            return OPEN
        if outcome not in self._places:
            self._places[outcome] = len(self.outcomes)
            self.outcomes.append(outcome)
        return self._places[outcome]


def with_outcomes(table: ir.Table, outcomes: Sequence[RowOutcome | None], any_rejected: bool) -> ir.Table:
    """The table with the results of irregular rows looked up by their codes, and without the rejected rows.

    Without a column ``irregular`` every row is irregular.
    """
    columns = zip(*(outcome or (None,) * len(RESULTS) for outcome in outcomes), strict=True)
    code = code_of_row(table[ROW])
    looked_up: dict[str, Any] = {
        name: ibis.literal(list(values), type=f"array<{_TYPES[name]}>")[code]
        for name, values in zip(RESULTS, columns, strict=True)
    }
    kept = code != REJECTED
    if IRREGULAR in table.columns:
        looked_up = {name: table[IRREGULAR].ifelse(value, table[name]) for name, value in looked_up.items()}
        kept = ~table[IRREGULAR] | kept
    table = table.mutate(looked_up)
    return table.filter(kept) if any_rejected else table


def as_written(table: ir.Table, source: SourceTable, format: Format) -> ir.Table:
    """The columns of OUT under their names; a single column of whole lines from JSON Lines to JSON Lines."""
    if source.format is format is Format.JSONL:
        return table.select(line=_extended(table))
    cells = {name: table[cell(place)] for place, name in enumerate(source.names)}
    if format is Format.JSONL:
        cells = {name: _as_json(cell) for name, cell in cells.items()}
    results = {name: table[name] for name in RESULTS}
    if format is Format.CSV:
        cells = {name: _with_whole_digit(cell) for name, cell in cells.items()}
        results["feasible_routes"] = table["feasible_routes"].join(";").nullif("")
    return table.select(**cells, **results)


def _with_whole_digit(cell: Any) -> Any:
    """DuckDB writes 0.03 as `.03` where its type leaves no room for a digit before the point."""
    kind = cell.type()
    if not kind.is_decimal() or kind.precision != kind.scale or kind.precision == _MOST_DIGITS:
        return cell
    return cell.cast(dt.Decimal(kind.precision + 1, kind.scale))


def _as_json(cell: Any) -> Any:
    """JSON has no infinite numbers."""
    if not cell.type().is_floating():
        return cell
    return (cell.isnan() | cell.isinf()).ifelse(ibis.null(cell.type()), cell)


def _extended(table: ir.Table) -> Any:
    """The line with the results before its closing brace. They are plain words and need no escapes."""
    line = table[RAW]
    opening = line.substr(0, line.length() - 1)
    comma = (line == "{}").ifelse("", ", ")
    words = {name: ('"' + table[name] + '"').fill_null("null") for name in ("route", "deciding_axis")}
    routes = table["feasible_routes"]
    listed = (routes.length() == 0).ifelse("[]", '["' + routes.join('", "') + '"]').fill_null("null")
    settled = table["settled"].cast("string").fill_null("null")
    parts = [opening, comma, '"route": ', words["route"], ', "deciding_axis": ', words["deciding_axis"]]
    return reduce(add, [*parts, ', "feasible_routes": ', listed, ', "settled": ', settled, "}"])
