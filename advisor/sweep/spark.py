"""The same expression on Spark, which returns only the outcome of each row."""

from __future__ import annotations

from pathlib import Path

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from advisor.domain.scenario import Axis, Route
from advisor.evaluation.numpy_backend import RowOutcome
from advisor.sweep.database import ROW
from advisor.sweep.fast_path import IRREGULAR
from advisor.sweep.results import Codes
from advisor.sweep.source import SourceTable, cell
from advisor.tabular.engines import Spark, column_of, path_of

_OUTCOME = "outcome"
_BETWEEN, _NOTHING = "|", "-"


class SparkSweep(Spark):
    """Computes a sweep on Spark."""

    def __init__(self, master: str | None) -> None:
        super().__init__(master, "advisor sweep", "Spark cannot compute the table")

    def table(self, source: SourceTable) -> ir.Table:
        """The rows, numbered from 0 in ``row``: the cells of column ``i`` in ``ci``, and what staging added."""
        from pyspark.sql import functions

        with self.faults(source.file):
            frame = self.session.read.parquet(path_of(source.path))
            places = [(place, column) for place, column in enumerate(source.columns) if column]
            cells = [functions.col(column_of(column)).alias(cell(place)) for place, column in places]
            extras = [functions.col(name) for name in source.extras]
            return self.view(frame.select(functions.col("_metadata.row_index").alias(ROW), *extras, *cells))

    def once(self, table: ir.Table, source: SourceTable) -> ir.Table:
        """The same table as a view."""
        with self.faults(source.file):
            return self.view(self.session.sql(self.backend.compile(table)))

    def fill(self, codes: Codes, decided: ir.Table, folder: Path, source: SourceTable) -> NDArray[np.int64]:
        """Sets the codes of the regular rows, and returns the numbers of the others, ascending."""
        words = [
            decided["route"],
            decided["deciding_axis"],
            decided["feasible_routes"].join(";"),
            decided["settled"].cast("string"),
        ]
        outcome = ibis.literal(_BETWEEN).join([word.nullif("").fill_null(_NOTHING) for word in words])
        narrow = decided.select(decided[ROW], **{_OUTCOME: decided[IRREGULAR].ifelse(ibis.null("string"), outcome)})
        with self.faults(source.file):
            self.session.sql(self.backend.compile(narrow)).write.parquet(str(folder / "decided"))
        irregular = [np.empty(0, np.int64)]
        for part in sorted((folder / "decided").glob("*.parquet")):
            with pq.ParquetFile(part) as file:
                irregular += [_fill_batch(codes, batch) for batch in file.iter_batches()]
        return np.sort(np.concatenate(irregular))


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
