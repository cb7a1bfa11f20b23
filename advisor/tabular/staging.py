"""Rows of Python written to a Parquet file of our own, batch by batch, for an engine to read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

BATCH = 20_000


def write_rows(
    path: Path, schema: pa.Schema, rows: Iterable[Sequence[object]], report: Callable[[int], None] = lambda rows: None
) -> int:
    """Writes the rows and returns their number, which ``report`` receives after each batch."""
    number, waiting = 0, iter(rows)
    with pq.ParquetWriter(path, schema) as writer:
        while batch := list(islice(waiting, BATCH)):
            columns = zip(zip(*batch, strict=True), schema, strict=True)
            writer.write_table(pa.Table.from_arrays([pa.array(c, f.type) for c, f in columns], schema=schema))
            number += len(batch)
            report(number)
    return number
