"""Rows of pages of JSON as a Parquet file, so that they go through the same expression as any table."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_EVEN, Decimal
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from advisor.usage.model import Row
from advisor.usage.normalise import (
    AT,
    BASIS,
    COST,
    CURRENCY,
    ENDS,
    IDENTITY,
    IMAGES,
    MEGAPIXELS,
    METER,
    REQUESTS,
    UNIQUE,
)
from advisor.usage.source import LINE

_AMOUNT = pa.decimal128(38, 12)
_STEP = Decimal("1e-12")
_BATCH = 20_000
SCHEMA = pa.schema(
    [
        (AT, pa.timestamp("us")),
        (ENDS, pa.timestamp("us")),
        (METER, pa.string()),
        (BASIS, pa.string()),
        (IMAGES, _AMOUNT),
        (REQUESTS, _AMOUNT),
        (MEGAPIXELS, _AMOUNT),
        (COST, _AMOUNT),
        (CURRENCY, pa.string()),
        (IDENTITY, pa.string()),
        (UNIQUE, pa.bool_()),
        (LINE, pa.int64()),
    ]
)


def stage_rows(rows: Iterable[Row], target: Path) -> None:
    """Writes rows with the columns of a shaped table. Raises what reading them raises."""
    waiting = iter(rows)
    with pq.ParquetWriter(target, SCHEMA) as writer:
        while batch := list(islice(waiting, _BATCH)):
            values = [[getattr(row, name) for row in batch] for name in SCHEMA.names]
            for place, field in enumerate(SCHEMA):
                if field.type == _AMOUNT:
                    values[place] = [_exact(value) for value in values[place]]
                if field.name == BASIS:
                    values[place] = [basis.value for basis in values[place]]
            arrays = [pa.array(column, field.type) for column, field in zip(values, SCHEMA, strict=True)]
            writer.write_table(pa.Table.from_arrays(arrays, schema=SCHEMA))


def _exact(value: Decimal | int | None) -> Decimal | None:
    return None if value is None else Decimal(value).quantize(_STEP, ROUND_HALF_EVEN)
