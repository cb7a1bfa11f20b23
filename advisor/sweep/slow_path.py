"""Decides irregular rows one at a time in Python: the validator reads or rejects them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from advisor.common.diagnostics import BadInput, Problem
from advisor.sweep.outcome_codes import Codes
from advisor.sweep.read_text import answers_in
from advisor.sweep.rejects import Rejects
from advisor.sweep.row_decider import RowReading
from advisor.sweep.row_to_scenario import scenario_of, values_of
from advisor.sweep.source import FAULT, HELP, LINE, RAW, SourceTable

_BATCH = 10_000


def decide_irregular(
    source: SourceTable,
    rows: NDArray[np.int64],
    reading: RowReading,
    codes: Codes,
    rejects: Rejects,
    report: Callable[[int], None],
) -> None:
    """Sets the codes of ``rows`` (ascending). Raises EngineFailure, and BadInput for rules that do not decide."""
    for done, (row, line, answers) in enumerate(_rows(source, rows), 1):
        try:
            scenario = scenario_of(answers(), source.file)
            if faults := reading.faults(scenario):
                raise BadInput(faults)
        except BadInput as error:
            rejects.add(line, error.problems)
        else:
            codes.codes[row] = codes.place(reading.outcome(scenario))
        report(done)


def _rows(source: SourceTable, wanted: NDArray[np.int64]) -> Iterator[tuple[int, int, Callable[[], dict[str, Any]]]]:
    """Number, line and answers of each wanted row; calling the answers raises BadInput for a faulty row."""
    for start, batch in _batches(source, wanted):
        first, last = np.searchsorted(wanted, (start, start + batch.num_rows))
        rows = wanted[first:last]
        columns = {name: values_of(batch.column(name), (rows - start).tolist()) for name in batch.schema.names}
        for place, row in enumerate(rows.tolist()):
            cells = {name: columns[column][place] for name, column in source.fields.items()}
            extras = {name: columns[name][place] for name in source.extras}
            yield row, extras.get(LINE, row + 1), _answers(cells, extras)


def _batches(source: SourceTable, wanted: NDArray[np.int64]) -> Iterator[tuple[int, pa.RecordBatch]]:
    """The row groups that hold wanted rows, in parts, each with the number of its first row."""
    with pq.ParquetFile(source.path) as file:
        start = 0
        for group in range(file.num_row_groups):
            rows = file.metadata.row_group(group).num_rows
            first, last = np.searchsorted(wanted, (start, start + rows))
            if first < last:
                part = start
                names = [*source.extras, *source.fields.values()]
                for batch in file.iter_batches(_BATCH, row_groups=[group], columns=names):
                    yield part, batch
                    part += batch.num_rows
            start += rows


def _answers(cells: dict[str, Any], extras: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    def answers() -> dict[str, Any]:
        if extras.get(FAULT):
            raise BadInput(Problem(extras[FAULT], help=extras[HELP]))
        return answers_in(extras[RAW]) if extras.get(RAW) else cells

    return answers
