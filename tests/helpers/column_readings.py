"""One set of columns through every reading, in forms that compare."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from advisor.evaluation.compiler import Matcher
from advisor.evaluation.facts import with_terms
from advisor.evaluation.ibis_backend import IbisReading
from advisor.evaluation.numpy_backend import RowOutcome, RowOutcomes
from advisor.evaluation.resolution import judge
from advisor.rulebook.model import Rulebook
from advisor.rulebook.symbols import FIELD_NAMES
from advisor.scenario_space.tabulation import table_of
from advisor.tabular.engines import connected
from tests.helpers.generated_columns import Columns, facts_of

ADDED = {
    "route": pa.string(),
    "deciding_axis": pa.string(),
    "feasible_routes": pa.list_(pa.string()),
    "settled": pa.bool_(),
}


def one_by_one(rulebook: Rulebook, matcher: Matcher, columns: Columns, row: int) -> RowOutcome:
    """What a reading of single scenarios makes of a row."""
    judgement = judge(rulebook, matcher, with_terms(rulebook, facts_of(columns, row)))
    verdict = judgement.verdict
    return RowOutcome(verdict.route, next(iter(judgement.deciding_axes), None), verdict.feasible, judgement.settled)


def as_table(columns: Columns) -> Any:
    """The columns as a database holds them, with a number for each row."""
    words = {
        name: np.array(FIELD_NAMES[name].options)[column] if FIELD_NAMES[name].options else column
        for name, column in columns.items()
    }
    return pa.table({"row": np.arange(rows_of(columns)), **words})


def rows_of(columns: Columns) -> int:
    """How many rows there are."""
    return len(next(iter(columns.values())))


def most_of(columns: Columns) -> dict[str, int]:
    """The largest value of each number."""
    return {
        name: int(column.max())
        for name, column in columns.items()
        if FIELD_NAMES[name].numeric or name == "gpu_billing"
    }


def in_duckdb(table: Any) -> Any:
    """A table in a database of its own, as the commands open one."""
    return connected(Path(tempfile.gettempdir()), in_order=True).create_table("scenarios", table)


def in_words(outcomes: RowOutcomes) -> dict[str, Any]:
    """The columns a database should add."""
    codes = pa.array(outcomes.codes)
    return {
        name: pa.array([getattr(outcome, name) for outcome in outcomes.table], kind).take(codes)
        for name, kind in ADDED.items()
    }


def on_duckdb(rulebook: Rulebook, columns: Columns) -> Any:
    """What Ibis makes of the columns on DuckDB."""
    return IbisReading(table_of(rulebook)).decide(in_duckdb(as_table(columns)), most_of(columns)).to_pyarrow()


def rows_that_differ(found: Any, expected: dict[str, Any]) -> list[int]:
    """The rows of a table in which some added column is not as expected."""
    differ = np.zeros(found.num_rows, bool)
    for name, column in expected.items():
        pairs = zip(found.column(name).to_pylist(), column.to_pylist(), strict=True)
        differ |= np.fromiter((a != b for a, b in pairs), bool, found.num_rows)
    return [int(row) for row in np.nonzero(differ)[0]]
