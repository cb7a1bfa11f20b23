"""The same expression on Spark: each row's outcome comes back, and the rows themselves stay where they are."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from advisor.domain.scenario import Axis, Route
from advisor.evaluation.outcome_table import RowOutcome
from advisor.sweep.database import ROW
from advisor.sweep.fast_path import ODD
from advisor.sweep.outcome_codes import Codes
from advisor.sweep.source import Source, cell
from advisor.tabular.spark_session import column_of, faults_of, path_of, started

_OUTCOME = "outcome"
_BETWEEN, _NOTHING = "|", "-"


class Spark:
    """A Spark session, on this machine or on a cluster that can read the paths of this one."""

    def __init__(self, master: str | None) -> None:
        self._session = started(master, "advisor sweep")
        self._backend = ibis.pyspark.connect(self._session)

    def close(self) -> None:
        """Ends the session."""
        self._session.stop()

    def table(self, source: Source) -> ir.Table:
        """The rows, numbered from 0 in ``row``: the cells of column ``i`` in ``ci``, and what stands beside them."""
        from pyspark.sql import functions

        path = path_of(source.path)
        with _faults_of(source.file):
            frame = self._session.read.parquet(path)
            cells = [
                functions.col(column_of(column)).alias(cell(place))
                for place, column in enumerate(source.columns)
                if column
            ]
            extras = [functions.col(name) for name in source.extras]
            frame.select(functions.col("_metadata.row_index").alias(ROW), *extras, *cells).createOrReplaceTempView(
                "rows"
            )
            return self._backend.table("rows")

    def once(self, table: ir.Table) -> ir.Table:
        """The same table as a view."""
        self._session.sql(self._backend.compile(table)).createOrReplaceTempView("once")
        return self._backend.table("once")

    def row_of(self, expression: ir.Table, source: Source) -> dict[str, Any]:
        """A result of one row."""
        with _faults_of(source.file):
            (row,) = self._session.sql(self._backend.compile(expression)).collect()
        return dict(row.asDict())

    def fill(self, codes: Codes, decided: ir.Table, folder: Path, source: Source) -> NDArray[np.int64]:
        """Gives every row that is not odd its code, and returns the numbers of the others, ascending."""
        words = [
            decided["route"],
            decided["deciding_axis"],
            decided["feasible_routes"].join(";"),
            decided["settled"].cast("string"),
        ]
        outcome = ibis.literal(_BETWEEN).join([word.nullif("").fill_null(_NOTHING) for word in words])
        narrow = decided.select(decided[ROW], **{_OUTCOME: decided[ODD].ifelse(ibis.null("string"), outcome)})
        with _faults_of(source.file):
            self._session.sql(self._backend.compile(narrow)).write.parquet(str(folder / "decided"))
        odd = [np.empty(0, np.int64)]
        for part in sorted((folder / "decided").glob("*.parquet")):
            with pq.ParquetFile(part) as file:
                odd += [_fill_batch(codes, batch) for batch in file.iter_batches()]
        return np.sort(np.concatenate(odd))


def _fill_batch(codes: Codes, batch: pa.RecordBatch) -> NDArray[np.int64]:
    rows, outcomes = batch.column(ROW).to_numpy(), batch.column(_OUTCOME).dictionary_encode()
    places = np.array([codes.place(_outcome(text)) for text in outcomes.dictionary.to_pylist()], np.int16)
    known = outcomes.indices.is_valid().to_numpy(zero_copy_only=False)
    codes.codes[rows[known]] = places[outcomes.indices.drop_null().to_numpy()]
    return np.asarray(rows[~known], np.int64)


def _outcome(text: str) -> RowOutcome:
    route, axis, feasible, settled = text.split(_BETWEEN)
    return RowOutcome(
        None if route == _NOTHING else Route(route),
        None if axis == _NOTHING else Axis(axis),
        () if feasible == _NOTHING else tuple(map(Route, feasible.split(";"))),
        None if settled == _NOTHING else settled == "true",
    )


def _faults_of(file: str) -> AbstractContextManager[None]:
    return faults_of(file, "Spark cannot compute the table")
